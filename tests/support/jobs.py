"""Jobs without their processes."""

from __future__ import annotations

from pathlib import Path

from mnist_core.search.job import Job
from mnist_core.search.requests import JobRequest
from mnist_core.utils.json_files import write_json


def create_job(root: Path, request: JobRequest) -> Job:
    """Create a job's folder without its process."""
    job = Job(root / f"jobs/20260101-000000-{request.kind}")
    job.folder.mkdir(parents=True)
    write_json(job.request_path, request)
    return job
