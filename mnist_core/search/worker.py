"""A worker of a hyperparameter sweep with Optuna. Every trial is an ordinary run.

Trials are compared by validation accuracy, as epochs and runs are.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial, TrialState

from mnist_core.data.mnist import Split
from mnist_core.errors import MnistCoreError
from mnist_core.runs.limits import check_disk
from mnist_core.runs.origin import RunOrigin
from mnist_core.runs.run_list import create_run
from mnist_core.runs.runner import execute
from mnist_core.runs.signals import StopFlag
from mnist_core.runs.state import RunState, RunStatus, StopReason
from mnist_core.search.requests import SweepRequest
from mnist_core.search.results import Trial, to_trial
from mnist_core.search.search_space import Value
from mnist_core.search.study import is_surplus, queue_slots
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import Epoch, Event

_WAIT_SECONDS = 1.0

LoadSplits = Callable[[TrainConfig], tuple[Split, Split]]
ExecuteRun = Callable[..., RunState]
"""Trains a run, as `mnist_core.runs.runner.execute` does, with splits, listener and stop flag."""


class _TrialFailed(Exception):
    """The trial has failed; the sweep continues."""


@dataclass(frozen=True)
class Worker:
    """Takes slots until every trial of the study has ended, or a stop is requested.

    While other workers have the last trials it waits: if one of them exits unexpectedly, its trial
    is taken here.

    Attributes
    ----------
    study : optuna.Study
        From `open_study`.
    root : Path
        Folder of the runs.
    report : callable
        Called with every trial of this worker that has ended.
    report_waiting : callable
        Called every second while other workers have the last trials.
    """

    request: SweepRequest
    study: optuna.Study
    root: Path
    load_splits: LoadSplits
    stop: StopFlag = field(default_factory=StopFlag)
    report: Callable[[Trial], object] = lambda trial: None
    report_waiting: Callable[[], None] = lambda: None
    execute: ExecuteRun = execute

    def run(self) -> None:
        """Work until nothing is left to do.

        Raises
        ------
        MnistCoreError
            If there are no images, or no run can be created here; that uses up no slot.
        Exception
            Of many types, if the storage fails: see `explained_errors`.
        """
        self.load_splits(self.request.config)
        while not self.stop.reason:
            queue_slots(self.request, self.study)
            states = {trial.state for trial in self.study.get_trials(deepcopy=False)}
            if TrialState.WAITING in states:
                self._take_slot()
            elif TrialState.RUNNING in states:
                self.report_waiting()
                time.sleep(_WAIT_SECONDS)
            else:
                return

    def _take_slot(self) -> None:
        flag = StopFlag()

        def objective(trial: optuna.Trial) -> float:
            if is_surplus(self.study, trial):
                trial.set_user_attr("surplus", True)
                raise _TrialFailed
            return self._try(trial, flag)

        def after(_study: optuna.Study, trial: FrozenTrial) -> None:
            if not trial.user_attrs.get("surplus"):
                self.report(to_trial(trial))

        try:
            self.study.optimize(objective, n_trials=1, catch=_TrialFailed, callbacks=[after])
        except ValueError:
            # Optuna accepts no result for a trial that another process has ended
            if flag.reason is not StopReason.TAKEN_OVER:
                raise

    def _try(self, trial: optuna.Trial, flag: StopFlag) -> float:
        config = self.request.trial_config(_suggest(self.request, trial))
        study, number = self.request.study, trial.number
        origin = RunOrigin(study=study, trial=number)
        check_disk(self.root)
        run = create_run(config, self.root, f"{study} trial {number}", origin)
        trial.set_user_attr("run", run.id)

        def listen(event: Event) -> None:
            if isinstance(event, Epoch):
                _report_epoch(trial, event, flag)

        try:
            with self.stop.passed_to(flag):
                splits = self.load_splits(config)
                state = self.execute(run, splits=splits, listen=listen, stop=flag)
        except MnistCoreError as error:
            state = RunState(status=RunStatus.FAILED, reason=str(error))
        if not _is_running(self.study, trial):
            flag.set(StopReason.TAKEN_OVER)
            raise _TrialFailed
        if state.status is RunStatus.FINISHED:
            return float(state.validation_accuracy or 0.0)
        if state.stop_reason is StopReason.PRUNED:
            raise optuna.TrialPruned
        stopped_with_sweep = self.stop.reason or state.stop_reason is StopReason.STORAGE_LOST
        # a trial without a reason leaves its slot open
        if state.status is RunStatus.FAILED or not stopped_with_sweep:
            trial.set_user_attr("reason", state.reason)
        raise _TrialFailed


def _report_epoch(trial: optuna.Trial, epoch: Epoch, flag: StopFlag) -> None:
    try:
        trial.report(epoch.validation_accuracy, epoch.epoch)
        if trial.should_prune():
            flag.set(StopReason.PRUNED)
    except optuna.exceptions.UpdateFinishedTrialError:
        flag.set(StopReason.TAKEN_OVER)
    except Exception:  # of the database, or of parsing what a damaged one returns
        flag.set(StopReason.STORAGE_LOST)


def _is_running(study: optuna.Study, trial: optuna.Trial) -> bool:
    running = study.get_trials(deepcopy=False, states=(TrialState.RUNNING,))
    return any(other.number == trial.number for other in running)


def _suggest(request: SweepRequest, trial: optuna.Trial) -> dict[str, Value]:
    """Sample a trial's parameters; those of a grid's slot are fixed already."""
    params: dict[str, Value] = {}
    for name, values in request.grid.items():
        if request.sampler == "tpe" and all(isinstance(value, float) for value in values):
            low, high = min(values), max(values)
            params[name] = trial.suggest_float(name, low, high, log=name.endswith("rate"))
        else:
            params[name] = trial.suggest_categorical(name, values)
    return params
