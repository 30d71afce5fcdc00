"""Run folders: where a training run keeps its files, so that any process can inspect it.

`runs/<id>/` holds config.json, state.json, TensorBoard event files, last.pt (the newest
checkpoint), best.safetensors (the weights of the kept epoch), newest_epoch.json,
evaluation.json and log.txt.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from mnist_core.errors import ExplainedError, Message, MnistCoreError
from mnist_core.runs.folder import WorkFolder, as_text, now
from mnist_core.runs.last_activity import last_activity
from mnist_core.runs.state import RunState, RunStatus, StopReason
from mnist_core.training.config import TrainConfig
from mnist_core.utils.files import append_text, explain_errors, overwrite, write_atomic
from mnist_core.utils.json_files import (
    DamagedFileError,
    MissingFileError,
    read_json,
    read_regular_file,
    write_json,
)
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
        super().__init__(folder, "run", "config.json", "state.json")
        self.config_path = folder / "config.json"
        self.state_path = folder / "state.json"
        self.checkpoint_path = folder / "last.pt"
        self.weights_path = folder / "best.safetensors"
        self.evaluation_path = folder / "evaluation.json"
        self._name_path = folder / "name.txt"
        self._later_paths = (
            *(self.lock_path, self.log_path, self.queue_path),
            *(self.checkpoint_path, self.weights_path),
        )

    @property
    def exists(self) -> bool:
        """Whether there is a run in the folder, damaged or not.

        One without its config.json is told from one that is being created, which has no more than
        a state, by what else is there.
        """
        if os.path.lexists(self.config_path):
            return True
        return os.path.lexists(self.state_path) and any(
            os.path.lexists(path) for path in self._later_paths
        )

    def config(self) -> TrainConfig:
        """Return its configuration. Raises MnistCoreError if the file is missing or damaged."""
        with missing_config_explained(self.config_path):
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
        return state if state.status != RunStatus.RUNNING else exited_unexpectedly(self, state)

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
            if not os.path.lexists(self.state_path):
                raise  # with the cause: a new run has no state yet
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
            raise ExplainedError(Message("the name is empty; give at least one letter"))
        # a separate file: state.json is written by the process that trains
        write_atomic(self._name_path, state.name + "\n")

    def request_stop(self) -> None:
        """Ask the process that trains it to stop, which it does after the current step.

        One that waits is taken out of the queue. Raises MnistCoreError if it does neither, is
        damaged, or cannot be written.
        """
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

    def has_checkpoint(self) -> bool:
        """Return whether there is a checkpoint, from which it resumes."""
        return os.path.lexists(self.checkpoint_path)

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
                if not partial.name.startswith(self._name_path.name):  # `rename` may be writing it
                    self._remove(partial)
            yield

    def _remove(self, path: Path) -> None:
        with explain_errors(path, "cannot be removed"):
            path.unlink(missing_ok=True)


@contextmanager
def missing_config_explained(path: Path) -> Iterator[None]:
    """Say what can be done about a run without its config.json if reading that finds none."""
    try:
        yield
    except MissingFileError:
        raise ExplainedError(
            Message(
                "{path}: this file is missing, so the run's settings are unknown and it cannot be "
                "resumed; its weights and metrics are not affected; put the file back from a "
                "copy, or delete the run",
                path=path,
            )
        ) from None


def exited_unexpectedly(run: Run, state: RunState, cause: str = "") -> RunState:
    """Return the state of a run whose process exited without writing its final state.

    It trained as long as its log and metrics say.
    """
    what = f"exited unexpectedly: {cause}" if cause else StopReason.PROCESS_EXITED.message
    if state.epoch:
        resume = f"resume continues from the last checkpoint, after epoch {state.epoch}"
    elif run.has_checkpoint():
        resume = "resume continues from the last checkpoint, in epoch 1"
    else:
        resume = "no epoch was complete: resume trains from the start"
    trained: dict[str, object] = {}
    if began := state.resumed or state.started:
        end = last_activity(run.folder, datetime.fromisoformat(began), datetime.now(UTC))
        trained = {"ended": as_text(end), "trained_seconds": state.seconds(end)}
    return state.with_changes(
        **trained,
        status=RunStatus.FAILED,
        reason=f"{what}; {resume}",
        stop_reason=StopReason.PROCESS_EXITED,
        pid=None,
    )
