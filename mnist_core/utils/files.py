"""Files that are written whole or not at all."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from mnist_core.errors import MnistCoreError


def write_atomic(path: Path, content: bytes | str) -> None:
    """Write a file beside its place and move it there: a reader sees the old one or the new one.

    Raises
    ------
    MnistCoreError
        If it cannot be written (no space, no permission); what was there before is kept.
    """
    data = content.encode() if isinstance(content, str) else content
    # a name of its own: two writers must not meet in one half-written file
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.tmp")
    try:
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        # half a file is no use to anybody, and on a full disk its space is
        _discard(temporary)
        raise MnistCoreError(f"{path}: cannot be written ({error.strerror})") from error


def overwrite(path: Path, content: str) -> None:
    """Write a file in its place: needs no new space, but a reader may see half of it.

    Raises MnistCoreError if it cannot be written.
    """
    try:
        with path.open("r+b") as file:
            file.write(content.encode())
            file.truncate()
    except OSError as error:
        raise MnistCoreError(f"{path}: cannot be written ({error.strerror})") from error


def make_folder(folder: Path) -> None:
    """Make a folder and those above it. Raises MnistCoreError if there can be none."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MnistCoreError(f"{folder}: cannot be made a folder ({error.strerror})") from error


def _discard(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:
        return  # the folder itself cannot be written to: nothing is there to remove
