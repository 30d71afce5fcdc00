"""Jobs: commands of `python -m mnist_core` that go on by themselves, `sweep` and `find-lr`.

A job's process is its own: nothing changes for it when whoever started it ends. `runs/jobs/<id>/`
holds job.json (what was asked), output.txt and log.txt (what it prints), end.json (how it ended),
and a lock that its process and that process's workers hold. It has no config.json, so it is no run.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from mnist_core.errors import MnistCoreError
from mnist_core.runs.run import now
from mnist_core.training.command_line import config_flags
from mnist_core.training.config import TrainConfig
from mnist_core.utils.files import make_folder, write_atomic
from mnist_core.utils.locks import acquire_lock, is_locked
from mnist_core.utils.processes import module_command, module_environment

Kind = Literal["find-lr", "sweep"]
KINDS: tuple[Kind, ...] = ("find-lr", "sweep")
KILLED = "its process ended without a word (killed, or out of memory)"
INTERRUPTED = 130
"""Exit status of a command that was told to stop."""
_FOLDER = "jobs"
_PATIENCE = 2.0
"""Seconds in which somebody else may hold a lock only to look."""


@dataclass(frozen=True)
class Request:
    """What a job is asked to do.

    Attributes
    ----------
    kind : "find-lr" or "sweep"
    config : TrainConfig
        Whose range is tested, or what the trials have in common.
    options : mapping of str to str, int, float, bool, list of str or None
        The command's own flags, such as {"steps": 300, "pruning": False}; None is left out.
    """

    kind: Kind
    config: TrainConfig
    options: Mapping[str, Any]

    def words(self) -> list[str]:
        """Return the command and its flags."""
        words = [self.kind, *config_flags(self.config, complete=True)]
        for name, value in self.options.items():
            if isinstance(value, bool):
                words.append(f"--{name}" if value else f"--no-{name}")
            elif isinstance(value, (list, tuple)):
                words += [f"--{name}", *value] if value else []
            elif value is not None:
                words.append(f"--{name}={value}")
        return words


@dataclass(frozen=True)
class JobState:
    """What a job is doing: status, why it stopped or failed, and when it started (ISO 8601, UTC).

    Stopping: it was told to, and ends when the step under way is done.
    """

    status: Literal["running", "stopping", "stopped", "finished", "failed"]
    reason: str = ""
    started: str = ""

    @property
    def is_alive(self) -> bool:
        """Whether a process is at work."""
        return self.status in ("running", "stopping")


class Job:
    """A handle on a job's folder. Cheap; reads the files anew whenever it is asked.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.request_path = folder / "job.json"
        self.output_path = folder / "output.txt"
        self.log_path = folder / "log.txt"
        self._process_path = folder / "process.json"
        self._end_path = folder / "end.json"
        self._stop_path = folder / "stop"
        self._lock_path = folder / "lock"

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.folder.name

    @property
    def root(self) -> Path:
        """Folder of the runs."""
        return self.folder.parent.parent

    def request(self) -> Request:
        """Return what was asked. Raises MnistCoreError, naming the job, if that is damaged."""
        try:
            fields = self._read(self.request_path)
            kind, options = fields["kind"], dict(fields["options"])
            config = TrainConfig(**fields["config"])
        except FileNotFoundError:
            raise MnistCoreError(f"job {self.id} has been deleted") from None
        except (KeyError, TypeError, ValueError) as error:
            raise MnistCoreError(f"{self._broken(self.request_path)} ({error})") from error
        if kind not in KINDS:
            raise MnistCoreError(f"{self._broken(self.request_path)} (its kind is {kind!r})")
        return Request(kind, config, options)

    def state(self) -> JobState:
        """Return its state; a job whose process was killed has failed.

        Raises
        ------
        MnistCoreError
            If a file that says so is damaged.
        """
        started = self._started()
        if not self.is_alive() and (ended := self._ended(started)):
            return ended
        # nothing says how it ended: it was killed, or has been started anew between the two looks
        if self.is_alive():
            return JobState("stopping" if self._stop_path.exists() else "running", "", started)
        if ended := self._ended(started):
            return ended
        if self._stop_path.exists():
            return JobState("stopped", "", started)
        return JobState("failed", KILLED, started)

    def is_alive(self) -> bool:
        """Return whether its process, or a worker of it, is at work."""
        return is_locked(self._lock_path)

    def log(self, lines: int = 40) -> str:
        """Return the last lines of what it says about its work; empty if it has said nothing."""
        return "\n".join(self._text(self.log_path).splitlines()[-lines:])

    def output(self) -> dict[str, Any]:
        """Return the JSON object that it prints at its end. Raises MnistCoreError if none is."""
        try:
            found = json.loads(self._text(self.output_path).splitlines()[-1])
        except (ValueError, IndexError) as error:
            raise MnistCoreError(self._broken(self.output_path)) from error
        if not isinstance(found, dict):
            raise MnistCoreError(self._broken(self.output_path))
        return found

    def resume(self) -> None:
        """Give the same command again.

        Raises
        ------
        MnistCoreError
            If it is under way, or its process cannot be started.
        """
        with _locked(self.root):
            if self.is_alive():
                raise MnistCoreError(f"job {self.id} is under way")
            self._start()

    def stop(self) -> None:
        """Tell its process to stop; a sweep stops its trials first.

        Raises
        ------
        MnistCoreError
            If it is not under way, or the process is not ours to stop.
        """
        with _locked(self.root):
            if not self.is_alive():
                raise MnistCoreError(f"job {self.id} is not under way any more")
            pid = self._pid()
            if not isinstance(pid, int) or pid < 2:
                raise MnistCoreError(self._broken(self._process_path))
            write_atomic(self._stop_path, "")
            try:
                _terminate(pid)
            except PermissionError:
                self._stop_path.unlink(missing_ok=True)
                raise MnistCoreError(
                    f"job {self.id} belongs to another user; stop process {pid} as that user"
                ) from None

    def delete(self) -> None:
        """Delete the folder; runs and the study stay.

        Raises
        ------
        MnistCoreError
            If it is under way, or the folder cannot be deleted.
        """
        with _locked(self.root):
            if self.is_alive():
                raise MnistCoreError(f"job {self.id} is under way; stop it first")
            try:
                # first, so that half a folder is no job
                self.request_path.unlink(missing_ok=True)
                shutil.rmtree(self.folder)
            except FileNotFoundError:
                return  # somebody else was faster
            except OSError as error:
                raise MnistCoreError(
                    f"{self.folder}: cannot be deleted ({error.strerror}); delete it by hand"
                ) from error

    def write_end(self, status: int) -> None:
        """Keep the exit status of its process."""
        write_atomic(self._end_path, json.dumps({"status": status, "time": now()}) + "\n")

    def _start(self) -> None:
        """Start its process, which holds the lock from its first moment."""
        command = module_command("mnist_core.search.job_process", str(self.folder))
        lock = _take_lock(self._lock_path)
        try:
            for old in (self._end_path, self._stop_path, self.output_path, self.log_path):
                old.unlink(missing_ok=True)
            with self.output_path.open("wb") as output, self.log_path.open("wb") as log:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=log,
                    env=module_environment(),
                    pass_fds=[lock.fileno()],
                    start_new_session=True,  # Ctrl C in the terminal is not meant for it
                )
        except OSError as error:
            raise MnistCoreError(
                f"{self.folder}: its process cannot be started ({error.strerror})"
            ) from error
        finally:
            lock.close()  # the process has it now
        # nobody else may wait for it, and it must not look alive when it has ended
        threading.Thread(target=process.wait, daemon=True).start()
        write_atomic(self._process_path, json.dumps({"pid": process.pid, "started": now()}) + "\n")

    def _pid(self) -> object:
        try:
            return self._read(self._process_path).get("pid")
        except FileNotFoundError:
            return None

    def _started(self) -> str:
        try:
            return str(self._read(self._process_path).get("started", ""))
        except FileNotFoundError:
            return ""

    def _ended(self, started: str) -> JobState | None:
        try:
            status = self._read(self._end_path).get("status")
        except FileNotFoundError:
            return None
        if status == 0:
            return JobState("finished", "", started)
        if status == INTERRUPTED or self._stop_path.exists():
            return JobState("stopped", "", started)
        said = self.log(1).removeprefix("error: ")
        return JobState("failed", said or f"its process ended with status {status}", started)

    def _text(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8", errors="replace").strip()
        except OSError:
            return ""

    def _read(self, path: Path) -> dict[str, Any]:
        """Return a file's JSON object. Raises FileNotFoundError, or MnistCoreError if damaged."""
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise
        except (OSError, ValueError) as error:
            raise MnistCoreError(f"{self._broken(path)} ({error})") from error
        if not isinstance(fields, dict):
            raise MnistCoreError(self._broken(path))
        return fields

    def _broken(self, path: Path) -> str:
        return f"job {self.id} is broken: {path.name} cannot be read; delete the job"


def start_job(request: Request, root: Path) -> Job:
    """Start a job, or return the one that is under way with the very same request.

    So a second click, or a second page that asks for the same, starts nothing.

    Raises
    ------
    MnistCoreError
        If its folder cannot be made, or its process cannot be started.
    """
    folder = root / _FOLDER
    make_folder(folder)
    with _locked(root):
        for job in list_jobs(root):
            if job.is_alive() and _asks(job, request):
                return job
        job = Job(_new_folder(folder, request.kind))
        asked = {
            "kind": request.kind,
            "config": request.config.model_dump(mode="json"),
            "options": dict(request.options),
        }
        write_atomic(job.request_path, json.dumps(asked, indent=2) + "\n")
        try:
            job._start()
        except MnistCoreError:
            shutil.rmtree(job.folder, ignore_errors=True)
            raise
        return job


def list_jobs(root: Path, kind: Kind | None = None) -> list[Job]:
    """Return every job, or those of a kind, the newest first; broken ones too."""
    ending = f"-{kind}" if kind else ""
    found = (root / _FOLDER).glob("*/job.json")
    jobs = [Job(path.parent) for path in found if ending in path.parent.name]
    return sorted(jobs, key=lambda job: job.id, reverse=True)


def _asks(job: Job, request: Request) -> bool:
    try:
        return job.request().words() == request.words()
    except MnistCoreError:
        return False


def _new_folder(parent: Path, kind: Kind) -> Path:
    stem = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{kind}"
    for attempt in range(1, 1000):
        folder = parent / (stem if attempt == 1 else f"{stem}-{attempt:03d}")
        try:
            folder.mkdir()
        except FileExistsError:
            continue
        except OSError as error:
            raise MnistCoreError(f"{folder}: cannot be made ({error.strerror})") from error
        return folder
    raise MnistCoreError(f"{parent}: there are a thousand jobs called {stem}; wait a second")


def _terminate(pid: int) -> None:
    """Send SIGTERM to a process; where it was killed, to the workers that it left behind."""
    for send in (os.kill, os.killpg):
        try:
            return send(pid, signal.SIGTERM)
        except ProcessLookupError:
            continue
    return None


@contextmanager
def _locked(root: Path) -> Iterator[None]:
    """Let nobody else start or delete a job meanwhile."""
    lock = _take_lock(root / _FOLDER / "lock")
    try:
        yield
    finally:
        lock.close()


def _take_lock(path: Path) -> io.FileIO:
    """Return the open file of a lock that this process holds exclusively."""
    if (lock := acquire_lock(path, _PATIENCE)) is None:
        raise MnistCoreError(f"{path}: another process holds it; try again")
    return lock
