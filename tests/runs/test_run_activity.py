"""Runs at work: locks, killed processes, and requests to stop."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest

from mnist_core import MnistCoreError
from mnist_core.cli import main as cli
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run
from mnist_core.runs.state import RunStatus, StopReason
from mnist_core.training.config import TrainConfig

Capture = pytest.CaptureFixture[str]
CONFIG = TrainConfig(model="mnist_cnn", epochs=3, seed=5)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return create_run(CONFIG, tmp_path)


def kill(run: Run, epoch: int = 0) -> None:
    """Leave the state that a killed process leaves."""
    run.update_state(status="running", epoch=epoch, pid=2**22)


# --- active runs ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("epoch", "said"), [(0, "resume trains from the start"), (2, "checkpoint, after epoch 2")]
)
def test_a_run_whose_process_was_killed_has_failed(
    run: Run, tmp_path: Path, capsys: Capture, epoch: int, said: str
) -> None:
    kill(run, epoch)
    state = run.state()
    assert state.status == "failed"
    assert state.stop_reason == StopReason.PROCESS_EXITED
    assert state.reason.endswith(said)
    with pytest.raises(MnistCoreError, match="is not running, it is failed"):
        run.request_stop()
    assert cli.main(["runs", "--runs", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert " failed " in shown
    assert said in shown


def test_an_active_run_is_running(run: Run) -> None:
    with run.exclusive():
        run.update_state(status="running", pid=os.getpid())
        assert Run(run.folder).is_active()
        assert Run(run.folder).state().status == "running"
    assert not run.is_active()
    assert run.state().status == "failed"


def test_a_run_is_locked_by_one_process(run: Run) -> None:
    with run.exclusive():
        with pytest.raises(MnistCoreError, match=f"{run.id} is already running"), run.exclusive():
            raise AssertionError("reserved twice")
        assert run.is_active()  # the refused attempt has not released the lock
    with run.exclusive():
        assert run.is_active()


def test_many_may_read_at_once(run: Run) -> None:
    kill(run)
    with ThreadPoolExecutor(4) as pool:
        seen = list(pool.map(lambda _: Run(run.folder).state().status, range(400)))
    assert set(seen) == {"failed"}


def test_readers_do_not_block_a_run(run: Run) -> None:
    kill(run)
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            run.state()

    watchers = [threading.Thread(target=look) for _ in range(3)]
    for watcher in watchers:
        watcher.start()
    try:
        for _ in range(20):
            with run.exclusive():
                pass
    finally:
        done.set()
        for watcher in watchers:
            watcher.join()


# --- stopping ----------------------------------------------------------------------------------


def test_stop_a_run_that_has_not_started(run: Run, tmp_path: Path, capsys: Capture) -> None:
    assert cli.main(["stop", "last", "--runs", str(tmp_path)]) == 0
    state = run.state()
    assert (state.status, state.reason) == ("stopped", "stopped before it began")
    assert datetime.fromisoformat(state.ended).tzinfo is not None
    assert f"run {run.id} stopped" in capsys.readouterr().out


def test_stop_an_active_run(run: Run) -> None:
    with run.exclusive():
        run.update_state(status="running")
        assert not run.stop_is_requested()
        Run(run.folder).request_stop()
        Run(run.folder).request_stop()  # twice
        assert run.stop_is_requested()
    with run.exclusive():
        assert not run.stop_is_requested()  # an earlier request


@pytest.mark.parametrize("status", ["stopped", "finished", "failed"])
def test_stop_a_run_that_has_ended(
    run: Run, tmp_path: Path, capsys: Capture, status: RunStatus
) -> None:
    state = run.update_state(status=status, reason="so it went", epoch=3)
    assert cli.main(["stop", run.id, "--runs", str(tmp_path)]) == 2
    assert f"{run.id} is not running, it is {status}" in capsys.readouterr().err
    assert run.state() == state


def test_stop_reports_a_long_step(run: Run, tmp_path: Path, capsys: Capture) -> None:
    with run.exclusive():
        run.update_state(status="running")
        words = ["stop", run.id, "--timeout", "0.1", "--runs", str(tmp_path)]
        assert cli.main(words) == 2
    assert "after its current training step" in capsys.readouterr().err
