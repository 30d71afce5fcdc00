"""A job's folder, `runs/jobs/<id>/`.

It holds job.json (the request), queue.json while it waits, process.json, progress.json,
result.json, end.json (how it ended), log.txt (what its process prints), `stop` (a request to stop)
and a lock, which its process and that process' workers hold. It has no config.json, so it is not a
run.
"""

from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from mnist_core.runs.folder import WorkFolder
from mnist_core.runs.state import StopReason
from mnist_core.search.job_state import JobEnd, JobProcess, JobProgress, JobState, JobStatus
from mnist_core.search.requests import JobRequest, StoredRequest
from mnist_core.utils.json_files import MissingFileError, read_json

Model = TypeVar("Model", bound=BaseModel)


class Job(WorkFolder):
    """A handle on a job's folder. Cheap; every call reads the files again.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, "job", "job.json")
        self.request_path = folder / "job.json"
        self.process_path = folder / "process.json"
        self.progress_path = folder / "progress.json"
        self.result_path = folder / "result.json"
        self.end_path = folder / "end.json"

    @property
    def root(self) -> Path:
        """Folder of the runs."""
        return self.folder.parent.parent

    def request(self) -> JobRequest:
        """Return what was requested.

        Raises
        ------
        DamagedFileError
            If the file is damaged, missing, or of an earlier version.
        """
        return read_json(self.request_path, StoredRequest).root

    def state(self) -> JobState:
        """Return what it is doing; a job whose process exited without an end state has failed.

        Raises
        ------
        DamagedFileError
            If a file that holds the state is damaged.
        """
        process = self._read_optional(self.process_path, JobProcess)
        started = process.started if process else ""
        # twice: it may have ended, or been resumed, between two reads
        for _ in range(2):
            if self.is_active():
                stopping = self.stop_path.exists()
                status = JobStatus.STOPPING if stopping else JobStatus.RUNNING
                return JobState(status=status, started=started)
            if self.is_in_queue():
                return JobState(status=JobStatus.QUEUED)
            if end := self._read_optional(self.end_path, JobEnd):
                return JobState(**end.model_dump(), started=started)
        if self.stop_path.exists():
            return JobState(
                status=JobStatus.STOPPED, stop_reason=StopReason.REQUESTED, started=started
            )
        return JobState(
            status=JobStatus.FAILED,
            stop_reason=StopReason.PROCESS_EXITED,
            message=f"its process {StopReason.PROCESS_EXITED.message}",
            started=started,
        )

    def progress(self) -> JobProgress | None:
        """Return its progress; None before the first step. Raises DamagedFileError."""
        return self._read_optional(self.progress_path, JobProgress)

    def result(self, model: type[Model]) -> Model:
        """Return the result of a finished job. Raises DamagedFileError."""
        return read_json(self.result_path, model)

    def remove_outputs(self) -> None:
        """Delete what its last process left, the request to stop included. Raises OSError."""
        outputs = (self.process_path, self.progress_path, self.result_path, self.end_path)
        for path in (*outputs, self.log_path, self.stop_path):
            path.unlink(missing_ok=True)

    def _read_optional(self, path: Path, model: type[Model]) -> Model | None:
        try:
            return read_json(path, model)
        except MissingFileError:
            return None
