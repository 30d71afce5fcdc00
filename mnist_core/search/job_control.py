"""Starting, stopping and deleting jobs.

A job waits in the queue as runs do, so that a device trains one thing at a time. The worker that
carries it out outlives the process that started it.
"""

import shutil
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from mnist_core.errors import MnistCoreError
from mnist_core.runs.folder import JOBS_FOLDER
from mnist_core.runs.queue import add_to_queue, check_room, ensure_workers
from mnist_core.runs.queue_devices import queue_device
from mnist_core.runs.state import StopReason
from mnist_core.search.job import Job
from mnist_core.search.job_state import JobEnd, JobStatus
from mnist_core.search.requests import JobKind, JobRequest, SweepRequest, check_study_name
from mnist_core.utils.files import explain_errors, make_folder, write_atomic
from mnist_core.utils.json_files import write_json
from mnist_core.utils.locks import exclusive_lock

_LOCK_TIMEOUT = 10.0
"""Seconds; a process that only tests a lock holds it for an instant."""


def list_jobs(root: Path, kind: JobKind | None = None) -> list[Job]:
    """Return every job, or those of a kind, the newest first; also those with damaged files."""
    suffix = f"-{kind}" if kind else ""
    jobs = (Job(path.parent) for path in (root / JOBS_FOLDER).glob("*/job.json"))
    return sorted((job for job in jobs if suffix in job.id), key=lambda job: job.id, reverse=True)


def start_job(request: JobRequest, root: Path) -> Job:
    """Queue a job, or return the unfinished one with the same request: a second click queues none.

    Raises
    ------
    MnistCoreError
        If its folder cannot be created, no worker can be started, the queue is full, or a study
        may not have that name.
    """
    if isinstance(request, SweepRequest):
        check_study_name(request.study)
    make_folder(root / JOBS_FOLDER)
    with _creation_lock(root):
        for job in list_jobs(root, request.kind):
            if (job.is_active() or job.is_in_queue()) and _has_request(job, request):
                return job
        check_room(root)
        # the lock makes the time unique
        job = Job(root / JOBS_FOLDER / f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{request.kind}")
        make_folder(job.folder)
        try:
            write_json(job.request_path, request)
            add_to_queue(job, queue_device(request.config))
            ensure_workers(root)
        except MnistCoreError:
            shutil.rmtree(job.folder, ignore_errors=True)
            raise
        return job


def resume_job(job: Job) -> None:
    """Queue the same request again; a sweep continues its study.

    Raises
    ------
    MnistCoreError
        If it is active or queued, its request is damaged, or no worker can be started.
    """
    with _creation_lock(job.root):
        request = job.request()
        if job.is_active():
            raise MnistCoreError(f"job {job.id} is already running")
        if job.is_in_queue():
            raise MnistCoreError(f"job {job.id} already waits in the queue")
        check_room(job.root)
        with explain_errors(job.folder, "it cannot be queued"):
            job.remove_outputs()
        add_to_queue(job, queue_device(request.config))
    ensure_workers(job.root)


def stop_job(job: Job) -> None:
    """Take a waiting job out of the queue; request an active one to stop after the current step.

    Raises
    ------
    MnistCoreError
        If it is neither, or its folder cannot be written.
    """
    if job.is_in_queue():
        job.leave_queue()
        if not job.is_active():  # it may have started at this moment
            write_json(
                job.end_path, JobEnd(status=JobStatus.STOPPED, stop_reason=StopReason.REQUESTED)
            )
            return
    if not job.is_active():
        raise MnistCoreError(f"job {job.id} is not running any more")
    write_atomic(job.stop_path, "")


def delete_job(job: Job) -> None:
    """Delete the folder; runs and the study are kept. Does nothing if it is already deleted.

    Raises
    ------
    MnistCoreError
        If it is active, or the folder cannot be deleted.
    """
    with _creation_lock(job.root):
        job.delete()


def _has_request(job: Job, request: JobRequest) -> bool:
    try:
        return job.request() == request
    except MnistCoreError:
        return False


def _creation_lock(root: Path) -> AbstractContextManager[None]:
    return exclusive_lock(root / JOBS_FOLDER / "lock", _LOCK_TIMEOUT)
