"""Run folders: where a training run keeps its files, so that any process can inspect it.

`runs/<id>/` holds config.json, state.json, TensorBoard event files, last.pt (the newest
checkpoint), best.safetensors (the best weights), evaluation.json and log.txt.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from mnist_core.errors import MnistCoreError
from mnist_core.models.registry import weights_path
from mnist_core.runs.folder import WorkFolder, now
from mnist_core.runs.state import RunState, RunStatus, StopReason
from mnist_core.training.config import TrainConfig
from mnist_core.utils.files import append_text, explain_errors, make_folder, overwrite, write_atomic
from mnist_core.utils.json_files import DamagedFileError, read_json, read_regular_file, write_json
from mnist_core.utils.locks import exclusive_lock

_MAX_STATE_BYTES = 64 * 2**10
_MAX_NAME_BYTES = 4096
_LOCK_TIMEOUT = 1.0
"""Seconds; a process that tests whether the run is active holds the lock for an instant."""


class Run(WorkFolder):
    """A handle on a run folder. Cheap; every call reads the files again.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "run", "config.json")
        self.config_path = folder / "config.json"
        self.state_path = folder / "state.json"
        self.checkpoint_path = folder / "last.pt"
        self.weights_path = folder / "best.safetensors"
        self.evaluation_path = folder / "evaluation.json"
        self.queue_path = folder / "queue.json"
        self._name_path = folder / "name.txt"

    @property
    def exists(self) -> bool:
        """Whether there is a run in the folder, damaged or not."""
        return os.path.lexists(self.config_path)

    def config(self) -> TrainConfig:
        """Return its configuration. Raises DamagedFileError if the file is damaged."""
        return read_json(self.config_path, TrainConfig)

    def state(self) -> RunState:
        """Return its state; a run whose process exited unexpectedly is reported as failed.

        Raises
        ------
        MnistCoreError
            If state.json is missing or damaged.
        """
        state = self.read_state()
        if state.status != RunStatus.RUNNING or self.is_active():
            return state
        state = self.read_state()  # it may have ended between the two reads
        return state if state.status != RunStatus.RUNNING else exited_unexpectedly(state)

    def read_state(self) -> RunState:
        """Return the state as it was last written. Raises MnistCoreError if it is damaged."""
        try:
            state = read_json(self.state_path, RunState, limit=_MAX_STATE_BYTES)
        except DamagedFileError as error:
            raise MnistCoreError(f"run {self.id} is damaged: {error}") from error
        try:
            name = read_regular_file(self._name_path, _MAX_NAME_BYTES).decode(errors="replace")
        except DamagedFileError:
            return state  # never renamed, or the new name is lost, which is not worth the run
        return state.with_changes(name=name)

    def write_state(self, state: RunState) -> None:
        """Write its state. Raises MnistCoreError if that cannot be done, even in place."""
        try:
            write_json(self.state_path, state)
        except MnistCoreError:
            # a full disk still has room where the old state is: the reason must not be lost
            overwrite(self.state_path, state.model_dump_json(indent=2) + "\n")

    def update_state(self, **changes: object) -> RunState:
        """Write its state with some changes; return it."""
        state = self.read_state().with_changes(**changes)
        self.write_state(state)
        return state

    def log(self, text: str) -> None:
        """Append a line to its log. Raises MnistCoreError if it cannot be written."""
        append_text(self.log_path, f"{now()} {text}\n")

    def rename(self, name: str) -> None:
        """Give it another display name; its id stays. Raises MnistCoreError if it is damaged."""
        state = self.read_state().with_changes(name=name)
        if not state.name:
            raise MnistCoreError("the name is empty; give at least one letter")
        # a separate file: state.json is written by the process that trains
        write_atomic(self._name_path, state.name + "\n")

    def request_stop(self) -> None:
        """Ask the process that trains it to stop; it does so after the current step."""
        state = self.state()
        if state.status == RunStatus.QUEUED:
            self.leave_queue()
            self.update_state(
                status=RunStatus.STOPPED,
                reason="stopped before it began",
                stop_reason=StopReason.REQUESTED,
                ended=now(),
            )
        elif state.status != RunStatus.RUNNING:
            raise MnistCoreError(f"run {self.id} is not running, it is {state.status}")
        else:
            write_atomic(self.stop_path, "")

    def stop_is_requested(self) -> bool:
        """Return whether `request_stop` was called since training began."""
        return os.path.lexists(self.stop_path)

    def is_in_queue(self) -> bool:
        """Return whether it waits for a worker of `mnist_core.runs.queue`."""
        try:
            # a folder in the file's place could never be taken out of the queue again
            return not stat.S_ISDIR(os.lstat(self.queue_path).st_mode)
        except OSError:
            return False

    def leave_queue(self) -> None:
        """Take it out of the queue. Raises MnistCoreError if the folder cannot be written."""
        self._remove(self.queue_path)

    def forget_evaluation(self) -> None:
        """Remove its evaluation, if any. Raises MnistCoreError if that cannot be done."""
        self._remove(self.evaluation_path)

    @contextmanager
    def exclusive(self) -> Iterator[None]:
        """Reserve the run for this process.

        Raises
        ------
        MnistCoreError
            If there is no run, or another process trains it.
        """
        if not self.exists:
            raise MnistCoreError(f"{self.folder}: there is no run in it")
        busy = f"run {self.id} is already running in another process"
        with exclusive_lock(self.lock_path, _LOCK_TIMEOUT, busy=busy):
            self._remove(self.stop_path)
            for partial in self.folder.glob("*.tmp"):  # of a process that was killed
                if not partial.name.startswith(self._name_path.name):  # `rename` may be at it
                    self._remove(partial)
            yield

    def _remove(self, path: Path) -> None:
        with explain_errors(path, "cannot be removed"):
            path.unlink(missing_ok=True)


def exited_unexpectedly(state: RunState, cause: str = "") -> RunState:
    """Return the state of a run whose process exited without writing its final state."""
    last = f"checkpoint, after epoch {state.epoch}" if state.epoch else "start"
    what = f"exited unexpectedly: {cause}" if cause else StopReason.PROCESS_EXITED.message
    return state.with_changes(
        status=RunStatus.FAILED,
        reason=f"{what}; resume continues from the last {last}",
        stop_reason=StopReason.PROCESS_EXITED,
        pid=None,
    )


def runs_root(root: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of all runs: argument, MNIST_RUNS, or ./runs."""
    return Path(root or os.environ.get("MNIST_RUNS") or "runs")


def create_run(
    config: TrainConfig, root: str | os.PathLike[str] | None = None, name: str = ""
) -> Run:
    """Create the folder of a new run, queued; its id is the time and the model.

    Raises
    ------
    MnistCoreError
        If the folder cannot be created or written.
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
            raise MnistCoreError(f"{run.folder}: cannot be created ({error.strerror})") from error
        try:
            run.write_state(
                RunState(
                    status=RunStatus.QUEUED,
                    name=name or run.id,
                    epochs=config.epochs,
                    created=now(),
                )
            )
            write_json(run.config_path, config)  # last: this makes the folder a run
        except BaseException:  # also when a signal interrupts
            shutil.rmtree(run.folder, ignore_errors=True)
            raise
        return run
    raise MnistCoreError(f"{folder}: there are a thousand runs called {stem}; wait a second")


def list_runs(root: str | os.PathLike[str] | None = None) -> list[Run]:
    """Return every run folder, the newest first; damaged ones too (their `state` raises).

    Raises
    ------
    MnistCoreError
        If the folder of all runs cannot be read.
    """
    folder = runs_root(root)
    if not folder.is_dir():
        return []
    with explain_errors(folder, "cannot be read"):
        names = sorted(os.listdir(folder), reverse=True)
    return [run for name in names if (run := Run(folder / name)).exists]


def find_run(name: str, root: str | os.PathLike[str] | None = None) -> Run:
    """Return the run with this id or folder; "last" is the newest, a unique prefix suffices.

    Raises
    ------
    MnistCoreError
        If there is none, or several have the prefix; the message names what exists.
    """
    if not name.strip():
        raise MnistCoreError("the run's name is empty; give its id, or last")
    if Run(Path(name)).exists:  # False, not an error, for an absurd name
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
    """Return the weights file that a name refers to: shipped, promoted, a file, or a run's best.

    Raises
    ------
    MnistCoreError
        If it refers to none, or the run has none yet.
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


def run_of_weights(path: Path) -> Run | None:
    """Return the run whose best weights a file is; None if it is no run's."""
    run = Run(path.parent)
    return run if run.weights_path == path and run.exists else None


def lasting_name(name: str, root: str | os.PathLike[str] | None = None) -> str:
    """Return a name that keeps referring to the same weights: "last" becomes the run's id.

    Raises MnistCoreError as `find_weights` does.
    """
    path = find_weights(name, root)
    run = run_of_weights(path)
    if run is None or name == str(path):
        return name
    in_root = run.folder.parent.resolve() == runs_root(root).resolve()
    return run.id if in_root else str(path)
