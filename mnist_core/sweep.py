"""Hyperparameter search with Optuna. The study's storage is all that its workers share.

Every trial is an ordinary run. The trials to come lie in the study as a queue of numbered slots,
so any number of workers, on any number of machines, take each slot once; a worker that dies loses
the trial under way, which is queued again when its heartbeat has been silent for a while.
"""

from __future__ import annotations

import itertools
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import IntegrityError, ProgrammingError

from mnist_core.config import TrainConfig
from mnist_core.data import Split
from mnist_core.errors import MnistCoreError
from mnist_core.events import Epoch, Event
from mnist_core.execute import execute
from mnist_core.runs import create_run
from mnist_core.stopping import StopFlag

GRID: dict[str, tuple[Any, ...]] = {
    "learning_rate": (1e-4, 1e-3, 1e-2, 1e-1),
    "batch_size": (32, 64, 128, 256),
    "kernel_size": (3, 5),
    "dropout": (0.3, 0.4, 0.5),
}
"""The tutorial article's table; TPE draws the rate and the dropout from between its ends."""
SAMPLERS = ("grid", "tpe")
PRUNED = "pruned by the sweep"
_HEARTBEAT_SECONDS = 5
_OPEN = (TrialState.WAITING, TrialState.RUNNING, TrialState.COMPLETE, TrialState.PRUNED)


@dataclass(frozen=True)
class Sweep:
    """What a sweep is: base configuration, study and its storage, sampler, number of trials.

    Attributes
    ----------
    base : TrainConfig
        What the trials have in common.
    storage : str
        Database URL, such as sqlite:///sweep.db or postgresql+psycopg://host/name.
    study : str
    sampler : "grid" or "tpe"
    trials : int or None
        For the whole study; None: the whole grid, or 20.
    prune : bool
        Whether trials below the median after an epoch are ended early.
    grid : dict of str to tuple
        Values to try, of fields of `TrainConfig`.
    """

    base: TrainConfig
    storage: str
    study: str = "sweep"
    sampler: str = "tpe"
    trials: int | None = None
    prune: bool = True
    grid: dict[str, tuple[Any, ...]] = field(default_factory=lambda: dict(GRID))

    def __post_init__(self) -> None:
        if self.sampler not in SAMPLERS:
            raise MnistCoreError(f"sampler is {self.sampler!r}; choose from {', '.join(SAMPLERS)}")
        if self.trials is not None and self.trials < 1:
            raise MnistCoreError(f"trials is {self.trials}; give at least 1")

    def slots(self) -> list[dict[str, Any]]:
        """Return the parameters of every slot; TPE's are empty: it draws them when it is time."""
        if self.sampler == "grid":
            points = [
                dict(zip(self.grid, p, strict=True)) for p in itertools.product(*self.grid.values())
            ]
            return points[: self.trials]
        return [{} for _ in range(self.trials or 20)]


def open_study(sweep: Sweep) -> optuna.Study:
    """Open the study, or create it, and queue the slots that it lacks.

    Raises
    ------
    MnistCoreError
        If the storage cannot be reached; the message says what may help.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    # heartbeats are called experimental; the version is pinned
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    try:
        study = _connect(sweep)
    # a driver that is missing, a URL that is none, a server that does not answer
    except Exception as error:
        first_line = str(error).strip().partition("\n")[0]
        raise MnistCoreError(
            f"storage {sweep.storage!r} cannot be opened ({type(error).__name__}: {first_line}); "
            "give a database URL such as sqlite:///sweep.db, or "
            "postgresql+psycopg://user@host/name with psycopg installed"
        ) from error
    optuna.storages.fail_stale_trials(study)
    taken = {trial.user_attrs.get("slot") for trial in study.get_trials() if not _redo(trial)}
    for slot, params in enumerate(sweep.slots()):
        if slot not in taken:
            study.enqueue_trial(params, user_attrs={"slot": slot})
    return study


def _connect(sweep: Sweep) -> optuna.Study:
    for last_try in (False, False, True):
        try:
            storage = RDBStorage(
                sweep.storage,
                heartbeat_interval=_HEARTBEAT_SECONDS,
                grace_period=3 * _HEARTBEAT_SECONDS,
                heartbeat_stale_trial_callback=RetryHeartbeatStaleTrialCallback(),
            )
            return optuna.create_study(
                study_name=sweep.study,
                storage=storage,
                sampler=optuna.samplers.TPESampler(),
                pruner=optuna.pruners.MedianPruner() if sweep.prune else optuna.pruners.NopPruner(),
                direction="maximize",
                load_if_exists=True,
            )
        except (IntegrityError, ProgrammingError):
            # another machine is making the same tables at this very moment
            if last_try:
                raise
            time.sleep(1)
    raise AssertionError("the last try returns or raises")


def work(
    sweep: Sweep,
    study: optuna.Study,
    runs: Path,
    splits: Callable[[TrainConfig], tuple[Split, Split]],
    *,
    stop: StopFlag,
    report: Callable[[FrozenTrial], None] = lambda trial: None,
) -> None:
    """Take slots until none is left, or until told to stop.

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
        Called with every trial that has ended.
    """

    def objective(trial: optuna.Trial) -> float:
        return _try(sweep, study, trial, runs, splits, stop)

    def after(study: optuna.Study, trial: FrozenTrial) -> None:
        if not trial.user_attrs.get("surplus"):
            report(trial)

    while not stop.reason and study.get_trials(deepcopy=False, states=(TrialState.WAITING,)):
        study.optimize(objective, n_trials=1, catch=MnistCoreError, callbacks=[after])


def results(study: optuna.Study) -> list[FrozenTrial]:
    """Return the trials that took a slot, the best validation accuracy first."""
    trials = [trial for trial in study.get_trials() if not trial.user_attrs.get("surplus")]
    newest = {trial.user_attrs.get("slot"): trial.number for trial in trials}
    trials = [t for t in trials if not _redo(t) or newest[t.user_attrs.get("slot")] == t.number]
    return sorted(trials, key=lambda t: (t.value is None, -(t.value or 0.0), t.number))


def trial_config(sweep: Sweep, params: dict[str, Any]) -> TrainConfig:
    """Return the configuration of a trial with these parameters."""
    return sweep.base.with_changes(**params)


def _try(
    sweep: Sweep,
    study: optuna.Study,
    trial: optuna.Trial,
    runs: Path,
    splits: Callable[[TrainConfig], tuple[Split, Split]],
    stop: StopFlag,
) -> float:
    if _is_surplus(study, trial):
        trial.set_user_attr("surplus", True)
        raise MnistCoreError("another worker has taken the last slot")
    config = trial_config(sweep, _suggest(sweep, trial))
    run = create_run(config, runs, f"{sweep.study} trial {trial.number}")
    trial.set_user_attr("run", run.id)
    flag = StopFlag()

    def listen(event: Event) -> None:
        if isinstance(event, Epoch):
            trial.report(event.validation_accuracy, event.epoch)
            if trial.should_prune():
                flag.set(PRUNED)

    try:
        with stop.passed_to(flag):
            state = execute(run, splits=splits(config), listen=listen, stop=flag)
    except MnistCoreError as error:
        trial.set_user_attr("reason", str(error))
        raise
    if state.status == "stopped" and state.reason != PRUNED:
        trial.set_user_attr("redo", True)
        raise MnistCoreError(state.reason)
    if state.reason == PRUNED:
        raise optuna.TrialPruned
    return float(state.validation_accuracy or 0.0)


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


def _is_surplus(study: optuna.Study, trial: optuna.Trial) -> bool:
    """Return whether the trial came from no slot, or another one has its slot.

    Two workers may see one last slot waiting, and two machines may queue the slots at once.
    """
    slot = trial.user_attrs.get("slot")
    return slot is None or any(
        other.user_attrs.get("slot") == slot and other.number < trial.number
        for other in study.get_trials(deepcopy=False, states=_OPEN)
    )


def _redo(trial: FrozenTrial) -> bool:
    """Return whether a trial leaves its slot open: told to stop, or its worker died."""
    return trial.state == TrialState.FAIL and (
        trial.user_attrs.get("redo", False) or "reason" not in trial.user_attrs
    )
