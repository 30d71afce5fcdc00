"""The process of a job: `python -m mnist_core.search.job_process FOLDER`.

It inherits the descriptor of the job's locked file, and so do its workers.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path

from mnist_core.utils.runtime import configure_training_process

configure_training_process()  # before torch is imported

from pydantic import BaseModel  # noqa: E402

from mnist_core.errors import MnistCoreError  # noqa: E402
from mnist_core.runs.folder import now  # noqa: E402
from mnist_core.runs.signals import StopFlag, stop_on_signals  # noqa: E402
from mnist_core.runs.state import StopReason  # noqa: E402
from mnist_core.search.job import Job  # noqa: E402
from mnist_core.search.job_state import JobEnd, JobProcess, JobProgress, JobStatus  # noqa: E402
from mnist_core.search.range_test import run_range_test  # noqa: E402
from mnist_core.search.requests import JobRequest, RangeTestRequest  # noqa: E402
from mnist_core.search.stop_file import watch_stop_file  # noqa: E402
from mnist_core.utils.json_files import write_json  # noqa: E402

_PROGRESS_SECONDS = 0.5


def run_job(job: Job) -> JobEnd:
    """Carry out a job in this process; write its progress, result and end."""
    stop = StopFlag()
    try:
        write_json(job.process_path, JobProcess(pid=os.getpid(), started=now()))
        with stop_on_signals(stop):
            result = _run(job, job.request(), stop)
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


def _run(job: Job, request: JobRequest, stop: StopFlag) -> BaseModel:
    report = _progress_writer(job)
    print(f"{request.kind} with {request.config.model}", flush=True)
    if isinstance(request, RangeTestRequest):
        with watch_stop_file(job.stop_path, stop):
            return run_range_test(
                request, job.root, report=lambda step: report(step, request.steps)
            )
    # optuna is slow to import, and a range test does without
    from mnist_core.search.storage import storage_url
    from mnist_core.search.sweep import run_sweep
    from mnist_core.search.trial_text import trial_line

    return run_sweep(
        request,
        job.root,
        storage_url(job.root),
        stop,
        stop_file=job.stop_path,
        report_trial=lambda trial: print(trial_line(trial), flush=True),
        report_progress=report,
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


if __name__ == "__main__":
    run_job(Job(Path(sys.argv[1])))
