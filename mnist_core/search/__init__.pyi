from .job import Job
from .job_control import delete_job, list_jobs, resume_job, start_job, stop_job
from .job_state import JobState, JobStatus
from .range_test import run_range_test
from .requests import RangeTestRequest, SweepRequest
from .results import SweepResult, Trial, read_trials
from .sweep import run_sweep

__all__ = [
    "Job",
    "JobState",
    "JobStatus",
    "RangeTestRequest",
    "SweepRequest",
    "SweepResult",
    "Trial",
    "delete_job",
    "list_jobs",
    "read_trials",
    "resume_job",
    "run_range_test",
    "run_sweep",
    "start_job",
    "stop_job",
]
