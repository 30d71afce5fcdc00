"""What a queue's worker carries out: runs, and jobs with the device that they have waited for.

A job's process holds the job's lock; so do a sweep's workers.
"""

import os
import time
import traceback
from collections.abc import Callable

from pydantic import BaseModel

from mnist_core.errors import MnistCoreError
from mnist_core.runs.folder import WorkFolder, now
from mnist_core.runs.queue_worker import train_queued
from mnist_core.runs.run import Run
from mnist_core.runs.signals import StopFlag, stop_on_signals
from mnist_core.runs.state import StopReason
from mnist_core.search.job import Job
from mnist_core.search.job_state import JobEnd, JobProcess, JobProgress, JobStatus
from mnist_core.search.range_test import run_range_test
from mnist_core.search.requests import JobRequest, RangeTestRequest
from mnist_core.search.stop_file import watch_stop_file
from mnist_core.utils.json_files import write_json
from mnist_core.utils.locks import acquire_lock

_PROGRESS_SECONDS = 0.5
_LOCK_TIMEOUT = 10.0
"""Seconds; a process that only tests a lock holds it for an instant."""


def carry_out(item: WorkFolder, device: str) -> None:
    """Train a run, or carry out a job, in this process, if it still waits in the queue.

    Its files say how it ended. Raises MnistCoreError as `execute`, or if it is already running.
    """
    if isinstance(item, Run):
        train_queued(item, device)
        return
    job = Job(item.folder)
    lock = acquire_lock(job.lock_path, _LOCK_TIMEOUT)
    if lock is None:
        raise MnistCoreError(f"job {job.id} is already running")
    with lock:  # a sweep's workers inherit it, and hold it if this process is killed
        if job.is_in_queue():
            job.leave_queue()
            run_job(job, device)


def run_job(job: Job, device: str | None = None) -> JobEnd:
    """Carry out a job in this process; write its progress, result and end.

    `device` is what "auto" means, such as cuda:1; None: a free one.
    """
    stop = StopFlag()
    try:
        write_json(job.process_path, JobProcess(pid=os.getpid(), started=now()))
        with stop_on_signals(stop):
            result = _run(job, job.request(), stop, device)
        if stop.reason:
            end = JobEnd(status=JobStatus.STOPPED, stop_reason=stop.reason)
        else:
            write_json(job.result_path, result)
            end = JobEnd(status=JobStatus.FINISHED)
    except KeyboardInterrupt:
        end = JobEnd(status=JobStatus.STOPPED, stop_reason=stop.reason or StopReason.INTERRUPTED)
    except MnistCoreError as error:
        end = JobEnd(status=JobStatus.FAILED, stop_reason=StopReason.ERROR, message=str(error))
    except Exception as error:
        traceback.print_exc()
        message = f"unexpected {type(error).__name__}: {error}"
        end = JobEnd(status=JobStatus.FAILED, stop_reason=StopReason.ERROR, message=message)
    print(f"{end.status} {end.message}".strip(), flush=True)
    write_json(job.end_path, end)
    return end


def _run(job: Job, request: JobRequest, stop: StopFlag, device: str | None) -> BaseModel:
    report = _progress_writer(job)
    print(f"{request.kind} with {request.config.model}", flush=True)
    if isinstance(request, RangeTestRequest):
        with watch_stop_file(job.stop_path, stop):
            return run_range_test(
                request,
                job.root,
                report=lambda step: report(step, request.steps),
                device=device,
            )
    # optuna is slow to import, and a range test does without
    from mnist_core.search.results import trial_line
    from mnist_core.search.storage import storage_url
    from mnist_core.search.sweep import run_sweep

    return run_sweep(
        request,
        job.root,
        storage_url(job.root),
        stop,
        stop_file=job.stop_path,
        report_trial=lambda trial: print(trial_line(trial), flush=True),
        report_progress=report,
        device=device,
    )


def _progress_writer(job: Job) -> Callable[[int, int], None]:
    next_write = 0.0

    def write(completed: int, total: int) -> None:
        nonlocal next_write
        # each write waits for the disk, a step does not
        if time.monotonic() >= next_write or completed == total:
            write_json(job.progress_path, JobProgress(completed=completed, total=total))
            next_write = time.monotonic() + _PROGRESS_SECONDS

    return write
