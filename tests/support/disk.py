"""A full disk, without filling one, and a folder that cannot be written."""

from __future__ import annotations

import os
import resource
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def full_disk(largest_file: int = 64) -> Iterator[None]:
    """Let every write beyond `largest_file` bytes of a file fail with an OSError."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def temporary_folder() -> Iterator[Path]:
    """Give a folder that every user may enter; pytest's own are this user's only."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let every write into a `temporary_folder`, and the folders in it, fail with an OSError."""
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    user = os.geteuid()
    for path in folders:
        path.chmod(0o555)
    os.seteuid(user or 65534)  # root may write everywhere: be nobody meanwhile
    try:
        yield
    finally:
        os.seteuid(user)
        for path in folders:
            path.chmod(0o755)
