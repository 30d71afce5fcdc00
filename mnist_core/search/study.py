"""A sweep's study: its slots, which any number of workers share.

Trials wait in the study as a queue of numbered slots, so workers on any number of machines take
each slot once. A slot is open again when its worker was stopped, or when its worker sent no
heartbeat for a while; the parameters of that trial are kept.
"""

import time

import optuna
from optuna.trial import FrozenTrial, TrialState
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from mnist_core.errors import MnistCoreError, joined
from mnist_core.search.requests import SweepRequest
from mnist_core.search.storage import HEARTBEAT_SECONDS, explained_errors, open_storage


def open_study(
    request: SweepRequest, storage: str, *, heartbeat: int = HEARTBEAT_SECONDS
) -> optuna.Study:
    """Open the study, or create it, and queue the slots that it lacks.

    Parameters
    ----------
    request : SweepRequest
    storage : str
        Database URL, such as sqlite:///sweep.db or postgresql+psycopg://host/name.
    heartbeat : int
        Seconds between a worker's heartbeats.

    Raises
    ------
    MnistCoreError
        If the storage cannot be opened or is damaged, or the study has other settings: its trials
        would not be comparable.
    """
    with explained_errors(storage):
        study = _connect(request, storage, heartbeat)
        settings = study.user_attrs.get("settings")
        if settings is None:
            study.set_user_attr("settings", request.study_settings())
        elif changed := request.differences(settings):
            raise MnistCoreError(
                f"study {request.study!r} has other settings ({joined(changed)}); "
                "give the sweep another study name, or the study's settings"
            )
        queue_slots(request, study)
    return study


def disconnect(study: optuna.Study) -> None:
    """Close the connections to the study's storage; it connects again when it is used."""
    study._storage.remove_session()
    study._storage._backend.engine.dispose()


def queue_slots(request: SweepRequest, study: optuna.Study) -> None:
    """Queue every open slot, also those of workers that exited unexpectedly."""
    optuna.storages.fail_stale_trials(study)
    taken = {slot_of(trial) for trial in study.get_trials(deepcopy=False) if not is_open(trial)}
    for slot, params in enumerate(request.slots()):
        if slot not in taken:
            study.enqueue_trial(params, user_attrs={"slot": slot})


def is_surplus(study: optuna.Study, trial: optuna.Trial) -> bool:
    """Return whether a trial has no slot, or an earlier trial has the same slot.

    Two workers may see the last slot waiting, and two machines may queue the slots at once.
    """
    slot = slot_of(trial)
    return slot is None or any(
        slot_of(other) == slot and other.number < trial.number and not is_open(other)
        for other in study.get_trials(deepcopy=False)
    )


def slot_of(trial: FrozenTrial | optuna.Trial) -> int | None:
    """Return the number of a trial's slot."""
    return trial.user_attrs.get("slot")


def is_open(trial: FrozenTrial) -> bool:
    """Return whether a trial leaves its slot open: stopped, or its worker exited unexpectedly."""
    return trial.state == TrialState.FAIL and "reason" not in trial.user_attrs


def slot_trials(study: optuna.Study) -> list[FrozenTrial]:
    """Return the newest trial of every slot, the best validation accuracy first."""
    trials = [t for t in study.get_trials() if not t.user_attrs.get("surplus")]
    newest = {slot_of(trial): trial.number for trial in trials}
    trials = [t for t in trials if not is_open(t) or newest[slot_of(t)] == t.number]
    return sorted(trials, key=lambda t: (t.value is None, -(t.value or 0.0), t.number))


def _connect(request: SweepRequest, storage: str, heartbeat: int) -> optuna.Study:
    for last_attempt in (False, False, False, True):
        try:
            return optuna.create_study(
                study_name=request.study,
                storage=open_storage(storage, heartbeat),
                sampler=optuna.samplers.TPESampler(),
                pruner=optuna.pruners.MedianPruner()
                if request.pruning
                else optuna.pruners.NopPruner(),
                direction="maximize",
                load_if_exists=True,
            )
        except (IntegrityError, ProgrammingError, OperationalError) as error:
            # another process may be creating the same tables
            unreachable = isinstance(error, OperationalError) and "exists" not in str(error)
            if last_attempt or unreachable:
                raise
            time.sleep(1)
    raise AssertionError("unreachable: the last attempt returns or raises")
