"""The sweeps of a runs folder, as the table of runs shows them; and deleting one with its runs."""

from pathlib import Path

from mnist_core.errors import MnistCoreError
from mnist_core.runs.removal import stop_and_delete
from mnist_core.runs.run import Run
from mnist_core.runs.run_table import SweepState
from mnist_core.search.job import Job
from mnist_core.search.job_control import delete_job, list_jobs, stop_job
from mnist_core.search.requests import DEFAULT_TRIALS, SweepRequest


def sweep_jobs(root: Path) -> dict[str, list[Job]]:
    """Return the jobs of each study, the newest first; damaged ones are left out."""
    found: dict[str, list[Job]] = {}
    for job in list_jobs(root, "sweep"):
        try:
            request = job.request()
        except MnistCoreError:
            continue  # the page Search reports it
        if isinstance(request, SweepRequest):
            found.setdefault(request.study, []).append(job)
    return found


def sweep_states(root: Path) -> dict[str, SweepState]:
    """Return for each study what its newest job is doing; damaged jobs are left out."""
    found = {}
    for study, jobs in sweep_jobs(root).items():
        try:
            state, progress, request = jobs[0].state(), jobs[0].progress(), jobs[0].request()
        except MnistCoreError:
            continue
        assert isinstance(request, SweepRequest)
        total = progress.total if progress else request.trials or DEFAULT_TRIALS
        found[study] = SweepState(
            state.status, total, state.started, has_ended=state.status.has_ended
        )
    return found


def stop_sweep(root: Path, study: str) -> None:
    """Stop every job of a study that runs or waits. Raises MnistCoreError as `stop_job` does."""
    for job in sweep_jobs(root).get(study, ()):
        if not job.state().status.has_ended:
            stop_job(job)


def delete_sweep(root: Path, study: str, trials: list[Run]) -> None:
    """Delete a sweep: its trials' runs, its jobs, and its study in the database.

    Raises
    ------
    MnistCoreError
        If one of its jobs runs or waits, or something cannot be deleted.
    """
    jobs = sweep_jobs(root).get(study, [])
    if any(not job.state().status.has_ended for job in jobs):
        raise MnistCoreError(f"sweep {study} is running; stop it first")
    stop_and_delete(trials)
    for job in jobs:
        delete_job(job)
    _delete_study(root, study)


def _delete_study(root: Path, study: str) -> None:
    import optuna  # slow to import

    from mnist_core.search.storage import explained_errors, open_storage, storage_path, storage_url

    if not storage_path(root).exists():
        return
    with explained_errors(storage_url(root)):
        storage = open_storage(storage_url(root))
        try:
            if study in optuna.get_all_study_names(storage):
                optuna.delete_study(study_name=study, storage=storage)
        finally:
            storage.remove_session()
            storage.engine.dispose()
