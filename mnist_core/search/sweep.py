"""A sweep from its request: one worker in this process, or several in processes of their own."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import optuna
import torch

from mnist_core.data.mnist import Split, load_train_validation
from mnist_core.errors import MnistCoreError
from mnist_core.runs.signals import StopFlag
from mnist_core.search.requests import SweepRequest
from mnist_core.search.results import SweepResult, Trial, best_trial, study_trials
from mnist_core.search.stop_file import watch_stop_file
from mnist_core.search.storage import explained_errors
from mnist_core.search.study import disconnect, open_study
from mnist_core.search.worker import LoadSplits, Worker
from mnist_core.search.worker_pool import run_workers
from mnist_core.training.command_line import train_command
from mnist_core.utils.devices import choose_device

CONTINUE_HINT = "run the same command again to continue"


@dataclass(frozen=True)
class SweepListener:
    """What is told about a sweep's work.

    Attributes
    ----------
    trial_ended : callable
        Called with every trial that has ended, in the process of its worker.
    waiting : callable
        Called every second while other workers have the last trials.
    progress : callable
        Called with the number of ended trials and of all, when the first has changed.
    """

    trial_ended: Callable[[Trial], None] = lambda trial: None
    waiting: Callable[[], None] = lambda: None
    progress: Callable[[int, int], None] = lambda ended, total: None


def run_sweep(
    request: SweepRequest,
    root: Path,
    storage: str,
    *,
    data: str | None = None,
    stop: StopFlag,
    listener: SweepListener | None = None,
    stop_file: Path | None = None,
) -> SweepResult:
    """Carry out a sweep until its trials have ended, or a stop is requested.

    Parameters
    ----------
    request : SweepRequest
    root : Path
        Folder of the runs.
    storage : str
        Database URL that all workers share.
    data : str or None
        Folder with MNIST/raw, see `data_root`.
    stop : StopFlag
    listener : SweepListener or None
    stop_file : Path or None
        Its appearance requests a stop, also of workers whose parent process was killed.

    Returns
    -------
    SweepResult
        Also of a sweep that was stopped.

    Raises
    ------
    MnistCoreError
        If storage or data cannot be used, or trials are left because workers exited unexpectedly.
    """
    listener = listener or SweepListener()
    study = open_study(request, storage)  # before the workers, so that they find it
    counts: list[int] = []

    def report_progress() -> None:
        trials = _read(study, storage)
        ended = sum(trial.has_ended for trial in trials)
        if counts[-1:] != [ended]:
            counts.append(ended)
            listener.progress(ended, len(trials))

    def report_trial(trial: Trial) -> None:
        listener.trial_ended(trial)
        if request.workers == 1:
            report_progress()

    def work(study: optuna.Study) -> None:
        Worker(
            request,
            study,
            storage,
            root,
            load_splits=splits_loader(request, data),
            stop=stop,
            report=report_trial,
            report_waiting=listener.waiting,
        ).run()

    report_progress()
    errors: list[str] = []
    if request.workers == 1:
        with watch_stop_file(stop_file, stop):
            work(study)
    else:

        def work_in_child() -> None:
            # the workers share the cores; more threads than cores would wait for each other
            torch.set_num_threads(max(1, (os.cpu_count() or 1) // request.workers))
            work(open_study(request, storage))

        disconnect(study)  # a connection must not be shared with the processes
        errors = run_workers(
            work_in_child,
            request.workers,
            stop,
            stop_file=stop_file,
            poll=report_progress,
        )
    trials = _read(study, storage)
    left = sum(not trial.has_ended for trial in trials)
    if left and not stop.reason:
        reason = errors[0] if errors else "the workers exited unexpectedly"
        raise MnistCoreError(f"{reason}; {left} trials are left, {CONTINUE_HINT}")
    best = best_trial(trials)
    command = train_command(request.trial_config(best.params)) if best else None
    return SweepResult(study=request.study, trials=tuple(trials), best=command)


def splits_loader(request: SweepRequest, data: str | None) -> LoadSplits:
    """Return a function that loads MNIST's images for a trial; equal sizes are loaded once."""

    @cache
    def load(validation_size: int, training_size: int | None) -> tuple[Split, Split]:
        return load_train_validation(
            choose_device(request.config.device),
            data,
            validation_size=validation_size,
            training_size=training_size,
        )

    return lambda config: load(config.validation_size, config.training_size)


def _read(study: optuna.Study, storage: str) -> list[Trial]:
    with explained_errors(storage):
        return study_trials(study)
