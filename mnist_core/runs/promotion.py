"""Promoting: the weights of a run become a named model, which the pad and all commands offer.

Promoted models are in `promoted_folder()`, one weights file each, and its exported graph.
"""

import contextlib
import os
import re
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from mnist_core.errors import ExplainedError, Message, MnistCoreError
from mnist_core.inference.graph_files import write_graph
from mnist_core.models.registry import (
    MODEL_NAME,
    graph_path,
    model_path,
    promoted_folder,
    promoted_models,
    shipped_models,
)
from mnist_core.models.weights import load_weights, save_weights
from mnist_core.models.weights_format import card_path
from mnist_core.runs.folder import now
from mnist_core.runs.run import Run
from mnist_core.utils.files import explain_errors, make_folder
from mnist_core.utils.locks import exclusive_lock

MAX_NAME_LENGTH = 40
_RESERVED = ("last",)  # commands read it as a run
_LOCK_TIMEOUT = 10.0


@dataclass(frozen=True)
class Promoted:
    """A promoted model as lists show it.

    Attributes
    ----------
    name : str
    run, run_name : str
        Id and display name of the run it comes from; empty if unknown.
    time : str
        When it was promoted, ISO 8601 in UTC.
    accuracy : float in [0, 1] or None
        On validation.
    problem : str
        Why it cannot be used; empty if it can.
    """

    name: str
    run: str = ""
    run_name: str = ""
    time: str = ""
    accuracy: float | None = None
    problem: str = ""


def check_name(name: str, run: Run | None = None) -> None:
    """Raise MnistCoreError for a name that no promoted model may have.

    Parameters
    ----------
    name : str
    run : Run, optional
        The run to promote: the id of a run in its folder is no name for a model.
    """
    if not MODEL_NAME.fullmatch(name):
        raise ExplainedError(
            Message(
                "the name {name} cannot be used; give 1 to {most} characters: letters A to Z, "
                "digits, - _ and . (the first a letter or a digit)",
                name=repr(name),
                most=MAX_NAME_LENGTH,
            )
        )
    # some file systems ignore case
    if name.casefold() in (shipped.casefold() for shipped in shipped_models()):
        raise ExplainedError(
            Message("{name} is the name of a shipped model; give another name", name=repr(name))
        )
    is_run = run is not None and Run(run.folder.parent / name).exists
    if name in _RESERVED or is_run:
        raise ExplainedError(
            Message("commands read {name} as the name of a run; give another name", name=repr(name))
        )


def suggest_name(run: Run) -> str:
    """Return an allowed and unused name, derived from the run's own.

    Raises MnistCoreError if the run is damaged.
    """
    display_name = run.state().name
    base = display_name if display_name and display_name != run.id else run.config().model
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", base).strip("._-")[:MAX_NAME_LENGTH]
    stem = stem or run.config().model  # a name without Latin letters
    used = {name.casefold() for name in promoted_models()}
    for number in range(1, 1000):
        end = "" if number == 1 else f"-{number}"
        name = stem[: MAX_NAME_LENGTH - len(end)] + end
        try:
            check_name(name, run)
        except MnistCoreError:
            continue
        if name.casefold() not in used:
            return name
    raise MnistCoreError(f"a thousand models are called {stem}; withdraw some")


def promote(
    run: Run,
    name: str,
    folder: str | os.PathLike[str] | None = None,
    *,
    replace: bool = False,
) -> Path:
    """Save the weights that a run keeps as a promoted model, and its graph; return the new file.

    Its card says in addition, under "promoted", which run it comes from and when. The run may be
    running: later training does not change the model.

    Parameters
    ----------
    run : Run
    name : str
        See `check_name`.
    folder : path, optional
        See `promoted_folder`.
    replace : bool
        Whether a promoted model of that name may be overwritten.

    Raises
    ------
    MnistCoreError
        If the name cannot be used or is in use, the run has no weights or unusable ones, or the
        folder cannot be written; a model of that name is then unchanged.
    """
    check_name(name, run)
    if not run.weights_path.is_file():
        raise MnistCoreError(f"run {run.id} has no weights yet: no epoch is complete")
    network, card = load_weights(run.weights_path)
    state = run.state()
    origin = {"run": run.id, "name": state.name, "time": now()}
    card = card.updated(promoted=origin)
    if card.accuracy() is None and state.validation_accuracy is not None:
        card = card.updated(validation={"accuracy": state.validation_accuracy})
    place = promoted_folder(folder)
    make_folder(place)
    path = place / f"{name}.safetensors"
    with _locked(place):
        for other in promoted_models(folder):
            if other.casefold() == name.casefold() and not (replace and other == name):
                raise ExplainedError(
                    Message(
                        "there is a promoted model {name} already; replace it, or give another "
                        "name",
                        name=repr(other),
                    )
                )
        save_weights(path, network, card)
    # without its graph it is a model as well: the pad exports it on first use, or says why not
    with contextlib.suppress(MnistCoreError):
        write_graph(path)
    return path


def withdraw(name: str, folder: str | os.PathLike[str] | None = None) -> None:
    """Delete a promoted model; the run it comes from stays.

    Raises
    ------
    MnistCoreError
        If there is none of that name, or it cannot be deleted.
    """
    place = promoted_folder(folder)
    known = promoted_models(folder)
    path = model_path(name, folder) if name in known else None
    if path is None:
        raise MnistCoreError(
            f"there is no promoted model {name!r} in {place}: {', '.join(known) or 'none yet'}"
        )
    if path.parent != place:
        raise MnistCoreError(f"{path}: an earlier version promoted this model; delete the file")
    with _locked(place), explain_errors(path, "cannot be deleted"):
        path.unlink(missing_ok=True)  # first: weights without a card are a model
        card_path(path).unlink(missing_ok=True)
        graph_path(path).unlink(missing_ok=True)


def list_promoted() -> list[Promoted]:
    """Return all promoted models, by name; `problem` says which of them are damaged."""
    paths = [model_path(name) for name in promoted_models()]
    return [_promoted(path) for path in paths if path is not None]


def _promoted(path: Path) -> Promoted:
    try:
        _, card = load_weights(path)
    except MnistCoreError as error:
        return Promoted(path.stem, problem=str(error))
    origin = card.promoted
    return Promoted(path.stem, origin.run, origin.name, origin.time, card.accuracy())


def _locked(folder: Path) -> AbstractContextManager[None]:
    """Exclude other processes that promote or withdraw."""
    busy = f"{folder}: in use by another process; try again"
    return exclusive_lock(folder / ".lock", _LOCK_TIMEOUT, busy=busy)
