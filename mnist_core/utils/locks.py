"""Locks between processes: files that the kernel lets go of when their holders die.

The lock belongs to the open file, so a process that inherits the file descriptor holds it too. This
is what `filelock` does not offer.
"""

from __future__ import annotations

import fcntl
import os
import time
from pathlib import Path

from mnist_core.errors import MnistCoreError


def is_locked(path: Path) -> bool:
    """Return whether a process holds the lock; one that was never made is free."""
    try:
        with path.open("rb") as file:
            # shared: those who only look must not take each other for a holder
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def take_lock(path: Path, patience: float) -> int | None:
    """Return the file descriptor of a lock that is held alone; closing it lets go.

    Parameters
    ----------
    path : Path
        Made if it is not there.
    patience : float
        Seconds to wait. Somebody who only looks holds it for an instant.

    Returns
    -------
    int or None
        None if somebody else held it all the while.

    Raises
    ------
    MnistCoreError
        If the file cannot be made.
    """
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise MnistCoreError(f"{path}: cannot be made ({error.strerror})") from error
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                os.close(lock)
                return None
            time.sleep(0.05)
        else:
            return lock
