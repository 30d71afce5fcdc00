"""Weights on disk: a safetensors file and a JSON card beside it. Nothing is ever unpickled."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from mnist_core.errors import MnistCoreError
from mnist_core.models.architectures import ARCHITECTURES, DigitNet, ModelSpec, build_model
from mnist_core.models.ensemble import Ensemble
from mnist_core.utils.files import make_folder, write_atomic

SHIPPED = Path(__file__).resolve().parents[2] / "weights"
DEFAULT = "default"
ENSEMBLE = "ensemble"
Network = DigitNet | Ensemble
MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
"""What a promoted model may be called: safe as a file's name, and no command's option."""
_FORMAT = "mnist_core"


def shipped_models(folder: Path = SHIPPED) -> list[str]:
    """Return the names of the weights in `folder`, the default first."""
    names = sorted(path.stem for path in folder.glob("*.safetensors"))
    return sorted(names, key=lambda name: name != DEFAULT)


def promoted_folder(folder: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of promoted weights: argument, MNIST_MODELS, or weights/promoted."""
    return Path(folder or os.environ.get("MNIST_MODELS") or SHIPPED / "promoted")


def promoted_models(folder: str | os.PathLike[str] | None = None) -> list[str]:
    """Return the names of the promoted weights. Their files are not looked into.

    A file whose name is not allowed, or is that of shipped weights, is passed over.
    """
    shipped = {name.casefold() for name in shipped_models()}
    return sorted(
        path.stem
        for path in promoted_folder(folder).glob("*.safetensors")
        if MODEL_NAME.fullmatch(path.stem) and path.stem.casefold() not in shipped
    )


def available_models() -> list[str]:
    """Return every name that `weights_path` knows: the shipped, the default first; the promoted."""
    return [*shipped_models(), *promoted_models()]


def model_path(name: str) -> Path | None:
    """Return the file of shipped or promoted weights; None if there are none of that name."""
    if not MODEL_NAME.fullmatch(name):
        return None
    for folder in (SHIPPED, promoted_folder()):
        path = folder / f"{name}.safetensors"
        if path.is_file():
            return path
    return None


def weights_path(name_or_path: str | os.PathLike[str] = DEFAULT) -> Path:
    """Return the file for a shipped or promoted name, or the path itself.

    Raises
    ------
    MnistCoreError
        If there is no such file; the message lists the names.
    """
    name = str(name_or_path)
    if (known := model_path(name)) is not None:
        return known
    path = Path(name_or_path)
    if not os.path.isfile(path):  # False, not an error, for an absurd name
        shipped, promoted = shipped_models(), promoted_models()
        also = f", nor one of the promoted ({', '.join(promoted)})" if promoted else ""
        raise MnistCoreError(
            f"no weights {name!r}: neither a file nor one of the shipped "
            f"({', '.join(shipped) or f'none in {SHIPPED}'}){also}"
        )
    return path


def save_weights(path: Path, model: Network, card: dict[str, Any]) -> None:
    """Write `path` (safetensors) and its card (`path` with .json), each in one atomic step.

    Parameters
    ----------
    path : Path
    model : DigitNet of `build_model`, or Ensemble of such
    card : dict of JSON types
        How the weights were made; what the network is built from is put in front.

    Raises
    ------
    MnistCoreError
        If they cannot be written there, or the network was not made by `build_model`.
    """
    description = describe(model)
    state = {
        name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()
    }
    make_folder(path.parent)
    write_atomic(path, save(state, {"format": _FORMAT, **_metadata(description)}))
    write_card(path, {**description, **card})


def write_card(path: Path, card: dict[str, Any]) -> None:
    """Write the card of the weights at `path`. Raises MnistCoreError if it cannot be written."""
    text = json.dumps(card, indent=2, ensure_ascii=False)
    write_atomic(card_path(path), text + "\n")


def card_path(path: Path) -> Path:
    """Return where the card of a weights file lies."""
    return path.with_suffix(".json")


def read_card(path: Path) -> dict[str, Any]:
    """Return the card beside a weights file; empty where there is none.

    Raises
    ------
    MnistCoreError
        If the card is there but is not a JSON object.
    """
    card = card_path(path)
    if not card.is_file():
        return {}
    try:
        content = json.loads(card.read_text(encoding="utf-8"))
    except ValueError as error:
        raise MnistCoreError(f"{card} is not JSON ({error}); restore or delete it") from error
    if not isinstance(content, dict):
        raise MnistCoreError(f"{card} holds no JSON object; restore or delete it")
    return content


def card_accuracy(card: dict[str, Any], split: str = "validation") -> float | None:
    """Return the accuracy in [0, 1] that a card gives for a split; None if it gives none."""
    scores = card.get(split)
    accuracy = scores.get("accuracy") if isinstance(scores, dict) else None
    return float(accuracy) if isinstance(accuracy, int | float) else None


def card_origin(card: dict[str, Any]) -> dict[str, str]:
    """Return what a promoted model's card says of where it comes from: run, name, time.

    What it does not say is empty.
    """
    origin = card.get("promoted")
    said = origin if isinstance(origin, dict) else {}
    return {key: str(said.get(key) or "") for key in ("run", "name", "time")}


def load_weights(path: Path) -> tuple[Network, str]:
    """Return the network in eval mode, on the CPU, and the name of its architecture.

    Raises
    ------
    MnistCoreError
        If the file is missing, truncated, no safetensors file, not written by this program, or
        does not fit its architecture. The message says which.
    """
    if not path.is_file():
        raise MnistCoreError(f"{path}: there is no such weights file")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            state = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, ValueError) as error:
        raise MnistCoreError(
            f"{path}: not a whole safetensors file, it is truncated or of another kind ({error}); "
            "copy it again or train anew"
        ) from error
    architecture = metadata.get("architecture")
    known = [*ARCHITECTURES, ENSEMBLE]
    if metadata.get("format") != _FORMAT or architecture not in known:
        raise MnistCoreError(
            f"{path}: a safetensors file, but not one of ours (architecture "
            f"{architecture!r}); known architectures: {', '.join(known)}"
        )
    try:
        model = _build(metadata)
        model.load_state_dict(state)
    except (MnistCoreError, RuntimeError) as error:
        raise MnistCoreError(f"{path}: does not fit {architecture} ({error})") from error
    broken = [name for name, tensor in state.items() if not torch.isfinite(tensor).all()]
    if broken:
        raise MnistCoreError(f"{path}: NaN or infinity in {', '.join(broken)}; train anew")
    return model.eval(), architecture


def describe(model: Network) -> dict[str, Any]:
    """Return what a network is built from, as JSON types; the architecture comes first.

    Raises MnistCoreError if it was not made by `build_model`.
    """
    if isinstance(model, Ensemble):
        members = [describe(member) for member in model.members]
        return {"architecture": ENSEMBLE, "vote": model.vote, "members": members}
    if model.spec is None:
        raise MnistCoreError(
            "a network that was put together by hand cannot be read back; use build_model"
        )
    return model.spec.as_dict()


def _metadata(description: dict[str, Any]) -> dict[str, str]:
    """Return what `_build` reads: safetensors keeps strings only."""
    architecture = description["architecture"]
    if architecture == ENSEMBLE:
        return {**description, "members": json.dumps(description["members"])}
    options = {name: value for name, value in description.items() if name != "architecture"}
    return {"architecture": architecture, **({"options": json.dumps(options)} if options else {})}


def _build(metadata: dict[str, str]) -> Network:
    if metadata["architecture"] == ENSEMBLE:
        members = _parse(metadata.get("members", ""), "members", list)
        return Ensemble([_build_member(member) for member in members], metadata.get("vote", ""))
    options = _parse(metadata.get("options", "{}"), "options", dict)
    return _build_member({**options, "architecture": metadata["architecture"]})


def _build_member(description: object) -> DigitNet:
    spec = ModelSpec.from_dict(description)
    return build_model(spec.architecture, **spec.options())


def _parse(text: str, what: str, kind: type) -> Any:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise MnistCoreError(f"its {what} are not JSON: {error}") from error
    if not isinstance(value, kind):
        raise MnistCoreError(f"its {what} are no JSON {kind.__name__}")
    return value
