"""The files of a job's folder that tell what it is doing, as typed models."""

from enum import StrEnum

from pydantic import Field

from mnist_core.runs.state import Line, StopReason
from mnist_core.utils.json_files import JsonModel


class JobStatus(StrEnum):
    """What a job is doing; a stopping job ends when its current step is done."""

    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FINISHED = "finished"
    FAILED = "failed"

    @property
    def is_active(self) -> bool:
        """Whether a process is working on the job."""
        return self in (JobStatus.RUNNING, JobStatus.STOPPING)

    @property
    def has_ended(self) -> bool:
        """Whether it does not change any more, unless the job is resumed."""
        return not self.is_active and self is not JobStatus.QUEUED


class JobProcess(JsonModel):
    """process.json: the job's process, and when it started (ISO 8601, UTC)."""

    pid: int = Field(gt=1)
    started: Line


class JobProgress(JsonModel):
    """progress.json: steps of a range test, or trials of a sweep."""

    completed: int = Field(ge=0)
    total: int = Field(ge=1)

    @property
    def fraction(self) -> float:
        """The completed part, in [0, 1]."""
        return min(1.0, self.completed / self.total)


class JobEnd(JsonModel):
    """end.json: how the job ended."""

    status: JobStatus
    stop_reason: StopReason | None = None
    message: Line = ""


class JobState(JobEnd):
    """What a job is doing: `message` is why it failed; `started` is ISO 8601, in UTC."""

    started: str = ""
