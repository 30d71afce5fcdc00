"""Weights on disk: a safetensors file and a JSON card beside it. Nothing is ever unpickled."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from mnist_core.errors import MnistCoreError
from mnist_core.files import make_folder, write_atomic
from mnist_core.models import ARCHITECTURES, DigitNet, build_model

SHIPPED = Path(__file__).resolve().parents[1] / "weights"
DEFAULT = "default"
_FORMAT = "mnist_core"


def shipped_models(folder: Path = SHIPPED) -> list[str]:
    """Return the names of the weights in `folder`, the default first."""
    names = sorted(path.stem for path in folder.glob("*.safetensors"))
    return sorted(names, key=lambda name: name != DEFAULT)


def weights_path(name_or_path: str | os.PathLike[str] = DEFAULT) -> Path:
    """Return the file for a shipped name, or the path itself.

    Raises
    ------
    MnistCoreError
        If there is no such file; the message lists the shipped names.
    """
    shipped = shipped_models()
    if str(name_or_path) in shipped:
        return SHIPPED / f"{name_or_path}.safetensors"
    path = Path(name_or_path)
    if not path.is_file():
        raise MnistCoreError(
            f"no weights {str(name_or_path)!r}: neither a file nor one of the shipped "
            f"({', '.join(shipped) or f'none in {SHIPPED}'})"
        )
    return path


def save_weights(path: Path, model: DigitNet, architecture: str, card: dict[str, Any]) -> None:
    """Write `path` (safetensors) and its card (`path` with .json), each in one atomic step.

    Raises
    ------
    MnistCoreError
        If they cannot be written there.
    """
    state = {
        name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()
    }
    make_folder(path.parent)
    write_atomic(path, save(state, {"format": _FORMAT, "architecture": architecture}))
    write_card(path, {"architecture": architecture, **card})


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


def load_weights(path: Path) -> tuple[DigitNet, str]:
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
    if metadata.get("format") != _FORMAT or architecture not in ARCHITECTURES:
        raise MnistCoreError(
            f"{path}: a safetensors file, but not one of ours (architecture "
            f"{architecture!r}); known architectures: {', '.join(ARCHITECTURES)}"
        )
    model = build_model(architecture)
    try:
        model.load_state_dict(state)
    except RuntimeError as error:
        raise MnistCoreError(f"{path}: does not fit {architecture} ({error})") from error
    broken = [name for name, tensor in state.items() if not torch.isfinite(tensor).all()]
    if broken:
        raise MnistCoreError(f"{path}: NaN or infinity in {', '.join(broken)}; train anew")
    return model.eval(), architecture
