"""Weights on disk: a safetensors file and a JSON card beside it. Nothing is ever unpickled."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from mnist_core.errors import MnistCoreError
from mnist_core.models.architectures import ARCHITECTURES, DigitNet, ModelSpec, build_model
from mnist_core.models.card import write_card
from mnist_core.models.ensemble import Ensemble
from mnist_core.utils.files import make_folder, write_atomic

ENSEMBLE = "ensemble"
Network = DigitNet | Ensemble
_FORMAT = "mnist_core"


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
