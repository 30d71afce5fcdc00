"""The rows of the table of runs, and the index that reads only what has changed."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.damage import DAMAGE
from support.training import small

from mnist_core.errors import MnistCoreError
from mnist_core.runs import run_rows
from mnist_core.runs.labels import change_labels, read_baseline, read_labels, set_baseline
from mnist_core.runs.origin import RunOrigin
from mnist_core.runs.queue import enqueue
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run, list_runs
from mnist_core.runs.run_rows import RunIndex, RunRow, read_row
from mnist_core.runs.state import RunState, RunStatus


def only(index: RunIndex) -> RunRow:
    (row,) = index.rows()
    return row


def test_a_row_has_settings_state_labels_and_origin(tmp_path: Path) -> None:
    origin = RunOrigin(study="rates", trial=3, parent="another")
    run = create_run(small(seed=7), tmp_path, "sevens", origin)
    enqueue(run)
    change_labels(run, note="good", tags=["a", "b", "a"])
    row = only(RunIndex(tmp_path))
    assert (row.id, row.name, row.status, row.progress) == (run.id, "sevens", "queued", 0)
    assert row.settings == run.config().model_dump()
    assert (row.labels.note, row.labels.tags, row.origin) == ("good", ("a", "b"), origin)
    assert row.place is not None
    assert row.place.device == "cpu"
    assert RunIndex(tmp_path / "none").rows() == []


def test_only_changed_runs_are_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = create_run(small(), tmp_path), create_run(small(), tmp_path)
    index, read = RunIndex(tmp_path), []
    monkeypatch.setattr(run_rows, "read_row", lambda run: read.append(run.id) or read_row(run))
    assert len(index.rows()) == 2
    read.clear()
    index.rows()
    assert read == []
    changes = {
        "rename": lambda: first.rename("other"),
        "state": lambda: first.update_state(epoch=1),
        "note": lambda: change_labels(first, note="x"),
        "queue": lambda: enqueue(first),
        "leave the queue": first.leave_queue,
        "damage": lambda: first.config_path.write_text("{"),
    }
    for change in changes.values():
        change()
        index.rows()
        assert read == [first.id]
        read.clear()
    first.delete()
    assert only(index).id == second.id


def test_a_file_that_is_edited_in_place_is_noticed(tmp_path: Path) -> None:
    seconds = 0.0
    index = RunIndex(tmp_path, clock=lambda: seconds)
    run = create_run(small(), tmp_path)
    for name, text in (("state.json", "{"), ("config.json", "{")):
        before = (run.folder / name).read_text()
        os.utime(run.folder, (0, 0))  # not for the folder's time: it was changed long ago
        index.rows()
        (run.folder / name).write_text(text)
        seconds += 10
        assert name in str(only(index).problem)
        (run.folder / name).write_text(before)
        seconds += 10
        assert not only(index).problem
    os.utime(run.folder, (0, 0))
    index.rows()
    change_labels(run, note="replaced")  # changes the folder
    assert only(index).labels.note == "replaced"
    run.state_path.write_text("{")  # in place, as on a full disk: at once
    assert "state.json" in str(only(index).problem)


def test_damaged_files_affect_only_their_run(tmp_path: Path) -> None:
    good = create_run(small(), tmp_path, "good")
    for file in ("state.json", "config.json", "labels.json", "origin.json", "queue.json"):
        for damage in DAMAGE.values():
            run = create_run(small(), tmp_path, file, RunOrigin(study="rates"))
            change_labels(run, note="x")
            enqueue(run)
            damage(run.folder / file)
    rows = RunIndex(tmp_path).rows()
    assert len(rows) == 1 + 5 * len(DAMAGE)
    assert next(row for row in rows if row.id == good.id).problem is None
    for row in rows:
        damaged = row.name if row.state else "state.json"
        assert (damaged in ("state.json", "config.json")) == bool(row.problem), row.name
        assert (row.status == "damaged") == (row.state is None)


def test_a_folder_without_configuration_is_a_run_if_it_has_been_more_than_created(
    tmp_path: Path,
) -> None:
    run, index = create_run(small(), tmp_path), RunIndex(tmp_path)
    run.config_path.unlink()
    assert index.rows() == []  # as while it is created, and while it is deleted
    (run.folder / "lock").touch()
    run.update_state(status="finished")
    assert (only(index).status, only(index).name) == ("damaged", run.id)
    assert "config.json" in str(only(index).problem)
    assert [one.id for one in list_runs(tmp_path)] == [run.id]
    run.update_state(status="running")
    with run.exclusive():
        assert only(index).status == "running", "it can be stopped"
    run.delete()
    assert index.rows() == []


def test_a_run_whose_process_exited_is_failed(tmp_path: Path) -> None:
    run, index = create_run(small(), tmp_path), RunIndex(tmp_path)
    with run.exclusive():
        run.update_state(status="running")
        assert only(index).status == "running"
    assert only(index).status == "failed"


def test_a_duration_leaves_pauses_out() -> None:
    state = RunState(
        status=RunStatus.RUNNING,
        started="2026-01-01T00:00:00+00:00",
        resumed="2026-01-02T00:00:00+00:00",
        trained_seconds=100.0,
    )
    assert state.seconds(datetime(2026, 1, 2, 0, 1, tzinfo=UTC)) == 160
    stopped = state.with_changes(status="stopped", ended="2026-01-03T00:00:00+00:00")
    assert stopped.seconds(datetime(2026, 2, 2, tzinfo=UTC)) == 100
    earlier = stopped.with_changes(trained_seconds=None, ended="2026-01-01T00:00:30+00:00")
    assert earlier.seconds(datetime.now(UTC)) == 30
    assert RunState(status=RunStatus.QUEUED).seconds(datetime.now(UTC)) is None


def test_labels_are_changed_one_by_one_and_kept_in_bounds(tmp_path: Path) -> None:
    run = create_run(small(), tmp_path)
    change_labels(run, note="two\nlines", tags=["one", " "])
    change_labels(run, add_tags=["two"], archived=True)
    labels = read_labels(run.folder)
    assert (labels.note, labels.tags, labels.archived) == ("two lines", ("one", "two"), True)
    for change in ({"tags": ["x" * 41]}, {"add_tags": ["x" * 41]}, {"note": "x" * 2001}):
        with pytest.raises(MnistCoreError, match=r"has (41|2,001) characters; give at most"):
            change_labels(run, **change)
    assert read_labels(run.folder) == labels
    with pytest.raises(MnistCoreError, match="more than 20 tags"):
        change_labels(run, add_tags=map(str, range(20)))
    assert change_labels(run, tags=[]).tags == ()
    with pytest.raises(MnistCoreError, match="there is no run"):
        change_labels(Run(tmp_path / "none"), note="x")


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_baseline_is_none(tmp_path: Path, damage: str) -> None:
    assert read_baseline(tmp_path) is None
    set_baseline(tmp_path, "a run")
    assert read_baseline(tmp_path) == "a run"
    DAMAGE[damage](tmp_path / "baseline.json")
    assert read_baseline(tmp_path) is None
