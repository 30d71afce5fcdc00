"""What a sweep has found so far, read from its storage without touching it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import optuna
from optuna.storages import RDBStorage
from optuna.trial import FrozenTrial
from sqlalchemy.exc import OperationalError

from mnist_core.errors import MnistCoreError
from mnist_core.search.study import STORAGE_ERRORS, is_open, results

_PATIENCE = 2
"""Seconds to wait for a worker that is writing."""


@dataclass(frozen=True)
class Trial:
    """A trial of a sweep.

    Attributes
    ----------
    number : int
    state : str
        waiting, running, complete, pruned, failed, or stopped: the sweep will take it again.
    accuracy : float or None
        On the validation images, in [0, 1]; of a pruned trial, its last epoch's.
    params : mapping of field of `TrainConfig` to value
    run : str or None
        Id of its run, once it has begun.
    reason : str
        Why it failed.
    """

    number: int
    state: str
    accuracy: float | None
    params: Mapping[str, Any]
    run: str | None
    reason: str


def storage_path(root: Path) -> Path:
    """Return the database of the sweeps whose runs lie in this folder."""
    return root / "sweep.db"


def read_trials(root: Path, study: str) -> list[Trial]:
    """Return the trials of a study in the order of their numbers; none if it has not begun.

    Raises
    ------
    MnistCoreError
        If the database is damaged, or a writer keeps it locked.
    """
    with _reading(root) as storage:
        if storage is None or study not in optuna.get_all_study_names(storage):
            return []
        found = results(optuna.load_study(study_name=study, storage=storage))
    return sorted((_trial(trial) for trial in found), key=lambda trial: trial.number)


def read_studies(root: Path) -> dict[str, dict[str, Any] | None]:
    """Return every study's name and settings; None: it has not got any yet. Raises as above."""
    with _reading(root) as storage:
        if storage is None:
            return {}
        studies = optuna.get_all_study_summaries(storage, include_best_trial=False)
    return {study.study_name: study.user_attrs.get("settings") for study in studies}


def best_trial(trials: Sequence[Trial]) -> Trial | None:
    """Return the complete trial with the highest validation accuracy; None before the first."""
    complete = [trial for trial in trials if trial.state == "complete"]
    return max(complete, key=lambda trial: trial.accuracy or 0.0, default=None)


@contextmanager
def _reading(root: Path) -> Iterator[RDBStorage | None]:
    """Open the database to read only; None where there is none."""
    path = storage_path(root)
    if not path.exists():
        yield None
        return
    try:
        # whoever looks must neither make nor mend anything
        storage = RDBStorage(
            f"sqlite:///file:{quote(str(path.resolve()))}?mode=ro&uri=true",
            engine_kwargs={"connect_args": {"timeout": _PATIENCE}},
            skip_compatibility_check=True,
            skip_table_creation=True,
        )
        try:
            yield storage
        finally:
            storage.remove_session()
            storage.engine.dispose()
    except STORAGE_ERRORS as error:
        raise _in_words(path, error) from error


def _trial(trial: FrozenTrial) -> Trial:
    state = trial.state.name.lower()
    accuracy = trial.value
    if accuracy is None and trial.intermediate_values:
        accuracy = trial.intermediate_values[max(trial.intermediate_values)]
    attributes = trial.user_attrs
    return Trial(
        number=trial.number,
        state="stopped" if is_open(trial) else "failed" if state == "fail" else state,
        accuracy=accuracy,
        params=trial.params or trial.system_attrs.get("fixed_params", {}),
        run=attributes.get("run"),
        reason=attributes.get("reason", ""),
    )


def _in_words(path: Path, error: Exception) -> MnistCoreError:
    cause = error.__cause__ or error
    said = str(getattr(cause, "orig", cause)).strip().partition("\n")[0]
    if isinstance(cause, OperationalError) and "no such table" in said:
        return MnistCoreError(f"{path}: holds no sweeps yet ({said}); wait, or delete the file")
    if "locked" in said:
        return MnistCoreError(f"{path}: another process keeps it locked; it is read again later")
    return MnistCoreError(
        f"{path}: cannot be read ({said}); it is damaged. Move it away to begin anew: the runs stay"
    )
