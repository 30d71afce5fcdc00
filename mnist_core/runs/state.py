"""The state of a run as its state.json holds it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field

from mnist_core.utils.json_files import JsonModel
from mnist_core.utils.text import single_line

_MAX_EPOCHS = 1_000_000


class RunStatus(StrEnum):
    """What a run is doing; stopped, finished and failed runs have ended."""

    QUEUED = "queued"
    RUNNING = "running"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"


ACTIVE = (RunStatus.QUEUED, RunStatus.RUNNING)


class StopReason(StrEnum):
    """Why a run ended before its last epoch. `message` says it as text."""

    REQUESTED = "requested"
    INTERRUPTED = "interrupted"
    TERMINATED = "terminated"
    HANGUP = "hangup"
    OUTPUT_CLOSED = "output_closed"
    PRUNED = "pruned"
    TAKEN_OVER = "taken_over"
    STORAGE_LOST = "storage_lost"
    PATIENCE_EXHAUSTED = "patience_exhausted"
    PROCESS_EXITED = "process_exited"
    ERROR = "error"

    @property
    def message(self) -> str:
        """A sentence for logs, terminal and pages."""
        return _MESSAGES[self]

    @property
    def is_signal(self) -> bool:
        """Whether a signal from outside ended the run."""
        return self in (StopReason.INTERRUPTED, StopReason.TERMINATED, StopReason.HANGUP)


_MESSAGES = {
    StopReason.REQUESTED: "stopped on request",
    StopReason.INTERRUPTED: "stopped by SIGINT",
    StopReason.TERMINATED: "stopped by SIGTERM",
    StopReason.HANGUP: "stopped by SIGHUP",
    StopReason.OUTPUT_CLOSED: "stopped: the program that read its output has exited",
    StopReason.PRUNED: "pruned by the sweep",
    StopReason.TAKEN_OVER: "no heartbeat for too long: another worker has taken over the trial",
    StopReason.STORAGE_LOST: "the sweep's storage no longer responds",
    StopReason.PATIENCE_EXHAUSTED: "early stopping: patience exhausted",
    StopReason.PROCESS_EXITED: "exited unexpectedly (killed, or out of memory)",
    StopReason.ERROR: "an error occurred",
}


def _check_timestamp(text: str) -> str:
    if text and datetime.fromisoformat(text).tzinfo is None:
        raise ValueError("a time without a time zone")
    return text


Line = Annotated[str, AfterValidator(single_line)]
_Timestamp = Annotated[str, Field(max_length=40), AfterValidator(_check_timestamp)]
_DrawingCount = Annotated[int, Field(ge=0)]
_EpochCount = Annotated[int, Field(ge=0, le=_MAX_EPOCHS)]


class RunState(JsonModel):
    """What a run is doing, in one line of text each where it is text.

    Attributes
    ----------
    status : RunStatus
    name : str
        Display name.
    reason : str
        Why it stopped or failed, for people; empty while it runs.
    stop_reason : StopReason or None
        The same for programs. None in the folders of older versions, too.
    epoch, epochs : int >= 0
        Epochs completed, and configured.
    step : int >= 0
        Steps of the next epoch that it had taken when it was stopped last.
    drawn, drawings : int >= 0
        How many drawings were generated before the first step, and of how many; 0 if they were few
        or kept from before.
    best_epoch : int >= 0
        The epoch whose weights are kept: that of the highest validation accuracy so far, or the
        last one, by `TrainConfig.keep_epoch`; 0 before the first.
    validation_accuracy : float in [0, 1] or None
    validation_loss : float >= 0 or None
        Both of that epoch.
    created, started, ended : str
        Times, ISO 8601 in UTC; empty if it has not happened yet.
    resumed : str
        When it was started or resumed last.
    trained_seconds : float >= 0, or None
        How long it trained until it was stopped, killed, or ended, last; None before that, and in
        the folders of older versions.
    device : str
        Name of the device that it trains on.
    host : str
        Name of the machine.
    pid : int > 0 or None
        Process that trains it.
    """

    status: RunStatus
    name: Line = ""
    reason: Line = ""
    stop_reason: StopReason | None = None
    epoch: _EpochCount = 0
    epochs: _EpochCount = 0
    step: Annotated[int, Field(ge=0)] = 0
    drawn: _DrawingCount = 0
    drawings: _DrawingCount = 0
    best_epoch: _EpochCount = 0
    validation_accuracy: Annotated[float, Field(ge=0, le=1)] | None = None
    validation_loss: Annotated[float, Field(ge=0)] | None = None
    created: _Timestamp = ""
    started: _Timestamp = ""
    ended: _Timestamp = ""
    resumed: _Timestamp = ""
    trained_seconds: Annotated[float, Field(ge=0)] | None = None
    device: Line = ""
    host: Line = ""
    pid: Annotated[int, Field(gt=0)] | None = None

    @property
    def is_on_cpu(self) -> bool:
        """Whether it trains on a CPU, by the device's name."""
        return self.device.startswith("CPU")

    def seconds(self, at: datetime) -> float | None:
        """Return how long it has trained until it ended, or until `at`; None if that is not known.

        Pauses between a stop and a resume are left out.
        """
        if self.status == RunStatus.RUNNING and self.resumed:
            return (self.trained_seconds or 0.0) + _seconds_between(self.resumed, at)
        if self.trained_seconds is not None or not (self.started and self.ended):
            return self.trained_seconds
        return _seconds_between(self.started, datetime.fromisoformat(self.ended))

    @property
    def outcome(self) -> str:
        """Its status and the reason, if there is one, in one phrase."""
        if not self.reason or self.reason.startswith(self.status):
            return self.reason or str(self.status)
        return f"{self.status}: {self.reason}"

    def with_changes(self, **changes: object) -> RunState:
        """Return a validated copy with other values."""
        return RunState.model_validate({**self.model_dump(), **changes})


def _seconds_between(began: str, ended: datetime) -> float:
    # the clock may have been set back
    return max(0.0, (ended - datetime.fromisoformat(began)).total_seconds())
