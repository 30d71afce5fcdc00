"""A sweep and its study: what is tried, and the storage that all its workers share.

The trials to come lie in the study as a queue of numbered slots, so any number of workers, on any
number of machines, take each slot once. A slot is open again when its worker was told to stop, or
when its worker's heartbeat has been silent for a while; the parameters of a dead worker's trial
are kept.
"""

from __future__ import annotations

import itertools
import json
import math
import re
import sqlite3
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import optuna
from optuna.exceptions import StorageInternalError
from optuna.storages import RDBStorage, RetryHeartbeatStaleTrialCallback
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy import Connection, event
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError, SQLAlchemyError

from mnist_core.errors import MnistCoreError
from mnist_core.training.config import TrainConfig

GRID: dict[str, tuple[Any, ...]] = {
    "learning_rate": (1e-4, 1e-3, 1e-2, 1e-1),
    "batch_size": (32, 64, 128, 256),
    "kernel_size": (3, 5),
    "dropout": (0.3, 0.4, 0.5),
}
"""The tutorial article's table; TPE draws the rate and the dropout from between its ends."""
SAMPLERS = ("grid", "tpe")
STORAGE_ERRORS = (StorageInternalError, SQLAlchemyError)
MOST_POINTS = 10_000
"""Of a grid: each is checked before anything is tried."""
_HEARTBEAT_SECONDS = 5
_SQLITE_PATIENCE = 30
"""Seconds to wait for another worker that is writing."""


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

    Raises
    ------
    MnistCoreError
        If the sampler is unknown, there are no trials, or a point of the grid is no configuration.
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
        if not self.study.strip():
            raise MnistCoreError("the study's name is empty; give at least one letter")
        points = math.prod(len(values) for values in self.grid.values())
        if not 1 <= points <= MOST_POINTS:
            raise MnistCoreError(
                f"the sweep's grid has {points:,} points; "
                f"give 1 to {MOST_POINTS:,}: fewer fields, or fewer values"
            )
        # a check now, not in the middle of the night
        for point in self._points():
            try:
                trial_config(self, point)
            except MnistCoreError as error:
                raise MnistCoreError(f"the sweep's grid has {point}: {error}") from error

    def slots(self) -> list[dict[str, Any]]:
        """Return the parameters of every slot; TPE's are empty: it draws them when it is time."""
        if self.sampler == "grid":
            return self._points()[: self.trials]
        return [{} for _ in range(self.trials or 20)]

    def settings(self) -> dict[str, Any]:
        """Return what two sweeps of one study have in common, as plain JSON types.

        That is all but the number of trials, pruning and the device: machines may differ.
        """
        base = self.base.model_dump(mode="json", exclude={"device", *self.grid})
        grid = {name: list(values) for name, values in self.grid.items()}
        return {"sampler": self.sampler, **base, **grid}

    def differences(self, settings: Mapping[str, Any]) -> list[str]:
        """Return where the settings of a study that has begun differ, each as a phrase."""
        # as the database gives them back
        mine = json.loads(json.dumps(self.settings()))
        # a setting that the study's version did not have is no difference
        return [
            f"{name} {settings[name]}, not {value}"
            for name, value in mine.items()
            if settings.get(name, value) != value
        ]

    def _points(self) -> list[dict[str, Any]]:
        values = itertools.product(*self.grid.values())
        return [dict(zip(self.grid, point, strict=True)) for point in values]


def trial_config(sweep: Sweep, params: dict[str, Any]) -> TrainConfig:
    """Return the configuration of a trial with these parameters."""
    return sweep.base.with_changes(**params)


def open_study(sweep: Sweep) -> optuna.Study:
    """Open the study, or create it, and queue the slots that it lacks.

    Raises
    ------
    MnistCoreError
        If the storage cannot be reached, or the study was begun with other settings: its trials
        would not be comparable. The message says what may help.
    """
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    # heartbeats are called experimental; the version is pinned
    warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
    try:
        study = _connect(sweep)
    # a driver that is missing, a URL that is none, a server that does not answer
    except Exception as error:
        raise MnistCoreError(
            f"storage {_shown(sweep.storage)!r} cannot be opened ({type(error).__name__}: "
            f"{_first_line(error)}); give a database URL such as sqlite:///sweep.db, or "
            "postgresql+psycopg://user@host/name with psycopg installed"
        ) from error
    with storage_errors(sweep):
        settings = study.user_attrs.get("settings")
        if settings is None:
            study.set_user_attr("settings", sweep.settings())
        elif changed := sweep.differences(settings):
            raise MnistCoreError(
                f"study {sweep.study!r} was begun with other settings ({'; '.join(changed)}); "
                "give the study another name, or the settings that it has"
            )
        queue_slots(sweep, study)
    return study


def queue_slots(sweep: Sweep, study: optuna.Study) -> None:
    """Queue every slot that is open, also those of workers that died."""
    optuna.storages.fail_stale_trials(study)
    taken = {slot_of(trial) for trial in study.get_trials(deepcopy=False) if not is_open(trial)}
    for slot, params in enumerate(sweep.slots()):
        if slot not in taken:
            study.enqueue_trial(params, user_attrs={"slot": slot})


def is_surplus(study: optuna.Study, trial: optuna.Trial) -> bool:
    """Return whether the trial came from no slot, or another one has its slot.

    Two workers may see one last slot waiting, and two machines may queue the slots at once.
    """
    slot = slot_of(trial)
    return slot is None or any(
        slot_of(other) == slot and other.number < trial.number and not is_open(other)
        for other in study.get_trials(deepcopy=False)
    )


def slot_of(trial: FrozenTrial | optuna.Trial) -> int | None:
    """Return the slot that a trial came from."""
    return trial.user_attrs.get("slot")


def is_open(trial: FrozenTrial) -> bool:
    """Return whether a trial leaves its slot open: told to stop, or its worker died."""
    return trial.state == TrialState.FAIL and "reason" not in trial.user_attrs


def results(study: optuna.Study) -> list[FrozenTrial]:
    """Return every slot's trial, the best validation accuracy first."""
    trials = [t for t in study.get_trials() if not t.user_attrs.get("surplus")]
    newest = {slot_of(trial): trial.number for trial in trials}
    trials = [t for t in trials if not is_open(t) or newest[slot_of(t)] == t.number]
    return sorted(trials, key=lambda t: (t.value is None, -(t.value or 0.0), t.number))


@contextmanager
def storage_errors(sweep: Sweep) -> Iterator[None]:
    """Say in words that the storage went away.

    Raises
    ------
    MnistCoreError
        Instead of any error that has one of the storage's behind it.
    """
    try:
        yield
    except Exception as error:
        behind = _storage_error(error)
        if behind is None:
            raise
        raise MnistCoreError(
            f"storage {_shown(sweep.storage)!r} does not answer any more "
            f"({_first_line(behind)}); when it does, the same command goes on"
        ) from error


class _Storage(RDBStorage):
    """Optuna's storage, in which two workers cannot take one trial, not even in a SQLite file."""

    def __init__(self, url: str, **options: Any) -> None:
        super().__init__(url, **options)
        if self.engine.dialect.name == "sqlite":
            self.engine.dispose()  # connections that were opened without what follows
            event.listen(self.engine, "connect", _begin_by_hand)
            event.listen(self.engine, "begin", _begin_immediately)

    def record_heartbeat(self, trial_id: int) -> None:
        try:
            super().record_heartbeat(trial_id)
        except STORAGE_ERRORS:
            return  # the next beat may do better, and the trial's next report says it if not


def _begin_by_hand(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    connection.execute(f"PRAGMA busy_timeout = {1000 * _SQLITE_PATIENCE}")


def _begin_immediately(connection: Connection) -> None:
    # SQLite has no SELECT ... FOR UPDATE: without this, two workers that look at a waiting trial at
    # the same moment both take it. Source: SQLAlchemy, SQLite dialect, "Serializable isolation".
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _connect(sweep: Sweep) -> optuna.Study:
    for last_try in (False, False, False, True):
        try:
            storage = _Storage(
                sweep.storage,
                # a server that was away between two epochs is no reason to stop
                engine_kwargs={"pool_pre_ping": True},
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
        except (IntegrityError, ProgrammingError, OperationalError) as error:
            # another command is making the same tables at this very moment
            unreachable = isinstance(error, OperationalError) and "exists" not in str(error)
            if last_try or unreachable:
                raise
            time.sleep(1)
    raise AssertionError("the last try returns or raises")


def _storage_error(error: BaseException | None) -> BaseException | None:
    """Return the first cause of an error if the storage is behind it."""
    found = None
    while error is not None:
        found = error if isinstance(error, STORAGE_ERRORS) else found
        error = error.__cause__ or error.__context__
    return found


def _first_line(error: BaseException) -> str:
    return _shown(str(error).strip().partition("\n")[0])


def _shown(text: str) -> str:
    """Hide the password of a URL."""
    return re.sub(r"(://[^:/@\s]*):[^@\s]*@", r"\1:***@", text)
