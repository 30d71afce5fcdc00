"""A sweep from its request: one worker in this process, or several in processes of their own."""

import os
from collections.abc import Callable
from pathlib import Path

import optuna
import torch

from mnist_core.data.mnist import Split
from mnist_core.errors import MnistCoreError
from mnist_core.runs.inputs import load_splits
from mnist_core.runs.queue_worker import import_for_training
from mnist_core.runs.signals import StopFlag
from mnist_core.search.requests import SweepRequest
from mnist_core.search.results import SweepResult, Trial, TrialStatus, best_trial, study_trials
from mnist_core.search.stop_file import watch_stop_file
from mnist_core.search.storage import explained_errors
from mnist_core.search.study import disconnect, open_study
from mnist_core.search.sweep_devices import sweep_devices
from mnist_core.search.worker import LoadSplits, Worker
from mnist_core.search.worker_pool import run_workers
from mnist_core.training.command_line import train_command
from mnist_core.training.config import TrainConfig
from mnist_core.utils.devices import choose_device

CONTINUE_HINT = "run the same command again to continue"


def run_sweep(
    request: SweepRequest,
    root: Path,
    storage: str,
    stop: StopFlag,
    *,
    data: str | None = None,
    stop_file: Path | None = None,
    report_trial: Callable[[Trial], None] = lambda trial: None,
    report_waiting: Callable[[], None] = lambda: None,
    report_progress: Callable[[int, int], None] = lambda ended, total: None,
    device: str | None = None,
) -> SweepResult:
    """Carry out a sweep until its trials have ended, or a stop is requested.

    Parameters
    ----------
    request : SweepRequest
    root : Path
        Folder of the runs.
    storage : str
        Database URL that all workers share.
    stop : StopFlag
        Of `stop_on_signals`.
    data : str or None
        Folder with MNIST/raw, see `data_root`.
    stop_file : Path or None
        Its appearance requests a stop, also of workers whose parent process was killed.
    report_trial : callable
        Called in this process with every trial that ends meanwhile, also those of other workers.
    report_waiting : callable
        Called every second while other workers have the last trials.
    report_progress : callable
        Called with the number of ended trials and of all, when the first has changed.
    device : str or None
        The one that this process has waited for in the queue. Where there are several GPUs, further
        workers train on those that are free.

    Raises
    ------
    MnistCoreError
        If storage, device or data cannot be used, or trials are left because workers exited
        unexpectedly.
    """
    if device is not None:
        choose_device(device)
    study = open_study(request, storage)  # before the workers, so that they find it
    reported: set[int] = set()
    unfinished = (TrialStatus.WAITING, TrialStatus.RUNNING)
    last_ended = -1

    def update_progress(report: Callable[[Trial], None] = report_trial) -> list[Trial]:
        nonlocal last_ended
        with explained_errors(storage):
            trials = study_trials(study)
        for trial in trials:
            if trial.state not in unfinished and trial.number not in reported:
                reported.add(trial.number)
                report(trial)
        ended = sum(trial.has_ended for trial in trials)
        if ended != last_ended:
            report_progress(ended, len(trials))
        last_ended = ended
        return trials

    def work(study: optuna.Study, device: str, report: Callable[[Trial], object]) -> None:
        load_splits = _splits_loader(device, data)
        with explained_errors(storage):
            Worker(request, study, root, load_splits, stop, report, report_waiting).run()

    def work_in_child(number: int) -> None:
        # the workers share the cores; more threads than cores would wait for each other
        torch.set_num_threads(max(1, (os.cpu_count() or 1) // request.workers))
        work(open_study(request, storage), devices[number % len(devices)], lambda trial: None)

    update_progress(lambda trial: None)  # those of earlier sweeps
    errors: list[str] = []
    with sweep_devices(root, request.config.device, request.workers, device) as devices:
        if request.workers == 1:
            with watch_stop_file(stop_file, stop):
                work(study, devices[0], lambda trial: update_progress())
        else:
            disconnect(study)  # a connection must not be shared with other processes
            import_for_training()  # once, for all of them
            errors = run_workers(
                work_in_child, request.workers, stop, stop_file=stop_file, poll=update_progress
            )
    trials = update_progress()
    left = sum(not trial.has_ended for trial in trials)
    if left and not stop.reason:
        reason = errors[0] if errors else "the workers exited unexpectedly"
        raise MnistCoreError(f"{reason}; trials left: {left}, {CONTINUE_HINT}")
    best = best_trial(trials)
    command = train_command(request.trial_config(best.params)) if best else None
    return SweepResult(study=request.study, trials=tuple(trials), best=command)


def _splits_loader(device: str, data: str | None) -> LoadSplits:
    """Return a function that loads MNIST's images for a trial; equal sizes are loaded once."""
    loaded: dict[tuple[int, int | None], tuple[Split, Split]] = {}

    def load(config: TrainConfig) -> tuple[Split, Split]:
        sizes = config.validation_size, config.training_size
        if sizes not in loaded:
            loaded[sizes] = load_splits(config, choose_device(device), data)
        return loaded[sizes]

    return load
