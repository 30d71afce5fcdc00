"""Filtering, sorting and folding the table of runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.training import small

from mnist_core.runs.labels import RunLabels
from mnist_core.runs.origin import RunOrigin
from mnist_core.runs.queue import QueuePlace
from mnist_core.runs.run import Run
from mnist_core.runs.run_rows import RunRow
from mnist_core.runs.run_table import (
    RunFilter,
    SortKey,
    SweepRow,
    SweepState,
    all_tags,
    changed_settings,
    make_table,
)
from mnist_core.runs.state import RunState

Make = Callable[..., RunRow]


def row(name: str, place: int | None = None, **options: Any) -> RunRow:
    """Return a row; options are of the state, the configuration, the labels or the origin."""
    parts = {
        model: {key: options.pop(key) for key in list(options) if key in model.model_fields}
        for model in (RunLabels, RunOrigin)
    }
    config = {key: options.pop(key) for key in ("optimizer", "seed") if key in options}
    state = {"status": "finished", "name": name, "epochs": 2, "epoch": 1, **options}
    return RunRow(
        Run(Path(f"/runs/{name}")),
        RunState(**state),
        settings=small(**config).model_dump(),
        labels=RunLabels(**parts[RunLabels]),
        origin=RunOrigin(**parts[RunOrigin]),
        place=None if place is None else QueuePlace(time=place, device="cpu"),
    )


def names(rows: list[RunRow], *args: Any, **options: Any) -> list[str]:
    return [one.name for one in make_table(rows, *args, **options).rows]


ROWS = [
    row("adam", optimizer="adam", tags=("Paper",), note="Try again"),
    row("sgd", optimizer="sgd", tags=("fast",), status="failed"),
    row("old", archived=True, tags=("old",)),
]


@pytest.mark.parametrize(
    ("which", "expected"),
    [
        (RunFilter(), ["adam", "sgd"]),
        (RunFilter(archived=True), ["old"]),
        (RunFilter("optimizer=adam"), ["adam"]),
        (RunFilter("AGAIN paper"), ["adam"]),
        (RunFilter("again fast"), []),
        (RunFilter(statuses=frozenset({"failed", "running"})), ["sgd"]),
        (RunFilter(tags=frozenset({"fast", "old"})), ["sgd"]),
    ],
)
def test_a_filter(which: RunFilter, expected: list[str]) -> None:
    assert names(ROWS, which) == expected
    assert all_tags(ROWS) == ["fast", "old", "Paper"]


def test_orders() -> None:
    rows = [
        row("b", validation_accuracy=0.9, validation_loss=0.3, created="2026-01-01T00:00:00+00:00"),
        row("c", validation_accuracy=0.8, validation_loss=0.1, created="2026-01-02T00:00:00+00:00"),
        row("A", trained_seconds=5.0, created="2026-01-03T00:00:00+00:00"),
        row("second", 2, status="queued"),
        row("first", 1, status="queued"),
        row("now", status="running"),
    ]
    assert names(rows) == ["now", "first", "second", "A", "c", "b"]
    assert names(rows, sort=SortKey.NAME) == ["A", "b", "c", "first", "now", "second"]
    assert names(rows, sort=SortKey.ACCURACY)[:2] == ["b", "c"]
    assert names(rows, sort=SortKey.LOSS)[:2] == ["c", "b"]
    assert names(rows, sort=SortKey.DURATION)[0] == "A"
    assert names(rows, first="b")[:2] == ["b", "now"]


def test_trials_are_folded_into_their_sweep() -> None:
    rows = [
        row("one", study="rates", trial=0, validation_accuracy=0.9, trained_seconds=2.0, seed=1),
        row("two", study="rates", trial=1, validation_accuracy=0.95, trained_seconds=3.0),
        row("three", study="rates", trial=2, status="running"),
        row("alone"),
    ]
    table = make_table(rows)
    sweep = next(one for one in table.rows if isinstance(one, SweepRow))
    assert [one.name for one in table.rows] == ["rates", "alone"]
    assert (sweep.status, sweep.accuracy, sweep.progress) == ("running", 0.95, 2 / 3)
    assert sweep.best is rows[1]
    assert sweep.seconds() == 5
    assert table.differing == ["seed"], "also of folded trials"
    assert names(rows, unfolded=True) == ["three", "one", "two", "alone"]
    assert names(rows, RunFilter(study="rates")) == ["three", "one", "two"]
    assert names(rows, RunFilter("two")) == ["rates"]
    assert names(rows, first="two") == ["two", "rates", "alone"], "the baseline stands alone"
    assert len(next(one for one in make_table(rows, first="two").rows[1:]).trials) == 2

    states = {"rates": SweepState("stopped", 4), "new": SweepState("queued", 8)}
    table = make_table(rows, sweeps=states)
    assert {one.name: one.status for one in table.rows} == {
        "new": "queued",
        "rates": "stopped",
        "alone": "finished",
    }
    assert next(one for one in table.rows if one.name == "rates").progress == 2 / 4
    assert names(rows, RunFilter("alone"), sweeps=states) == ["alone"]


def test_changed_settings() -> None:
    assert changed_settings(ROWS[1], ROWS[0]) == {"optimizer": ("sgd", "adam")}
