"""The order of the queue, waiting times, and deleting runs that are running."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.sweeps import acting_when
from support.training import small

from mnist_core.errors import MnistCoreError
from mnist_core.runs.queue import enqueue, waiting
from mnist_core.runs.queue_order import move_in_queue, queue_line
from mnist_core.runs.removal import stop_and_delete
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run
from mnist_core.runs.run_rows import RunIndex

NOW = datetime(2026, 1, 1, 0, 1, tzinfo=UTC)


def queued(root: Path, *names: str) -> dict[str, Run]:
    runs = {name: create_run(small(epochs=4), root, name) for name in names}
    for run in runs.values():
        enqueue(run)
    return runs


def order(root: Path) -> list[str]:
    return [Run(one.item.folder).state().name for one in waiting(root)]


def test_moving_in_the_queue(tmp_path: Path) -> None:
    runs = queued(tmp_path, "a", "b", "c")
    move_in_queue(tmp_path, runs["c"], -1)
    assert order(tmp_path) == ["a", "c", "b"]
    move_in_queue(tmp_path, runs["c"], -5)
    assert order(tmp_path) == ["c", "a", "b"]
    move_in_queue(tmp_path, runs["c"], 1)
    assert order(tmp_path) == ["a", "c", "b"]
    for run in runs.values():
        run.queue_path.write_text("{")  # all are next, by id
    move_in_queue(tmp_path, runs["c"], -2)
    assert order(tmp_path)[0] == "c"
    runs["c"].leave_queue()
    with pytest.raises(MnistCoreError, match="does not wait in the queue"):
        move_in_queue(tmp_path, runs["c"], 1)


def test_a_clock_that_is_set_back_changes_no_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queued(tmp_path, "a")
    for name, clock in (("b", 5), ("c", 10**9), ("d", 2 * 10**18), ("e", 0)):
        monkeypatch.setattr("mnist_core.runs.queue.time.time_ns", lambda clock=clock: clock)
        queued(tmp_path, name)
    assert order(tmp_path) == ["a", "b", "c", "d", "e"]


def test_a_run_that_starts_meanwhile_does_not_return_to_the_queue(tmp_path: Path) -> None:
    runs = queued(tmp_path, "a", "b")
    with runs["b"].exclusive():
        with pytest.raises(MnistCoreError, match="has just started"):
            move_in_queue(tmp_path, runs["b"], -1)
        runs["b"].leave_queue()
    assert order(tmp_path) == ["a"]


def test_waiting_times_are_those_of_similar_runs(tmp_path: Path) -> None:
    queued(tmp_path, "a", "b")
    assert queue_line(tmp_path / "none", []) == []
    line = queue_line(tmp_path, RunIndex(tmp_path).rows(), NOW)
    assert [(one.ahead, one.seconds, one.wait) for one in line] == [(0, None, 0), (1, None, None)]

    past = create_run(small(epochs=2, seed=5), tmp_path, "past")
    past.update_state(status="finished", epoch=2, device="CPU, 2 threads", trained_seconds=20.0)
    other = create_run(small(batch_size=500), tmp_path, "other")
    other.update_state(status="finished", epoch=1, device="CPU, 2 threads", trained_seconds=900.0)
    running = create_run(small(epochs=6), tmp_path, "running")
    with running.exclusive():
        began = "2026-01-01T00:00:00+00:00"
        running.update_state(status="running", epoch=4, started=began, resumed=began, device="CPU")
        line = queue_line(tmp_path, RunIndex(tmp_path).rows(), NOW)
    assert [one.name for one in line] == ["running", "a", "b"]
    # the running one takes 15 s an epoch, the past one took 10 s; 4 epochs each
    assert [(one.seconds, one.wait) for one in line] == [(30, 0), (50, 30), (50, 80)]


def test_deleting_stops_what_runs_and_keeps_what_a_link_points_to(tmp_path: Path) -> None:
    root = tmp_path / "runs"
    running, waits = create_run(small(), root, "running"), queued(root, "waits")["waits"]
    outside = create_run(small(), tmp_path / "elsewhere", "outside")
    (root / "link").symlink_to(outside.folder)
    running.update_state(status="running")
    lock = running.exclusive()
    lock.__enter__()
    with acting_when(running.stop_is_requested, lambda: lock.__exit__(None, None, None)):
        stop_and_delete([running, waits, Run(root / "link")])
    assert not RunIndex(root).rows()
    assert outside.state().name == "outside"


def test_a_run_that_does_not_stop_is_named_and_the_others_are_deleted(tmp_path: Path) -> None:
    stuck, other = create_run(small(), tmp_path, "stuck"), create_run(small(), tmp_path, "other")
    with stuck.exclusive():
        stuck.update_state(status="running")
        with pytest.raises(MnistCoreError, match=f"{stuck.id} is running"):
            stop_and_delete([stuck, other], timeout=0)
    assert [row.id for row in RunIndex(tmp_path).rows()] == [stuck.id]
