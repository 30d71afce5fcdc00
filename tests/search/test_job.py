"""Jobs in processes of their own, and their files, damaged in every way."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.jobs import create_job
from support.queue_workers import ForkedWorker
from support.sweeps import UNFINISHABLE, acting_when, sweep_request, wait_until
from support.training import small

from mnist_core import MnistCoreError
from mnist_core.runs import queue
from mnist_core.runs.folder import WorkFolder
from mnist_core.runs.queue_worker import work
from mnist_core.runs.run_list import create_run, list_runs
from mnist_core.runs.state import RunStatus, StopReason
from mnist_core.search.job import Job
from mnist_core.search.job_control import delete_job, list_jobs, resume_job, start_job, stop_job
from mnist_core.search.job_process import carry_out, run_job
from mnist_core.search.job_state import JobEnd, JobProcess, JobProgress, JobState, JobStatus
from mnist_core.search.requests import RangeTestRequest
from mnist_core.search.results import SweepResult, read_trials
from mnist_core.training.lr_finder import RangeTest
from mnist_core.utils.json_files import DamagedFileError, read_json, write_json
from mnist_core.utils.locks import exclusive_lock

RANGE = RangeTestRequest(config=small(training_size=2000, batch_size=32), steps=60)
FORK = multiprocessing.get_context("fork")
LONG_RANGE = RangeTestRequest(config=RANGE.config, steps=100_000)


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch, mnist_root: Path) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def wait_for_end(job: Job) -> JobStatus:
    wait_until(lambda: job.state().status.has_ended)
    return job.state().status


def kill(job: Job) -> None:
    """Kill its process and wait until it has exited."""
    pid = read_json(job.process_path, JobProcess).pid
    os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not is_running(pid))


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.fixture
def forked_workers(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Workers start without importing torch; tests/runs/test_queue.py has one that imports it."""
    started: list[ForkedWorker] = []
    monkeypatch.setattr(queue, "start_worker", lambda *args: started.append(ForkedWorker(*args)))
    yield
    for worker in started:
        worker.process.join()


# --- processes ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("forked_workers")
def test_a_range_test_is_started_once_stopped_and_resumed(tmp_path: Path) -> None:
    job = start_job(LONG_RANGE, tmp_path)
    assert start_job(LONG_RANGE, tmp_path).id == job.id
    wait_until(job.progress)
    assert job.state().status is JobStatus.RUNNING
    with pytest.raises(MnistCoreError, match="stop it first"):
        delete_job(job)
    with pytest.raises(MnistCoreError, match="already running"):
        resume_job(job)
    stop_job(job)
    assert wait_for_end(job) is JobStatus.STOPPED
    assert job.state().stop_reason is StopReason.REQUESTED
    with pytest.raises(MnistCoreError, match="not running any more"):
        stop_job(job)
    resume_job(job)
    wait_until(job.process_path.exists)
    kill(job)
    assert wait_for_end(job) is JobStatus.FAILED
    assert job.state().stop_reason is StopReason.PROCESS_EXITED
    assert "exited unexpectedly" in job.state().message
    delete_job(job)
    assert list_jobs(tmp_path) == []
    delete_job(job)  # already deleted


@pytest.mark.usefixtures("forked_workers")
def test_workers_of_a_killed_sweep_can_be_stopped(tmp_path: Path) -> None:
    request = sweep_request({"batch_size": (32, 64)}, workers=2)
    config = request.config.with_changes(**UNFINISHABLE)
    job = start_job(request.model_copy(update={"config": config}), tmp_path)

    def training() -> int:
        states = [run.state() for run in list_runs(tmp_path) if run.state_path.exists()]
        return sum(state.status is RunStatus.RUNNING for state in states)

    wait_until(lambda: training() == 2)
    kill(job)
    assert job.state().status is JobStatus.RUNNING  # its workers hold the lock
    stop_job(job)
    assert wait_for_end(job) is JobStatus.STOPPED
    assert {run.state().status for run in list_runs(tmp_path)} == {RunStatus.STOPPED}
    assert {trial.state for trial in read_trials(tmp_path, "sweep")} <= {"waiting", "stopped"}


# --- the queue -----------------------------------------------------------------------------------


@pytest.fixture
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "start_worker", lambda root, device, lock: None)


@pytest.mark.usefixtures("no_workers")
def test_a_job_waits_for_the_runs_before_it(tmp_path: Path) -> None:
    first, last = create_run(RANGE.config, tmp_path), create_run(RANGE.config, tmp_path)
    queue.enqueue(first)
    job = start_job(RANGE, tmp_path)
    queue.enqueue(last)
    assert start_job(RANGE, tmp_path).id == job.id  # a second click
    assert job.state().status is JobStatus.QUEUED
    assert [item.id for item in queue.ahead(tmp_path, job)] == [first.id]
    assert [item.id for item in queue.ahead(tmp_path, last)] == [first.id, job.id]
    with pytest.raises(MnistCoreError, match="already waits in the queue"):
        resume_job(job)

    def train(item: WorkFolder, device: str) -> None:
        with (tmp_path / "order").open("a") as file:
            file.write(f"{item.id} {device} {Job(job.folder).state().status}\n")
        item.leave_queue()

    work(tmp_path, "cpu", train=train, preload=lambda: None)
    order = (tmp_path / "order").read_text().splitlines()
    assert order[:2] == [f"{first.id} cpu queued", f"{job.id} cpu queued"]
    assert order[2].startswith(f"{last.id} cpu")


@pytest.mark.usefixtures("no_workers")
def test_a_waiting_job_that_is_stopped_does_not_start(tmp_path: Path) -> None:
    job = start_job(RANGE, tmp_path)
    stop_job(job)
    assert job.state() == JobState(status=JobStatus.STOPPED, stop_reason=StopReason.REQUESTED)
    assert queue.waiting(tmp_path) == []
    carry_out(job, "cpu")  # its worker was starting
    assert job.state().status is JobStatus.STOPPED
    resume_job(job)
    assert job.state().status is JobStatus.QUEUED
    delete_job(job)
    assert queue.waiting(tmp_path) == []


@pytest.mark.usefixtures("no_workers")
def test_a_job_takes_the_device_that_it_has_waited_for(tmp_path: Path) -> None:
    config = RANGE.config.with_changes(device="auto")
    job = start_job(RANGE.model_copy(update={"config": config}), tmp_path)
    carry_out(job, "cuda:9")
    assert job.state().status is JobStatus.FAILED
    assert "device is 'cuda:9'" in job.state().message


# --- the work of a job's process -----------------------------------------------------------------


def test_a_sweep_writes_progress_and_result(tmp_path: Path) -> None:
    job = create_job(tmp_path, sweep_request({"batch_size": (64,)}))
    assert run_job(job) == JobEnd(status=JobStatus.FINISHED)
    assert job.state().status is JobStatus.FINISHED
    assert job.progress() == JobProgress(completed=1, total=1)
    result = job.result(SweepResult)
    (trial,) = result.trials
    assert (trial.state, trial.params) == ("complete", {"batch_size": 64})
    assert result.best is not None
    assert "--batch-size 64" in result.best


def test_a_job_that_fails_says_why(tmp_path: Path) -> None:
    request = RangeTestRequest(config=RANGE.config.with_changes(init_weights="mnist_cnn"))
    job = create_job(tmp_path, request)
    run_job(job)
    assert job.state().status is JobStatus.FAILED
    assert job.state().message.startswith("init_weights is 'mnist_cnn'")
    with pytest.raises(DamagedFileError, match=r"result\.json"):
        job.result(RangeTest)


def test_a_job_that_is_stopped_before_it_starts(tmp_path: Path) -> None:
    job = create_job(tmp_path, RANGE)
    job.stop_path.touch()
    assert run_job(job).stop_reason is StopReason.REQUESTED
    assert job.state().status is JobStatus.STOPPED


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_a_job(tmp_path: Path, number: int) -> None:
    job = create_job(tmp_path, LONG_RANGE)
    with acting_when(job.progress_path.exists, lambda: os.kill(os.getpid(), number)):
        end = run_job(job)
    expected = StopReason.HANGUP if number == signal.SIGHUP else StopReason.TERMINATED
    assert (end.status, end.stop_reason) == (JobStatus.STOPPED, expected)


# --- damaged files -------------------------------------------------------------------------------


def as_fifo(path: Path) -> None:
    os.mkfifo(path)


def as_folder(path: Path) -> None:
    path.mkdir()


def as_huge_file(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**30)


def as_nested_json(path: Path) -> None:
    path.write_text("[" * 3000)


def as_wrong_values(path: Path) -> None:
    path.write_text('{"status": 0, "pid": -1, "completed": -5, "total": 1e999}')


def as_other_bytes(path: Path) -> None:
    path.write_bytes(bytes(range(256)))


DAMAGES = [as_fifo, as_folder, as_huge_file, as_nested_json, as_wrong_values, as_other_bytes]
READS: dict[str, Callable[[Job], object]] = {
    "job.json": Job.request,
    "process.json": Job.state,
    "progress.json": Job.progress,
    "end.json": Job.state,
    "result.json": lambda job: job.result(RangeTest),
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", READS)
def test_a_damaged_file_affects_its_own_job_only(
    tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    job = create_job(tmp_path, RANGE)
    path = job.folder / name
    path.unlink(missing_ok=True)
    damage(path)
    with pytest.raises(DamagedFileError, match=rf"{name}: .*(damaged|cannot be read)"):
        READS[name](job)
    other = Job(tmp_path / "jobs/20260101-000001-find-lr")
    other.folder.mkdir()
    write_json(other.request_path, RANGE)
    assert [found.id for found in list_jobs(tmp_path)] == [other.id, job.id]
    assert other.request() == RANGE
    assert other.state().status is JobStatus.FAILED


@pytest.mark.parametrize("damage", [as_fifo, as_folder, as_huge_file, as_other_bytes])
@pytest.mark.parametrize("name", ["log.txt", "stop", "lock"])
def test_files_that_are_not_json_block_nothing(
    tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    job = create_job(tmp_path, RANGE)
    damage(job.folder / name)
    assert len(job.log_tail()) <= 64 * 2**10
    assert not job.state().status.is_active
    delete_job(job)
    assert list_jobs(tmp_path) == []


def test_a_planted_option_writes_nowhere(tmp_path: Path) -> None:
    job = create_job(tmp_path, RANGE)
    precious = tmp_path / "precious"
    precious.write_text("kept")
    job.request_path.write_text(
        f'{{"kind": "find-lr", "config": {{}}, "options": {{"plot": "{precious}"}}}}'
    )
    with pytest.raises(MnistCoreError, match="this file is damaged"):
        resume_job(job)
    assert run_job(job).status is JobStatus.FAILED
    assert precious.read_text() == "kept"


def test_escape_sequences_in_a_message_have_no_effect(tmp_path: Path) -> None:
    job = create_job(tmp_path, RANGE)
    job.end_path.write_text('{"status": "failed", "message": "\\u001b[31mred\\nsecond line"}')
    assert job.state().message.isprintable()


def test_deleting_a_link_to_a_folder_keeps_the_folder(tmp_path: Path) -> None:
    target = create_job(tmp_path / "elsewhere", RANGE).folder
    (tmp_path / "jobs").mkdir()
    link = tmp_path / "jobs/20260101-000000-find-lr"
    link.symlink_to(target)
    delete_job(Job(link))
    assert list_jobs(tmp_path) == []
    assert (target / "job.json").is_file()


def test_a_folder_that_cannot_be_created(tmp_path: Path) -> None:
    (tmp_path / "jobs").write_text("")
    with pytest.raises(MnistCoreError, match="cannot be made a folder"):
        start_job(RANGE, tmp_path)
    assert list_jobs(tmp_path) == []


def test_a_job_whose_lock_is_held_is_active(tmp_path: Path) -> None:
    job = create_job(tmp_path, RANGE)
    with exclusive_lock(job.lock_path, 1):
        assert job.state().status is JobStatus.RUNNING
        stop_job(job)
        assert job.state().status is JobStatus.STOPPING
    assert job.state().status is JobStatus.STOPPED
