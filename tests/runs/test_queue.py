"""The queue: runs wait in turn, and each is trained in a child process of a worker."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.damage import DAMAGE
from support.queue_workers import FORK, queued, start_worker, started_workers, status
from support.training import small
from support.waiting import until

from mnist_core.errors import MnistCoreError
from mnist_core.runs.queue import (
    ahead,
    enqueue,
    ensure_workers,
    waiting,
)
from mnist_core.runs.queue_devices import queue_lock_path
from mnist_core.runs.queue_worker import work
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run, list_runs
from mnist_core.runs.state import StopReason
from mnist_core.search.job_control import list_jobs, start_job
from mnist_core.search.job_state import JobProgress, JobStatus
from mnist_core.search.requests import RangeTestRequest
from mnist_core.training.lr_finder import RangeTest
from mnist_core.utils.locks import is_locked

TINY = small(training_size=1000, validation_size=200)
LONG = small(training_size=2000, validation_size=200, epochs=10_000)


def waiting_ids(root: Path) -> list[str]:
    return [one.item.id for one in waiting(root)]


# --- trainings in the place of real ones, in the worker's child process --------------------------


def finish(run: Run) -> None:
    with run.exclusive():
        run.update_state(status="running", pid=os.getpid())
        run.leave_queue()
        assert started_workers(run.folder.parent) == []  # the device is busy
        with (run.folder.parent / "order").open("a") as file:
            file.write(f"{run.id} {os.getpid()}\n")
        run.update_state(status="finished", pid=None)


def finish_when_allowed(run: Run) -> None:
    with run.exclusive():
        run.update_state(status="running", pid=os.getpid())
        run.leave_queue()
        until((run.folder.parent / "go").exists)
        run.update_state(status="finished", pid=None)


def exit_before_it_starts(how: Callable[[], object]) -> Callable[[Run], object]:
    def train(run: Run) -> object:
        return finish(run) if run.state().name == "next" else how()

    return train


def killed_while_it_runs(run: Run) -> None:
    if run.state().name == "next":
        return finish(run)
    with run.exclusive():
        run.update_state(status="running", pid=os.getpid(), epoch=2)
        run.leave_queue()
        os.kill(os.getpid(), signal.SIGKILL)
    return None


def train_all(root: Path, train: Callable[[Run], object]) -> None:
    """Be the worker of a queue; nothing is imported for trainings that are no real ones."""
    work(root, "cpu", train=lambda run, device: train(run), preload=lambda: None)


# --- workers -------------------------------------------------------------------------------------


def test_runs_are_trained_in_turn_each_in_its_own_process(tmp_path: Path) -> None:
    runs = [queued(TINY, tmp_path, name) for name in "abc"]
    assert waiting_ids(tmp_path) == [run.id for run in runs]
    assert [run.id for run in ahead(tmp_path, runs[2])] == [run.id for run in runs[:2]]
    assert started_workers(tmp_path) == ["cpu"]
    train_all(tmp_path, finish)
    order = [line.split() for line in (tmp_path / "order").read_text().splitlines()]
    assert [run_id for run_id, _ in order] == [run.id for run in runs]
    assert len({pid for _, pid in order} | {str(os.getpid())}) == 4
    assert waiting(tmp_path) == []
    assert started_workers(tmp_path) == []


@pytest.mark.parametrize(
    ("how", "reason"),
    [
        (lambda: sys.exit(3), "exited unexpectedly: exit status 3"),
        (lambda: os._exit(0), "exited unexpectedly: exit status 0"),
        (lambda: os.kill(os.getpid(), signal.SIGKILL), "exited unexpectedly: signal SIGKILL"),
        (lambda: signal.raise_signal(signal.SIGTERM), "exited unexpectedly: signal SIGTERM"),
        (lambda: 1 / 0, "exited unexpectedly: exit status 1"),
    ],
    ids=["exit", "_exit", "SIGKILL", "SIGTERM", "exception"],
)
def test_a_run_that_exits_before_it_starts_fails_and_the_next_one_is_trained(
    tmp_path: Path, how: Callable[[], object], reason: str
) -> None:
    first, second = queued(TINY, tmp_path), queued(TINY, tmp_path, "next")
    train_all(tmp_path, exit_before_it_starts(how))
    assert (status(first), first.state().reason) == ("failed", reason)
    assert status(second) == "finished"


def test_a_run_that_is_killed_fails_with_the_signal_and_the_next_one_is_trained(
    tmp_path: Path,
) -> None:
    first, second = queued(TINY, tmp_path), queued(TINY, tmp_path, "next")
    train_all(tmp_path, killed_while_it_runs)
    state = first.read_state()
    assert (state.status, state.stop_reason) == ("failed", StopReason.PROCESS_EXITED)
    assert state.reason == (
        "exited unexpectedly: signal SIGKILL; resume continues from the last checkpoint, "
        "after epoch 2"
    )
    assert state.reason in first.log_tail()
    assert (state.pid, status(second)) == (None, "finished")


def test_a_killed_worker_loses_no_run(tmp_path: Path) -> None:
    first, second = queued(TINY, tmp_path), queued(TINY, tmp_path)
    worker = start_worker(tmp_path, "cpu", lambda run, device: finish_when_allowed(run))
    until(lambda: status(first) == "running")
    worker.kill()
    worker.join()
    # the run continues, and its device counts as busy
    assert (status(first), status(second)) == ("running", "queued")
    assert started_workers(tmp_path) == []
    (tmp_path / "go").touch()
    until(lambda: status(first) == "finished")
    until(lambda: not is_locked(queue_lock_path(tmp_path, "cpu")))
    assert started_workers(tmp_path) == ["cpu"]
    train_all(tmp_path, finish)
    assert status(second) == "finished"


def test_a_run_that_cannot_start_fails_with_the_reason(tmp_path: Path) -> None:
    broken, gpu = queued(TINY, tmp_path), create_run(TINY, tmp_path)
    broken.config_path.write_text("{}x")
    gpu.config_path.write_text(small(device="cuda:7").model_dump_json())
    enqueue(gpu)
    assert {one.place.device for one in waiting(tmp_path)} == {"cpu", "cuda:7"}
    for device in ("cpu", "cuda:7"):
        work(tmp_path, device)
    assert status(broken) == status(gpu) == "failed"
    assert "config.json" in broken.state().reason
    assert "choose 'auto' or 'cpu'" in gpu.state().reason
    assert waiting(tmp_path) == []


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("name", ["queue.json", "state.json"])
def test_a_damaged_run_leaves_the_queue_and_delays_no_other(
    tmp_path: Path, damage: str, name: str
) -> None:
    broken, good = queued(TINY, tmp_path), queued(TINY, tmp_path)
    DAMAGE[damage](broken.folder / name)
    assert good.id in waiting_ids(tmp_path)
    train_all(tmp_path, finish)
    assert status(good) == "finished"
    assert waiting(tmp_path) == []


@pytest.mark.parametrize(
    "place", [{"time": -1}, {"device": "../../x"}, {"device": 3}, {"time": "x"}, {"time": 2**70}]
)
def test_a_queue_place_out_of_its_bounds(tmp_path: Path, place: dict[str, object]) -> None:
    run = queued(TINY, tmp_path)
    run.queue_path.write_text(json.dumps({"time": 5, "device": "cpu", **place}))
    assert waiting_ids(tmp_path) == [run.id]
    assert started_workers(tmp_path) == ["cpu"]


# --- the queue -----------------------------------------------------------------------------------


def test_runs_that_cannot_be_queued_are_refused(tmp_path: Path) -> None:
    run = create_run(TINY, tmp_path)
    run.update_state(status="finished")
    with pytest.raises(MnistCoreError, match="is finished"):
        enqueue(run)


def test_a_finished_run_that_is_queued_by_mistake_stays_finished(tmp_path: Path) -> None:
    run = queued(TINY, tmp_path)
    run.update_state(status="finished")  # two tabs pressed Resume at the same moment
    work(tmp_path, "cpu")
    assert status(run) == "finished"
    assert waiting(tmp_path) == []


def test_a_waiting_run_that_is_stopped_is_not_trained(tmp_path: Path) -> None:
    first, second = queued(TINY, tmp_path), queued(TINY, tmp_path)
    first.request_stop()
    train_all(tmp_path, finish)
    assert (status(first), first.state().reason) == ("stopped", "stopped before it began")
    assert status(second) == "finished"


# --- as the dashboard starts it: real processes, real MNIST --------------------------------------


@pytest.fixture
def runs(tmp_path: Path, mnist_root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    root = tmp_path / "runs"
    monkeypatch.setenv("MNIST_RUNS", str(root))
    yield root
    for run in list_runs(root):
        if run.read_state().status in ("queued", "running"):
            run.request_stop()
    until(lambda: not is_locked(queue_lock_path(root, "cpu")))


def test_a_worker_in_a_process_of_its_own(runs: Path, tmp_path: Path) -> None:
    """Several processes and threads start one worker, which outlives them.

    A run is killed, the next one trained, a job carried out, and the first run resumed.
    """
    first, second = queued(LONG, runs), queued(TINY, runs)
    request = RangeTestRequest(config=TINY, steps=60)

    def start_from_elsewhere() -> None:
        os.chdir(tmp_path)  # as `streamlit run elsewhere/dashboard.py` does
        with ThreadPoolExecutor(2) as threads:
            list(threads.map(ensure_workers, [runs] * 2))
            threads.submit(start_job, request, runs).result()

    starters = [FORK.Process(target=start_from_elsewhere) for _ in range(2)]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join()
    assert [starter.exitcode for starter in starters] == [0, 0]
    (job,) = list_jobs(runs)
    until(lambda: first.state().epoch >= 1)
    assert status(second) == "queued"
    os.kill(first.state().pid, signal.SIGKILL)
    until(lambda: status(second) == "finished")
    assert "signal SIGKILL" in first.state().reason
    epoch = first.state().epoch
    enqueue(first)
    ensure_workers(runs)
    until(lambda: first.state().epoch > epoch)
    first.request_stop()
    until(lambda: status(first) == "stopped")
    assert first.state().stop_reason == StopReason.REQUESTED
    assert f"resumes after epoch {epoch}" in first.log_tail(1000)
    assert first.log_tail(1000).count("mnist_cnn on CPU") == 2

    assert job.state().status is JobStatus.FINISHED
    assert job.state().started.startswith("20")
    assert 1e-5 < job.result(RangeTest).learning_rate < 0.5
    assert job.progress() == JobProgress(completed=60, total=60)
    assert {run.id for run in list_runs(runs)} == {first.id, second.id}  # a job is not a run
