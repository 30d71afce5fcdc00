"""Starting, stopping and deleting jobs. Their processes outlive the one that started them."""

from __future__ import annotations

import shutil
import threading
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from mnist_core.errors import MnistCoreError
from mnist_core.search.job import Job
from mnist_core.search.requests import JobKind, JobRequest
from mnist_core.utils.files import explain_errors, make_folder, write_atomic
from mnist_core.utils.json_files import write_json
from mnist_core.utils.locks import acquire_lock, exclusive_lock
from mnist_core.utils.processes import start_module

_FOLDER = "jobs"
_LOCK_TIMEOUT = 10.0
"""Seconds; a process that only tests a lock holds it for an instant."""


def list_jobs(root: Path, kind: JobKind | None = None) -> list[Job]:
    """Return every job, or those of a kind, the newest first; also those with damaged files."""
    suffix = f"-{kind}" if kind else ""
    jobs = (Job(path.parent) for path in (root / _FOLDER).glob("*/job.json"))
    return sorted((job for job in jobs if suffix in job.id), key=lambda job: job.id, reverse=True)


def start_job(request: JobRequest, root: Path) -> Job:
    """Start a job, or return the active one with the same request: a second click starts nothing.

    Raises
    ------
    MnistCoreError
        If its folder cannot be created, or its process cannot be started.
    """
    make_folder(root / _FOLDER)
    with _creation_lock(root):
        for job in list_jobs(root, request.kind):
            if job.is_active() and _has_request(job, request):
                return job
        # the lock makes the time unique
        job = Job(root / _FOLDER / f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}-{request.kind}")
        make_folder(job.folder)
        try:
            write_json(job.request_path, request)
            _start_process(job)
        except MnistCoreError:
            shutil.rmtree(job.folder, ignore_errors=True)
            raise
        return job


def resume_job(job: Job) -> None:
    """Start the same request again; a sweep continues its study.

    Raises
    ------
    MnistCoreError
        If it is active, its request is damaged, or its process cannot be started.
    """
    with _creation_lock(job.root):
        job.request()
        if job.is_active():
            raise MnistCoreError(f"job {job.id} is already running")
        _start_process(job)


def stop_job(job: Job) -> None:
    """Request its process, and that process' workers, to stop; they do so after a step.

    Raises
    ------
    MnistCoreError
        If it is not active, or its folder cannot be written.
    """
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


def _start_process(job: Job) -> None:
    """Start the job's process, which inherits the locked file."""
    lock = acquire_lock(job.lock_path, _LOCK_TIMEOUT)
    if lock is None:
        raise MnistCoreError(f"job {job.id} is already running")
    command = ("mnist_core.search.job_process", str(job.folder.resolve()))
    with lock, explain_errors(job.folder, "its process cannot be started"):
        job.remove_outputs()
        with job.log_path.open("wb") as log:
            process = start_module(*command, output=log, lock=lock)
    # collects the exit status: the process would remain as a zombie
    threading.Thread(target=process.wait, daemon=True).start()


def _has_request(job: Job, request: JobRequest) -> bool:
    try:
        return job.request() == request
    except MnistCoreError:
        return False


def _creation_lock(root: Path) -> AbstractContextManager[None]:
    return exclusive_lock(root / _FOLDER / "lock", _LOCK_TIMEOUT)
