"""A run's best weights become a model with a name of its own, which the pad offers.

Promoted models lie in `promoted_folder()`, each a weights file and its card, as the shipped do.
"""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mnist_core.errors import MnistCoreError
from mnist_core.models.card import card_accuracy, card_origin, card_path, read_card, write_card
from mnist_core.models.registry import MODEL_NAME, promoted_folder, promoted_models, shipped_models
from mnist_core.models.weights import load_weights
from mnist_core.runs.run import Run, now
from mnist_core.utils.files import make_folder, write_atomic
from mnist_core.utils.locks import exclusive_lock

LONGEST_NAME = 40
_RESERVED = ("last",)  # a run, to the commands
_TRIES, _PAUSE = 40, 0.05
_LOCK_TIMEOUT = 10.0


@dataclass(frozen=True)
class Promoted:
    """A promoted model as lists show it.

    Attributes
    ----------
    name : str
    run, run_name : str
        Id and display name of the run it comes from; empty where the card does not say.
    time : str
        When it was promoted, ISO 8601 in UTC.
    accuracy : float in [0, 1] or None
        On the images held out from its training.
    problem : str
        Why it cannot be used; empty where it can.
    """

    name: str
    run: str = ""
    run_name: str = ""
    time: str = ""
    accuracy: float | None = None
    problem: str = ""


def check_name(name: str, run: Run | None = None) -> None:
    """Refuse a name that no promoted model may have.

    Parameters
    ----------
    name : str
    run : Run, optional
        The run to promote: no run beside it may have that name for an id.

    Raises
    ------
    MnistCoreError
        Which says what the name lacks.
    """
    if not MODEL_NAME.fullmatch(name):
        raise MnistCoreError(
            f"the name {name!r} cannot be used; give 1 to {LONGEST_NAME} characters: letters A to "
            "Z, digits, - _ and . (the first a letter or a digit)"
        )
    # some file systems know no case
    if name.casefold() in (taken.casefold() for taken in shipped_models()):
        raise MnistCoreError(f"{name!r} is a model that comes with the program; give another name")
    is_run = run is not None and (run.folder.parent / name / "config.json").is_file()
    if name in _RESERVED or is_run:
        raise MnistCoreError(f"commands read {name!r} as the name of a run; give another name")


def suggest_name(run: Run, folder: str | os.PathLike[str] | None = None) -> str:
    """Return a name made from the run's own, which is allowed and not taken.

    Raises MnistCoreError if the run is broken.
    """
    own = run.state().name
    words = own if own and own != run.id else run.config().model
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", words).strip("._-")[:LONGEST_NAME]
    stem = stem or run.config().model  # a name in another script
    taken = {name.casefold() for name in promoted_models(folder)}
    for number in range(1, 1000):
        end = "" if number == 1 else f"-{number}"
        name = stem[: LONGEST_NAME - len(end)] + end
        try:
            check_name(name, run)
        except MnistCoreError:
            continue
        if name.casefold() not in taken:
            return name
    raise MnistCoreError(f"there are a thousand models called {stem}; withdraw some")


def promote(
    run: Run,
    name: str,
    folder: str | os.PathLike[str] | None = None,
    *,
    replace: bool = False,
) -> Path:
    """Copy a run's best weights and their card among the promoted models; return the weights' path.

    The card says in addition, under "promoted", which run they are of and when that was. The run
    may be under way: it and the model are strangers from here on.

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
        If the name cannot be used or is taken, the run has no weights or unusable ones, or the
        folder cannot be written; the model of that name is then as it was.
    """
    check_name(name, run)
    content, card = _read(run)
    state = run.state()
    if card_accuracy(card) is None and state.validation_accuracy is not None:
        card["validation"] = {"accuracy": state.validation_accuracy}
    card["promoted"] = {"run": run.id, "name": state.name, "time": now()}
    place = promoted_folder(folder)
    make_folder(place)
    path = place / f"{name}.safetensors"
    with exclusive_lock(place / ".lock", _LOCK_TIMEOUT):
        for other in promoted_models(place):
            if other.casefold() == name.casefold() and not (replace and other == name):
                raise MnistCoreError(
                    f"there is a promoted model {other!r} already; replace it, or give another name"
                )
        before = _content(card_path(path))
        write_card(path, card)
        try:
            write_atomic(path, content)
        except MnistCoreError:
            _put_back(card_path(path), before)
            raise
    return path


def withdraw(name: str, folder: str | os.PathLike[str] | None = None) -> None:
    """Delete a promoted model; the run it comes from stays.

    Raises
    ------
    MnistCoreError
        If there is none of that name, or it cannot be deleted.
    """
    place = promoted_folder(folder)
    known = promoted_models(place)
    if name not in known:
        raise MnistCoreError(
            f"there is no promoted model {name!r} in {place}: {', '.join(known) or 'none yet'}"
        )
    path = place / f"{name}.safetensors"
    with exclusive_lock(place / ".lock", _LOCK_TIMEOUT):
        try:
            path.unlink(missing_ok=True)  # first: a model without a card is a model
            card_path(path).unlink(missing_ok=True)
        except OSError as error:
            raise MnistCoreError(f"{path}: cannot be deleted ({error.strerror})") from error


def list_promoted(folder: str | os.PathLike[str] | None = None) -> list[Promoted]:
    """Return every promoted model, by name; one that is damaged says so and harms no other."""
    place = promoted_folder(folder)
    return [_look(place / f"{name}.safetensors") for name in promoted_models(place)]


def _look(path: Path) -> Promoted:
    try:
        card = read_card(path)
        load_weights(path)
    except MnistCoreError as error:
        return Promoted(path.stem, problem=str(error))
    origin = card_origin(card)
    return Promoted(path.stem, origin["run"], origin["name"], origin["time"], card_accuracy(card))


def _read(run: Run) -> tuple[bytes, dict[str, Any]]:
    """Return weights that load and the card that belongs to them, even while the run is at work."""
    path = run.weights_path
    if not path.is_file():
        raise MnistCoreError(f"run {run.id} has no weights yet: no epoch is complete")
    for _ in range(_TRIES):
        before = _stamps(path)
        load_weights(path)
        try:
            content = path.read_bytes()
        except OSError as error:
            raise MnistCoreError(f"{path}: cannot be read ({error.strerror})") from error
        card = read_card(path)
        # an epoch writes the weights, then the card: between the two they are not a pair
        apart = run.is_active() and before[1:] < before[:1]
        if before == _stamps(path) and not apart:
            return content, card
        time.sleep(_PAUSE)
    raise MnistCoreError(f"run {run.id} is writing its weights; try again in a moment")


def _stamps(path: Path) -> tuple[int, ...]:
    """Return when weights and card were written, in nanoseconds; 0 for what is not there."""
    return tuple(
        file.stat().st_mtime_ns if file.is_file() else 0 for file in (path, card_path(path))
    )


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _put_back(path: Path, content: bytes | None) -> None:
    """Undo what was written; where the disk is so full that even this fails, the card stays new."""
    try:
        if content is None:
            path.unlink(missing_ok=True)
        else:
            write_atomic(path, content)
    except (OSError, MnistCoreError):
        return
