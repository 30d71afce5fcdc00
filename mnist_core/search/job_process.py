"""The process of a job: carries out its command and keeps how it ended.

`python -m mnist_core.search.job_process FOLDER`; it inherits the job's lock.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mnist_core.cli.main import main
from mnist_core.search.job import Job
from mnist_core.utils.runtime import configure_training_process


def carry_out(job: Job) -> int:
    """Run a job's command in this process; return its exit status."""
    status = 1
    try:
        status = main([*job.request().words(), "--json", "--runs", str(job.root)])
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        job.write_end(status)
    return status


if __name__ == "__main__":
    configure_training_process()
    raise SystemExit(carry_out(Job(Path(sys.argv[1]))))
