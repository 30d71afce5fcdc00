"""Run folders: where a training run keeps all it knows, so that any process can look at it.

`runs/<id>/` holds config.json, state.json, TensorBoard event files, last.pt (the newest
checkpoint), best.safetensors with its card, evaluation.json and log.txt.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from mnist_core.errors import MnistCoreError
from mnist_core.models.registry import weights_path
from mnist_core.runs.state import RunState, RunStatus, StopReason
from mnist_core.training.config import TrainConfig
from mnist_core.utils.files import make_folder, overwrite, write_atomic
from mnist_core.utils.json_files import DamagedFileError, read_json, read_regular_file
from mnist_core.utils.locks import exclusive_lock, is_locked

_MAX_STATE_BYTES = 64 * 2**10
_MAX_NAME_BYTES = 4096
_LOCK_TIMEOUT = 1.0
"""Seconds; a process that tests whether the run is active holds the lock for an instant."""


class Run:
    """A handle on a run folder. Cheap; reads the files anew whenever it is asked.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.config_path = folder / "config.json"
        self.state_path = folder / "state.json"
        self.checkpoint_path = folder / "last.pt"
        self.weights_path = folder / "best.safetensors"
        self.evaluation_path = folder / "evaluation.json"
        self.log_path = folder / "log.txt"
        self._stop_path = folder / "stop"
        self._name_path = folder / "name.txt"
        self._lock_path = folder / "lock"
        self.queue_path = folder / "queue.json"

    @property
    def id(self) -> str:
        """The folder's name."""
        return self.folder.name

    def config(self) -> TrainConfig:
        """Return its configuration. Raises MnistCoreError, naming the file, if it is damaged."""
        return TrainConfig.read(self.config_path)

    def state(self) -> RunState:
        """Return its state; a run whose process died is reported as failed.

        Raises
        ------
        MnistCoreError
            If state.json is missing or damaged.
        """
        state = self._read_state()
        if state.status != "running" or self.is_alive():
            return state
        state = self._read_state()  # it may have ended between the two looks
        if state.status != "running":
            return state
        last = f"checkpoint, after epoch {state.epoch}" if state.epoch else "start"
        reason = f"{StopReason.PROCESS_EXITED.message}; resume continues from the last {last}"
        return state.model_copy(
            update={
                "status": RunStatus.FAILED,
                "reason": reason,
                "stop_reason": StopReason.PROCESS_EXITED,
            }
        )

    def is_alive(self) -> bool:
        """Return whether a process is at work on it."""
        return is_locked(self._lock_path)

    def write_state(self, state: RunState) -> None:
        """Write its state. Raises MnistCoreError if that cannot be done, even in place."""
        text = state.model_dump_json(indent=2) + "\n"
        try:
            write_atomic(self.state_path, text)
        except MnistCoreError:
            # a full disk still has room where the old state is: the reason must not be lost
            overwrite(self.state_path, text)

    def update_state(self, **changes: object) -> RunState:
        """Write its state with some changes; return it."""
        state = RunState.model_validate({**self._read_state().model_dump(), **changes})
        self.write_state(state)
        return state

    def rename(self, name: str) -> None:
        """Give it another display name; its id stays."""
        if not name.strip():
            raise MnistCoreError("the name is empty; give at least one letter")
        self._read_state()  # a broken run is not made to look well
        # a file of its own: the process at work writes the state
        write_atomic(self._name_path, name.strip() + "\n")

    def request_stop(self) -> None:
        """Ask the process at work on it to stop; it does so after the step under way."""
        state = self.state()
        if state.status == "queued":
            self.leave_queue()
            self.update_state(
                status=RunStatus.STOPPED,
                reason="stopped before it began",
                stop_reason=StopReason.REQUESTED,
                ended=now(),
            )
        elif state.status != "running":
            raise MnistCoreError(f"run {self.id} is not running, it is {state.status}")
        else:
            write_atomic(self._stop_path, "")

    def stop_is_requested(self) -> bool:
        """Return whether `request_stop` was called since the run began."""
        return os.path.exists(self._stop_path)

    def is_in_queue(self) -> bool:
        """Return whether it waits for a worker of `mnist_core.runs.queue`."""
        return os.path.exists(self.queue_path)

    def leave_queue(self) -> None:
        """Wait no longer. Raises MnistCoreError if the folder cannot be written."""
        try:
            self.queue_path.unlink(missing_ok=True)
        except OSError as error:
            raise MnistCoreError(f"{self.folder}: cannot be written ({error.strerror})") from error

    def delete(self) -> None:
        """Delete the folder and all that is in it.

        Raises
        ------
        MnistCoreError
            If a process is at work on it, or it cannot be deleted.
        """
        if self.is_alive():
            raise MnistCoreError(f"run {self.id} is under way; stop it first")
        try:
            # first, so that half a folder is no run
            self.config_path.unlink(missing_ok=True)
            shutil.rmtree(self.folder)
        except FileNotFoundError:
            return  # somebody else was faster
        except OSError as error:
            raise MnistCoreError(
                f"{self.folder}: cannot be deleted ({error.strerror}); delete it by hand"
            ) from error

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Hold the run for this process alone.

        Raises
        ------
        MnistCoreError
            If another process is at work on it.
        """
        if not self.config_path.is_file():
            raise MnistCoreError(f"{self.folder}: there is no run in it")
        busy = f"run {self.id} is under way in another process"
        with exclusive_lock(self._lock_path, _LOCK_TIMEOUT, busy=busy):
            self._stop_path.unlink(missing_ok=True)
            for half in self.folder.glob("*.tmp"):  # of a process that was killed
                half.unlink(missing_ok=True)
            yield

    def _read_state(self) -> RunState:
        try:
            state = read_json(self.state_path, RunState, limit=_MAX_STATE_BYTES)
        except DamagedFileError as error:
            raise MnistCoreError(f"run {self.id} is damaged: {error}") from error
        try:
            name = read_regular_file(self._name_path, _MAX_NAME_BYTES).decode(errors="replace")
        except DamagedFileError:
            return state  # never renamed; or without its new name, which is not worth the run
        return RunState.model_validate({**state.model_dump(), "name": name})


def now() -> str:
    """Return the time as ISO 8601 in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def runs_root(root: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of all runs: argument, MNIST_RUNS, or ./runs."""
    return Path(root or os.environ.get("MNIST_RUNS") or "runs")


def create_run(
    config: TrainConfig, root: str | os.PathLike[str] | None = None, name: str = ""
) -> Run:
    """Make the folder of a new run, queued; its id is the time and the model.

    Raises
    ------
    MnistCoreError
        If the folder cannot be made or written.
    """
    folder = runs_root(root)
    make_folder(folder)
    stem = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{config.model}"
    for attempt in range(1, 1000):
        run = Run(folder / (stem if attempt == 1 else f"{stem}-{attempt:03d}"))
        try:
            run.folder.mkdir()
        except FileExistsError:
            continue
        except OSError as error:
            raise MnistCoreError(f"{run.folder}: cannot be made ({error.strerror})") from error
        config.write(run.config_path)
        run.write_state(
            RunState(
                status=RunStatus.QUEUED, name=name or run.id, epochs=config.epochs, created=now()
            )
        )
        return run
    raise MnistCoreError(f"{folder}: there are a thousand runs called {stem}; wait a second")


def list_runs(root: str | os.PathLike[str] | None = None) -> list[Run]:
    """Return every run folder, the newest first; broken ones too (their `state` raises)."""
    folder = runs_root(root)
    if not folder.is_dir():
        return []
    found = (path for path in folder.iterdir() if (path / "config.json").is_file())
    return [Run(path) for path in sorted(found, key=lambda path: path.name, reverse=True)]


def find_run(name: str, root: str | os.PathLike[str] | None = None) -> Run:
    """Return the run with this id or folder; "last" is the newest, a unique beginning will do.

    Raises
    ------
    MnistCoreError
        If there is none, or several begin so; the message names what there is.
    """
    if not name.strip():
        raise MnistCoreError("the run's name is empty; give its id, or last")
    if os.path.isfile(Path(name) / "config.json"):  # False, not an error, for an absurd name
        return Run(Path(name).resolve())
    runs = list_runs(root)
    if name == "last" and runs:
        return runs[0]
    exact = [run for run in runs if run.id == name]
    matching = exact or [run for run in runs if run.id.startswith(name)]
    if len(matching) == 1:
        return matching[0]
    some = ", ".join(run.id for run in (matching or runs)[:5]) or "none yet"
    what = f"several runs begin with {name!r}" if matching else f"there is no run {name!r}"
    raise MnistCoreError(f"{what} in {runs_root(root)}: {some}")


def find_weights(name: str, root: str | os.PathLike[str] | None = None) -> Path:
    """Return the weights that a name means: shipped, promoted, a file, or a run's best.

    Raises
    ------
    MnistCoreError
        If it means none, or the run has none yet.
    """
    try:
        return weights_path(name)
    except MnistCoreError as not_weights:
        try:
            run = find_run(name, root)
        except MnistCoreError as not_run:
            raise MnistCoreError(f"{not_weights}; {not_run}") from None
    if not run.weights_path.is_file():
        raise MnistCoreError(f"run {run.id} has no weights yet: no epoch is complete")
    return run.weights_path


def lasting_name(name: str, root: str | os.PathLike[str] | None = None) -> str:
    """Return a name that means the same weights tomorrow: "last" becomes the run's id.

    Raises MnistCoreError as `find_weights` does.
    """
    path = find_weights(name, root)
    is_run = path == Run(path.parent).weights_path and (path.parent / "config.json").is_file()
    if not is_run or name == str(path):
        return name
    in_root = path.parent.parent.resolve() == runs_root(root).resolve()
    return path.parent.name if in_root else str(path)
