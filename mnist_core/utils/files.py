"""Writing files so that a crash leaves the old content or the new one, never a part.

None of these functions blocks on a FIFO or follows a symbolic link in the file's place.
"""

import contextlib
import errno
import os
import stat
import uuid
from collections.abc import Iterator
from pathlib import Path

from mnist_core.errors import MnistCoreError

SAFE_FLAGS = (
    getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_CLOEXEC", 0)
)
"""Flags of `os.open` with which a FIFO does not block and a symbolic link is refused."""
_NOT_WRITTEN = "cannot be written"


@contextlib.contextmanager
def explain_errors(where: object, what: str, advice: str = "") -> Iterator[None]:
    """Turn an OSError or ValueError into a MnistCoreError: "where: what (the reason)advice"."""
    try:
        yield
    except MnistCoreError:
        raise
    except (OSError, ValueError) as error:  # a zero byte in a path is a ValueError
        reason = getattr(error, "strerror", None) or error
        raise MnistCoreError(f"{where}: {what} ({reason}){advice}") from error


def write_atomic(path: Path, content: bytes | str) -> None:
    """Write a new file and move it into place: a reader sees the old content or the new one.

    When it returns, the content is on the disk, also after a power failure.

    Raises
    ------
    MnistCoreError
        If it cannot be written (no space, no permission), or is a device such as /dev/null; what
        was there before is kept.
    """
    data = content.encode() if isinstance(content, str) else content
    # a unique name: two writers must not share one incomplete file
    with explain_errors(path, _NOT_WRITTEN):
        _refuse_device(path)
        temporary = path.with_name(f"{path.name}.{uuid.uuid4().hex}.tmp")
        try:
            with open(temporary, "xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            _sync_folder(path.parent)
        except (OSError, ValueError):
            # an incomplete file is of no use, and on a full disk its space is
            with contextlib.suppress(OSError, ValueError):
                temporary.unlink(missing_ok=True)
            raise


def check_writable(path: Path) -> None:
    """Check that a file can be written, before the work starts; create its folder.

    Raises MnistCoreError, as `write_atomic` would afterwards.
    """
    make_folder(path.parent)
    with explain_errors(path, _NOT_WRITTEN):
        _refuse_device(path)
        if path.is_dir():
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
        effective = os.access in os.supports_effective_ids
        if not os.access(path.parent, os.W_OK | os.X_OK, effective_ids=effective):
            raise OSError(errno.EACCES, os.strerror(errno.EACCES))


def overwrite(path: Path, content: str) -> None:
    """Write a file in its place: needs no new space, but a reader may see a part of it.

    Raises MnistCoreError if it cannot be written.
    """
    with (
        explain_errors(path, _NOT_WRITTEN),
        os.fdopen(os.open(path, os.O_RDWR | SAFE_FLAGS), "r+b") as file,
    ):
        file.write(content.encode())
        file.truncate()


def append_text(path: Path, text: str) -> None:
    """Append text to a file. Raises MnistCoreError if it cannot be written."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | SAFE_FLAGS
    with (
        explain_errors(path, _NOT_WRITTEN),
        os.fdopen(os.open(path, flags, 0o666), "ab") as file,
    ):
        file.write(text.encode(errors="replace"))


def read_tail(path: Path, limit: int) -> str:
    """Return the text at the end of a file, at most `limit` bytes; empty if it cannot be read."""
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | SAFE_FLAGS), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                return ""
            file.seek(max(0, status.st_size - limit))
            return file.read(limit).decode(errors="replace")
    except OSError:
        return ""


def file_version(path: Path) -> str | None:
    """Return a text that changes when the file is replaced; None if there is no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return f"{status.st_mtime_ns:x}-{status.st_size:x}-{status.st_ino:x}"


def make_folder(folder: Path) -> None:
    """Create a folder and its parents. Raises MnistCoreError if that is impossible."""
    with explain_errors(folder, "cannot be made a folder"):
        folder.mkdir(parents=True, exist_ok=True)


def _refuse_device(path: Path) -> None:
    if _is_device(path):  # root could replace it, and the system needs it
        raise OSError(errno.EINVAL, "a device: name a file instead")


def _is_device(path: Path) -> bool:
    if os.path.realpath(path.parent) == "/dev":  # also what links to something else: /dev/stdout
        return True
    with contextlib.suppress(OSError):
        mode = path.stat().st_mode
        return stat.S_ISCHR(mode) or stat.S_ISBLK(mode)
    return False


def _sync_folder(folder: Path) -> None:
    """Write a folder's entries to the disk, where the file system can do that."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
