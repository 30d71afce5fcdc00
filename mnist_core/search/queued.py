"""What a queue's worker carries out: runs, and jobs with the device that they have waited for."""

from mnist_core.errors import MnistCoreError
from mnist_core.runs.folder import WorkFolder
from mnist_core.runs.queue_worker import train_queued
from mnist_core.runs.run import Run
from mnist_core.search.job import Job
from mnist_core.search.job_process import run_job
from mnist_core.utils.locks import acquire_lock

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
