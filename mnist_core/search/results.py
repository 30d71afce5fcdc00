"""What a sweep has found so far, read from its storage without changing it."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import optuna
from optuna.trial import FrozenTrial, TrialState
from pydantic import Field, TypeAdapter

from mnist_core.runs.origin import RunOrigin
from mnist_core.runs.state import Line
from mnist_core.search.search_space import SEARCHABLE_FIELDS, Value
from mnist_core.search.storage import open_read_only
from mnist_core.search.study import is_open, slot_trials
from mnist_core.utils.json_files import JsonModel


class TrialStatus(StrEnum):
    """What a trial is doing; a stopped one is tried again when the sweep continues."""

    WAITING = "waiting"
    RUNNING = "running"
    COMPLETE = "complete"
    PRUNED = "pruned"
    FAILED = "failed"
    STOPPED = "stopped"


_STATUSES = {
    TrialState.WAITING: TrialStatus.WAITING,
    TrialState.RUNNING: TrialStatus.RUNNING,
    TrialState.COMPLETE: TrialStatus.COMPLETE,
    TrialState.PRUNED: TrialStatus.PRUNED,
    TrialState.FAIL: TrialStatus.FAILED,
}
_FieldName = Literal[SEARCHABLE_FIELDS]  # type: ignore[valid-type]
_Settings = TypeAdapter(dict[str, Any] | None)


class Trial(JsonModel):
    """A trial of a sweep.

    Attributes
    ----------
    number : int
    state : TrialStatus
    accuracy : float or None
        On the validation images, in [0, 1]; of a pruned trial, its last epoch's.
    params : mapping of field of `TrainConfig` to value
    run : str or None
        Id of its run, once it has started.
    reason : str
        Why it failed.
    """

    number: int = Field(ge=0)
    state: TrialStatus
    accuracy: float | None = Field(None, ge=0, le=1)
    params: dict[_FieldName, Value] = Field(default_factory=dict)
    run: Line | None = None
    reason: Line = ""

    @property
    def has_ended(self) -> bool:
        """Whether it is not tried again."""
        return self.state in (TrialStatus.COMPLETE, TrialStatus.PRUNED, TrialStatus.FAILED)


class SweepResult(JsonModel):
    """The trials of a study, the best first, and the shell command that trains the best one."""

    study: str
    trials: tuple[Trial, ...]
    best: str | None


def read_trials(root: Path, study: str) -> list[Trial]:
    """Return the trials of a study in the order of their numbers; none if it has not started.

    Raises
    ------
    MnistCoreError
        If the database is damaged, or locked by a writer.
    """
    with open_read_only(root) as storage:
        if storage is None or study not in optuna.get_all_study_names(storage):
            return []
        found = study_trials(optuna.load_study(study_name=study, storage=storage))
    return sorted(found, key=lambda trial: trial.number)


def trial_origins(root: Path) -> dict[str, RunOrigin]:
    """Return run ids of trials, with their study and number. Raises as `read_trials`.

    Runs of earlier versions have no origin.json, so only the database knows.
    """
    with open_read_only(root) as storage:
        names = [] if storage is None else optuna.get_all_study_names(storage)
        found = [
            (trial.user_attrs.get("run"), RunOrigin(study=name, trial=trial.number))
            for name in names
            for trial in optuna.load_study(study_name=name, storage=storage).get_trials()
        ]
    return {run: origin for run, origin in found if isinstance(run, str)}


def read_importance(root: Path, study: str) -> dict[str, float]:
    """Return how much each parameter of a study explains of the accuracies' variance (fANOVA).

    The shares add up to 1. Empty if there are too few complete trials, or all are equally accurate.
    Raises as `read_trials`.
    """
    with open_read_only(root) as storage:
        if storage is None or study not in optuna.get_all_study_names(storage):
            return {}
        loaded = optuna.load_study(study_name=study, storage=storage)
        complete = [trial for trial in study_trials(loaded) if trial.state is TrialStatus.COMPLETE]
        if len({trial.accuracy for trial in complete}) < 2:
            return {}
        evaluator = optuna.importance.FanovaImportanceEvaluator(seed=0)
        return dict(optuna.importance.get_param_importances(loaded, evaluator=evaluator))


def read_studies(root: Path) -> dict[str, dict[str, Any] | None]:
    """Return every study's name and settings; None: it has none yet. Raises as `read_trials`."""
    with open_read_only(root) as storage:
        if storage is None:
            return {}
        studies = optuna.get_all_study_summaries(storage, include_best_trial=False)
        return {
            study.study_name: _Settings.validate_python(study.user_attrs.get("settings"))
            for study in studies
        }


def study_trials(study: optuna.Study) -> list[Trial]:
    """Return a study's trials, the best first. Raises ValidationError for impossible values."""
    return [to_trial(trial) for trial in slot_trials(study)]


def best_trial(trials: Sequence[Trial]) -> Trial | None:
    """Return the complete trial with the highest validation accuracy; None before the first."""
    complete = [trial for trial in trials if trial.state is TrialStatus.COMPLETE]
    return max(complete, key=lambda trial: trial.accuracy or 0.0, default=None)


def to_trial(trial: FrozenTrial) -> Trial:
    """Return one of Optuna's trials as ours. Raises ValidationError for impossible values."""
    accuracy = trial.value
    if accuracy is None and trial.intermediate_values:
        accuracy = trial.intermediate_values[max(trial.intermediate_values)]
    return Trial(
        number=trial.number,
        state=TrialStatus.STOPPED if is_open(trial) else _STATUSES[trial.state],
        accuracy=accuracy,
        params=trial.params or trial.system_attrs.get("fixed_params", {}),
        run=trial.user_attrs.get("run"),
        reason=trial.user_attrs.get("reason", ""),
    )


def trial_line(trial: Trial) -> str:
    """Return number, state, accuracy, parameters, run and reason of a trial."""
    accuracy = "" if trial.accuracy is None else f"  validation {trial.accuracy:.2%}"
    params = "  ".join(f"{name}={format_value(value)}" for name, value in trial.params.items())
    reason = f"  ({trial.reason})" if trial.reason else ""
    return (
        f"trial {trial.number:3d}  {trial.state:8}{accuracy}  {params}  {trial.run or ''}{reason}"
    )


def format_value(value: Value) -> str:
    """Return a parameter's value with three significant digits."""
    return f"{value:.3g}" if isinstance(value, float) else str(value)
