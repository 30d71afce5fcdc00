"""What the folders of runs and of jobs have in common: a lock, a log, and how they are deleted."""

import os
import shutil
import stat
from datetime import UTC, datetime
from pathlib import Path

from mnist_core.errors import MnistCoreError
from mnist_core.utils.files import explain_errors, read_tail
from mnist_core.utils.locks import is_locked

JOBS_FOLDER = "jobs"
"""Folder, in that of the runs, that holds the jobs (see `mnist_core.search.job`)."""
_MAX_LOG_BYTES = 64 * 2**10


def now() -> str:
    """Return the time as ISO 8601 in UTC, to the second."""
    return as_text(datetime.now(UTC))


def as_text(time: datetime) -> str:
    """Return a time as ISO 8601, to the second."""
    return time.isoformat(timespec="seconds")


class WorkFolder:
    """A handle on a folder in which one process works. Cheap; every call reads the files again.

    Parameters
    ----------
    folder : Path
    kind : str
        What it is called in messages: "run" or "job".
    main_files : str
        Names of the files that make the folder one of its kind.
    """

    def __init__(self, folder: Path, kind: str, *main_files: str) -> None:
        self.folder = folder
        self.log_path = folder / "log.txt"
        self.stop_path = folder / "stop"
        self.lock_path = folder / "lock"
        self.queue_path = folder / "queue.json"
        self._kind = kind
        self._main_paths = [folder / name for name in main_files]

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.folder.name

    def is_active(self) -> bool:
        """Return whether a process, or a child that inherited its lock, works in it."""
        return is_locked(self.lock_path)

    def is_in_queue(self) -> bool:
        """Return whether it waits for a worker of `mnist_core.runs.queue`."""
        try:
            # a folder in the file's place could never be taken out of the queue again
            return not stat.S_ISDIR(os.lstat(self.queue_path).st_mode)
        except OSError:
            return False

    def leave_queue(self) -> None:
        """Take it out of the queue. Raises MnistCoreError if the folder cannot be written."""
        with explain_errors(self.queue_path, "cannot be removed"):
            self.queue_path.unlink(missing_ok=True)

    def log_tail(self, lines: int = 40) -> str:
        """Return the last lines of its log; empty if there is none."""
        return "\n".join(read_tail(self.log_path, _MAX_LOG_BYTES).splitlines()[-lines:])

    def delete(self) -> None:
        """Delete the folder with its content; of a symbolic link, only the link.

        Raises MnistCoreError if a process works in it, or it cannot be deleted.
        """
        if self.is_active():
            raise MnistCoreError(f"{self._kind} {self.id} is running; stop it first")
        with explain_errors(self.folder, "cannot be deleted", "; delete it manually"):
            try:
                if self.folder.is_symlink():
                    self.folder.unlink()
                    return
                # first, so that what is left of a partly deleted folder is none of its kind
                for path in self._main_paths:
                    if path.is_dir() and not path.is_symlink():
                        shutil.rmtree(path)
                    path.unlink(missing_ok=True)
                shutil.rmtree(self.folder)
            except FileNotFoundError:
                return  # another process was faster
