"""Limits on what may wait in the queue and on the disk space of all runs.

Each has an environment variable; 0 is no limit.
"""

import os
from pathlib import Path

from mnist_core.errors import ExplainedError, Message, MnistCoreError

MAX_QUEUED, DEFAULT_MAX_QUEUED = "MNIST_MAX_QUEUED", 200
MAX_DISK_GB, DEFAULT_MAX_DISK_GB = "MNIST_MAX_DISK_GB", 50
"""Environment variables and their defaults: entries of the queue, and GB of the runs folder."""


def check_limits(root: Path, queued: int) -> None:
    """Check that one more run or job may be added to the queue.

    Parameters
    ----------
    root : Path
        Folder of all runs.
    queued : int
        Runs and jobs that wait.

    Raises
    ------
    MnistCoreError
        If the queue is full or the folder of all runs too large; the message names the variable.
    """
    most = _limit(MAX_QUEUED, DEFAULT_MAX_QUEUED)
    if most and queued >= most:
        raise ExplainedError(
            Message(
                "the queue is full ({queued} of {most:g}); wait until some have started, or set "
                "{variable} to a higher number",
                queued=queued,
                most=most,
                variable=MAX_QUEUED,
            )
        )
    check_disk(root)


def check_disk(root: Path) -> None:
    """Raise MnistCoreError if the folder of all runs is larger than allowed."""
    most = _limit(MAX_DISK_GB, DEFAULT_MAX_DISK_GB)
    if most and (used := folder_bytes(root) / 1e9) >= most:
        raise ExplainedError(
            Message(
                "the runs in {folder} take {used:.1f} GB, and at most {most:g} GB may be used; "
                "delete some, or set {variable} to a higher number",
                folder=root,
                used=used,
                most=most,
                variable=MAX_DISK_GB,
            )
        )


def folder_bytes(folder: str | os.PathLike[str]) -> int:
    """Return the size of all files in a folder; what cannot be read, and links, count as 0."""
    total = 0
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    total += folder_bytes(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    total += entry.stat(follow_symlinks=False).st_size
    except OSError:
        pass
    return total


def _limit(name: str, default: float) -> float:
    text = os.environ.get(name) or str(default)
    try:
        limit = float(text)
    except ValueError:
        limit = -1.0
    if not 0 <= limit < float("inf"):
        raise MnistCoreError(f"{name} is {text[:40]!r}; give a number from 0, which is no limit")
    return limit
