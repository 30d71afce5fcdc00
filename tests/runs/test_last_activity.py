"""How long a run that was killed has trained, by what its process wrote last."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.damage import DAMAGE
from support.metric_logs import event_files, step, write
from support.training import Splits, small

from mnist_core.runs.folder import as_text
from mnist_core.runs.queue import enqueue
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run
from mnist_core.runs.run_rows import RunIndex
from mnist_core.runs.runner import execute

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
AT = Callable[[float], None]


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> AT:
    """Set the clock of what is written to a number of seconds after the beginning."""
    return lambda seconds: monkeypatch.setattr(time, "time", lambda: BEGAN.timestamp() + seconds)


@pytest.fixture
def killed(tmp_path: Path) -> Run:
    """A run that was killed after it was started, before it wrote anything."""
    run = create_run(small(), tmp_path / "runs")
    run.update_state(status="running", started=as_text(BEGAN), resumed=as_text(BEGAN))
    return run


def log(run: Run, seconds: float, text: str = "epoch 1") -> None:
    with run.log_path.open("a") as file:
        file.write(f"{as_text(BEGAN + timedelta(seconds=seconds))} {text}\n")


def seconds(run: Run) -> float | None:
    """Return the duration that lists show, which is also that of the state."""
    (row,) = RunIndex(run.folder.parent).rows()
    assert row.status == "failed"
    assert row.seconds() == run.state().trained_seconds
    return row.seconds()


def test_the_newest_metric_or_line_of_the_log_counts(killed: Run, at: AT) -> None:
    assert seconds(killed) == 0
    log(killed, 20, "mnist_cnn on CPU")
    assert seconds(killed) == 20
    at(75.5)
    write(killed.folder, [step(1)])
    assert seconds(killed) == 75.5
    assert killed.state().ended == "2026-01-01T00:01:15+00:00"
    log(killed, 90, "epoch 1\n of a second line 2026")
    assert seconds(killed) == 90


def test_a_copy_has_trained_as_long(killed: Run, at: AT, tmp_path: Path) -> None:
    at(30)
    write(killed.folder, [step(1)])
    copy = shutil.copytree(killed.folder, tmp_path / "copies" / "copy", copy_function=shutil.copy)
    assert seconds(Run(copy)) == 30


def test_an_incomplete_event_and_times_of_a_wrong_clock_do_not_count(killed: Run, at: AT) -> None:
    at(30)
    write(killed.folder, [step(1)])
    (file,) = event_files(killed.folder)
    complete = file.stat().st_size
    at(40)
    write(killed.folder, [step(2)])
    second = max(event_files(killed.folder))
    assert seconds(killed) == 40
    os.truncate(second, complete - 1)  # it was killed while it wrote the event
    assert seconds(killed) == 40  # by the start of the session
    second.unlink()
    log(killed, -60)
    log(killed, 1e9)
    assert seconds(killed) == 30


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_files_do_not_count(killed: Run, at: AT, damage: str) -> None:
    log(killed, 20)
    at(30)
    write(killed.folder, [step(1)])
    (file,) = event_files(killed.folder)
    DAMAGE[damage](file)
    assert seconds(killed) in (20, 30)
    DAMAGE[damage](killed.log_path)
    assert seconds(killed) in (0, 20, 30)


def test_earlier_parts_count_when_it_is_resumed_and_killed_again(killed: Run) -> None:
    log(killed, 60)
    later = as_text(BEGAN + timedelta(days=1))
    killed.update_state(trained_seconds=100.0, resumed=later)
    assert seconds(killed) == 100
    log(killed, 86400 + 7)
    assert seconds(killed) == 107


@pytest.mark.parametrize("by_queue", [False, True])
def test_the_killed_part_counts_after_a_resume(few: Splits, killed: Run, by_queue: bool) -> None:
    log(killed, 60)
    if by_queue:
        enqueue(killed)
        assert killed.state().trained_seconds == 60
    state = execute(killed, splits=few)
    assert state.status == "finished"
    assert 60 <= state.trained_seconds < 60 + 86400


def test_a_run_of_an_older_version_keeps_its_duration_when_it_is_resumed(
    few: Splits, killed: Run
) -> None:
    killed.update_state(status="stopped", resumed="", ended="2026-01-01T00:00:50+00:00")
    enqueue(killed)
    assert killed.state().trained_seconds == 50
    assert 50 <= execute(killed, splits=few).trained_seconds < 86400
