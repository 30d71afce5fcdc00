"""Runs that wait: in turn, each in a process of its own, whoever started them."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from support.chromium import ROOT
from support.training import small

from mnist_core.errors import MnistCoreError
from mnist_core.runs.queue import enqueue, ensure_workers, queue_device, waiting, work
from mnist_core.runs.run import Run, create_run, list_runs
from mnist_core.training.config import TrainConfig

TINY = small(training_size=1000, validation_size=200)
LONG = small(training_size=2000, validation_size=200, epochs=500)


@pytest.fixture
def runs(tmp_path: Path, mnist_root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "runs"
    monkeypatch.setenv("MNIST_RUNS", str(root))
    yield root
    for run in list_runs(root):  # nobody is left at work
        if run.is_in_queue() or run.is_alive():
            run.request_stop()
    until(lambda: not any(run.is_alive() for run in list_runs(root)))


def until(happened: Callable[[], bool], patience: float = 90) -> None:
    end = time.monotonic() + patience
    while not happened():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def queued(config: TrainConfig, root: Path, name: str = "") -> Run:
    run = create_run(config, root, name)
    enqueue(run)
    return run


def status(run: Run) -> str:
    return run.state().status


def test_runs_are_carried_out_in_turn_and_never_two_at_once(runs: Path) -> None:
    first, second, third = (queued(TINY, runs, name) for name in "abc")
    assert [run.id for run in waiting(runs)["cpu"]] == [first.id, second.id, third.id]
    ensure_workers(runs)
    seen = []
    while status(third) != "finished":
        seen.append([status(run) for run in (first, second, third)].count("running"))
        assert status(third) != "failed", third.state().reason
        time.sleep(0.02)
    assert max(seen) == 1
    ended = [run.state().ended for run in (first, second, third)]
    assert ended == sorted(ended)
    assert waiting(runs) == {}


def _start(root: Path) -> None:
    ensure_workers(root)


def test_many_that_start_at_once_start_one_worker(runs: Path) -> None:
    all_runs = [queued(TINY, runs) for _ in range(2)]
    tabs = [multiprocessing.get_context("spawn").Process(target=_start, args=(runs,)) for _ in "ab"]
    for tab in tabs:
        tab.start()
    ensure_workers(runs)
    for tab in tabs:
        tab.join()
    until(lambda: {status(run) for run in all_runs} == {"finished"})
    # each was trained once, from its start
    assert all(run.log_path.read_text().count("on CPU") == 1 for run in all_runs)


def test_a_run_goes_on_when_the_one_who_started_it_is_gone(runs: Path, tmp_path: Path) -> None:
    run = queued(small(training_size=2000, validation_size=200, epochs=3), runs)
    words = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from pathlib import Path; "
    words += (
        f"from mnist_core.runs.queue import ensure_workers; ensure_workers(Path({str(runs)!r}))"
    )
    # from another folder, as `streamlit run elsewhere/dashboard.py` does
    subprocess.run([sys.executable, "-c", words], check=True, cwd=tmp_path)
    until(lambda: status(run) == "finished")


def test_stop_and_go_on(runs: Path) -> None:
    run = queued(LONG, runs)
    ensure_workers(runs)
    until(lambda: run.state().epoch >= 1)
    run.request_stop()
    until(lambda: status(run) == "stopped")
    epoch = run.state().epoch
    enqueue(run)
    assert status(run) == "queued"
    ensure_workers(runs)
    until(lambda: run.state().epoch > epoch)
    assert f"goes on after epoch {epoch}" in run.log_path.read_text()


def test_one_that_waits_can_be_stopped_and_is_not_taken(runs: Path) -> None:
    first, second = queued(LONG, runs), queued(TINY, runs)
    ensure_workers(runs)
    until(lambda: status(first) == "running")
    second.request_stop()
    assert status(second) == "stopped"
    assert waiting(runs) == {}
    first.request_stop()
    until(lambda: status(first) == "stopped")
    time.sleep(1)
    assert status(second) == "stopped"
    assert second.state().reason == "stopped before it began"


def test_a_killed_run_is_said_to_be_dead_and_the_next_one_begins(runs: Path) -> None:
    first, second = queued(LONG, runs), queued(TINY, runs)
    ensure_workers(runs)
    until(lambda: status(first) == "running")
    os.kill(first.state().pid, signal.SIGKILL)
    until(lambda: status(second) == "finished")
    assert status(first) == "failed"
    assert "killed" in first.state().reason


def test_one_that_cannot_begin_fails_in_words_and_holds_up_nobody(runs: Path) -> None:
    broken, gpu, good = queued(TINY, runs), create_run(TINY, runs), create_run(TINY, runs)
    broken.config_path.write_text("{}x")
    gpu.config_path.write_text(small(device="cuda:7").model_dump_json())
    enqueue(gpu)
    enqueue(good)
    assert set(waiting(runs)) == {"cpu", "cuda:7"}
    ensure_workers(runs)
    until(lambda: status(good) == "finished" and status(gpu) == "failed")
    assert status(broken) == "failed"
    assert "config.json" in broken.state().reason
    assert "choose 'auto' or 'cpu'" in gpu.state().reason
    assert waiting(runs) == {}


def test_what_cannot_wait_is_refused(runs: Path) -> None:
    run = create_run(TINY, runs)
    run.update_state(status="finished")
    with pytest.raises(MnistCoreError, match="is finished"):
        enqueue(run)


def test_a_run_that_is_finished_stays_so_though_it_came_into_the_queue(runs: Path) -> None:
    run = queued(TINY, runs)
    run.update_state(status="finished")  # two tabs pressed Resume at the very same moment
    work(runs, "cpu")
    assert status(run) == "finished"
    assert waiting(runs) == {}


def test_automatic_device_waits_where_it_will_run() -> None:
    assert queue_device(small(device="cuda")) == "cuda:0"
    assert queue_device(small(device="cuda:1")) == "cuda:1"
    assert queue_device(small(device="cpu")) == "cpu"


def test_deleting(runs: Path) -> None:
    run, other = create_run(TINY, runs), create_run(TINY, runs)
    with run.at_work(), pytest.raises(MnistCoreError, match="stop it first"):
        run.delete()
    run.delete()
    run.delete()  # a second tab
    assert [one.id for one in list_runs(runs)] == [other.id]
