"""A worker of a hyperparameter sweep with Optuna. Every trial is an ordinary run.

It selects on validation accuracy, as each epoch and each run does.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from mnist_core.data.mnist import Split
from mnist_core.errors import MnistCoreError
from mnist_core.runs.run import create_run
from mnist_core.runs.runner import execute
from mnist_core.runs.signals import StopFlag
from mnist_core.runs.state import RunState, RunStatus, StopReason
from mnist_core.search.study import (
    STORAGE_ERRORS,
    Sweep,
    is_surplus,
    queue_slots,
    storage_errors,
    trial_config,
)
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import Epoch, Event

_WAIT_SECONDS = 1.0

Splits = Callable[[TrainConfig], tuple[Split, Split]]


class _TrialFailed(Exception):
    """The trial has failed, and the sweep goes on."""


def work(
    sweep: Sweep,
    study: optuna.Study,
    runs: Path,
    splits: Splits,
    *,
    stop: StopFlag,
    report: Callable[[FrozenTrial], None] = lambda trial: None,
    wait: Callable[[], None] = lambda: None,
) -> None:
    """Take slots until every trial of the study has ended, or until told to stop.

    When other workers have the last trials this one waits: a worker that dies leaves its trial to
    those that live.

    Parameters
    ----------
    sweep : Sweep
    study : optuna.Study
        From `open_study`.
    runs : Path
        Folder of the run folders.
    splits : callable
        Returns the images for a configuration.
    stop : StopFlag
    report : callable
        Called with every trial of this worker that has ended.
    wait : callable
        Called every second while there is nothing to do but wait.

    Raises
    ------
    MnistCoreError
        If there are no images, no run can be made here, or the storage does not answer any more.
        None of these uses up a slot.
    """
    splits(sweep.base)
    with storage_errors(sweep):
        while not stop.reason:
            queue_slots(sweep, study)
            states = {trial.state for trial in study.get_trials(deepcopy=False)}
            if TrialState.WAITING in states:
                _take_slot(sweep, study, runs, splits, stop, report)
            elif TrialState.RUNNING in states:
                wait()
                time.sleep(_WAIT_SECONDS)
            else:
                return


def _take_slot(
    sweep: Sweep,
    study: optuna.Study,
    runs: Path,
    splits: Splits,
    stop: StopFlag,
    report: Callable[[FrozenTrial], None],
) -> None:
    flag = StopFlag()

    def objective(trial: optuna.Trial) -> float:
        if is_surplus(study, trial):
            trial.set_user_attr("surplus", True)
            raise _TrialFailed
        return _try(sweep, study, trial, runs, splits, stop, flag)

    def after(_study: optuna.Study, trial: FrozenTrial) -> None:
        if not trial.user_attrs.get("surplus"):
            report(trial)

    try:
        study.optimize(objective, n_trials=1, catch=_TrialFailed, callbacks=[after])
    except ValueError:
        # Optuna takes no result for a trial that has been given up
        if flag.reason != StopReason.TAKEN_OVER:
            raise


def _try(
    sweep: Sweep,
    study: optuna.Study,
    trial: optuna.Trial,
    runs: Path,
    splits: Splits,
    stop: StopFlag,
    flag: StopFlag,
) -> float:
    config = trial_config(sweep, _suggest(sweep, trial))
    run = create_run(config, runs, f"{sweep.study} trial {trial.number}")
    trial.set_user_attr("run", run.id)

    def listen(event: Event) -> None:
        if isinstance(event, Epoch):
            _report(trial, event, flag)

    try:
        with stop.passed_to(flag):
            state = execute(run, splits=splits(config), listen=listen, stop=flag)
    except MnistCoreError as error:
        state = RunState(status=RunStatus.FAILED, reason=str(error))
    if not _is_ours(study, trial):
        flag.set(StopReason.TAKEN_OVER)
        raise _TrialFailed
    if state.status == "finished":
        return float(state.validation_accuracy or 0.0)
    if state.stop_reason == StopReason.PRUNED:
        raise optuna.TrialPruned
    # a trial without a reason leaves its slot open
    if state.status == "failed" or not (
        stop.reason or state.stop_reason == StopReason.STORAGE_LOST
    ):
        trial.set_user_attr("reason", state.reason)
    raise _TrialFailed


def _report(trial: optuna.Trial, epoch: Epoch, flag: StopFlag) -> None:
    try:
        trial.report(epoch.validation_accuracy, epoch.epoch)
        if trial.should_prune():
            flag.set(StopReason.PRUNED)
    except optuna.exceptions.UpdateFinishedTrialError:
        flag.set(StopReason.TAKEN_OVER)
    except STORAGE_ERRORS:
        flag.set(StopReason.STORAGE_LOST)


def _is_ours(study: optuna.Study, trial: optuna.Trial) -> bool:
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    return any(other.number == trial.number for other in running)


def _suggest(sweep: Sweep, trial: optuna.Trial) -> dict[str, Any]:
    """Draw a trial's parameters; those of a grid's slot are fixed already."""
    params: dict[str, Any] = {}
    for name, values in sweep.grid.items():
        if sweep.sampler == "tpe" and all(isinstance(value, float) for value in values):
            low, high = min(values), max(values)
            params[name] = trial.suggest_float(name, low, high, log=name.endswith("rate"))
        else:
            params[name] = trial.suggest_categorical(name, values)
    return params
