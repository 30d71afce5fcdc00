"""Locks between processes: files that the kernel unlocks when their holders exit.

A lock belongs to the open file (flock), so a child process that inherits the file descriptor holds
it too, until all of them have closed it.
"""

import io
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import portalocker

from mnist_core.errors import MnistCoreError
from mnist_core.utils.files import SAFE_FLAGS, explain_errors

_EXCLUSIVE = portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING
_SHARED = portalocker.LockFlags.SHARED | portalocker.LockFlags.NON_BLOCKING
_POLL_SECONDS = 0.05


def is_locked(path: Path) -> bool:
    """Return whether a process holds the lock; a file that does not exist is not locked."""
    try:
        with _open(path, os.O_RDONLY) as file:
            # shared: two processes that only test must not see each other as a holder
            portalocker.lock(file, _SHARED)
    except portalocker.AlreadyLocked:
        return True
    except (OSError, portalocker.LockException):
        return False
    return False


def acquire_lock(path: Path, timeout: float) -> io.FileIO | None:
    """Return an open file that holds the lock exclusively; closing it releases the lock.

    A child process that is given the file's descriptor (`pass_fds`), or is forked, holds the lock
    as well, also after this process has closed the file.

    Parameters
    ----------
    path : Path
        Created if it does not exist.
    timeout : float
        Seconds to wait. A process that tests with `is_locked` holds it for an instant.

    Returns
    -------
    io.FileIO or None
        None if other processes held it all the time.

    Raises
    ------
    MnistCoreError
        If the file cannot be created.
    """
    with explain_errors(path, "cannot be created"):
        file = _open(path, os.O_RDWR | os.O_CREAT)
    deadline = time.monotonic() + timeout
    while True:
        try:
            portalocker.lock(file, _EXCLUSIVE)
        except portalocker.AlreadyLocked:
            if time.monotonic() >= deadline:
                file.close()
                return None
            time.sleep(_POLL_SECONDS)
        except portalocker.LockException as error:
            file.close()
            raise MnistCoreError(f"{path}: cannot be locked ({error})") from error
        else:
            return file


@contextmanager
def exclusive_lock(path: Path, timeout: float, *, busy: str = "") -> Iterator[None]:
    """Hold a lock for the length of a block.

    Child processes that were forked meanwhile lose it with this process.

    Parameters
    ----------
    path, timeout : as for `acquire_lock`
    busy : str
        Message of the error when another process holds the lock.

    Raises
    ------
    MnistCoreError
        If another process holds it for longer than `timeout`, or the file cannot be created.
    """
    file = acquire_lock(path, timeout)
    if file is None:
        raise MnistCoreError(busy or f"{path.parent}: in use by another process; try again")
    try:
        yield
    finally:
        portalocker.unlock(file)
        file.close()


def _open(path: Path, flags: int) -> io.FileIO:
    mode = "r+" if flags & os.O_RDWR else "r"
    return io.FileIO(path, mode, opener=lambda name, _: os.open(name, flags | SAFE_FLAGS, 0o644))
