"""Weights files: tensors and model card in one safetensors file. Nothing is ever unpickled."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from mnist_core.errors import MnistCoreError
from mnist_core.models.card import ModelCard
from mnist_core.models.card_file import card_of, merge_card, read_content, unreadable_file
from mnist_core.models.ensemble import ENSEMBLE, Ensemble
from mnist_core.models.network import DigitNet
from mnist_core.models.weights_format import CARD, card_path
from mnist_core.utils.files import make_folder, write_atomic

Network = DigitNet | Ensemble
_WRAPPERS = {"module", "_orig_mod"}
"""Name parts that DataParallel and torch.compile insert in front of a network's own."""


def save_weights(
    path: Path, model: Network, card: ModelCard | Mapping[str, Any], *, half: bool = False
) -> None:
    """Write weights and card as one file, atomically; equal content gives equal bytes.

    A card next to it (`card_path`), as shipped weights have one, is rewritten as well.

    Parameters
    ----------
    path : Path
    model : DigitNet of `build_model`, or Ensemble of such
    card : ModelCard, or mapping of JSON types
        How the weights were made; what the network is built from is added.
    half : bool
        Store float16 instead of float32, in half the space; loading gives float32 again.

    Raises
    ------
    MnistCoreError
        If the file cannot be written, or the network was not made by `build_model`.
    """
    given = card.as_dict() if isinstance(card, ModelCard) else card
    full_card = ModelCard.parse(merge_card(describe(model), given))
    tensors = {name: tensor.detach().cpu() for name, tensor in model.state_dict().items()}
    if half:
        tensors = {n: t.half() if t.is_floating_point() else t for n, t in tensors.items()}
    make_folder(path.parent)
    _write(path, tensors, full_card)


def load_weights(path: Path) -> tuple[Network, ModelCard]:
    """Return the network in eval mode, on the CPU, and its card; the card has the architecture.

    Files of earlier versions have a separate card (`card_path`) or none. Prefixes such as
    `module.` and `_orig_mod.` (DataParallel, torch.compile) are removed from tensor names.

    Raises
    ------
    MnistCoreError
        If the file is missing, damaged, a pickle, of another kind, not written by this program, or
        does not fit its architecture. The message says which, and what to do.
    """
    tensors, card = _read(path)
    try:
        model = _build(card)
        model.load_state_dict(tensors)
    except (MnistCoreError, RuntimeError) as error:
        raise MnistCoreError(f"{path}: does not fit {card.architecture} ({error})") from error
    loaded = model.state_dict()
    for name, tensor in tensors.items():
        if tensor.is_floating_point() != loaded[name].is_floating_point() or tensor.is_complex():
            raise MnistCoreError(
                f"{path}: {name} is {tensor.dtype}, not {loaded[name].dtype}; convert it first"
            )
    broken = [name for name, tensor in tensors.items() if not torch.isfinite(tensor).all()]
    if broken:
        raise MnistCoreError(f"{path}: NaN or infinity in {', '.join(broken)}; train again")
    return model.eval(), card


def update_card(path: Path, **changes: Any) -> None:
    """Change some keys of a weights file's card; the tensors stay as they are.

    Raises
    ------
    MnistCoreError
        As `load_weights`, or if the file cannot be written.
    """
    tensors, card = _read(path)
    _write(path, tensors, card.updated(**changes))


def describe(model: Network) -> dict[str, Any]:
    """Return what a network is built from, as JSON types; the architecture comes first.

    Raises MnistCoreError if it was not made by `build_model`.
    """
    if isinstance(model, Ensemble):
        members = [describe(member) for member in model.members]
        network = {"architecture": ENSEMBLE, "vote": model.vote, "members": members}
        return {**network, "refuses": True} if model.refuses else network
    if model.spec is None:
        raise MnistCoreError("only networks made by build_model can be saved; use build_model")
    return model.spec.as_dict()


def _build(card: ModelCard) -> Network:
    if card.architecture == ENSEMBLE:
        members = [member.spec().build() for member in card.members]
        return Ensemble(members, card.vote or "", refuses=card.refuses)
    return card.spec().build()


def _write(path: Path, tensors: Mapping[str, Tensor], card: ModelCard) -> None:
    contiguous = {name: tensor.contiguous() for name, tensor in tensors.items()}
    write_atomic(path, save(contiguous, {CARD: card.as_json(indent=None)}))
    if card_path(path).is_file():
        write_atomic(card_path(path), card.as_json() + "\n")


def _read(path: Path) -> tuple[dict[str, Tensor], ModelCard]:
    content = read_content(path)
    try:
        tensors = load(content)
    except (SafetensorError, KeyError, ValueError, RuntimeError) as error:
        raise unreadable_file(path, content, error) from None
    unwrapped = {
        ".".join(part for part in name.split(".") if part not in _WRAPPERS): tensor
        for name, tensor in tensors.items()
    }
    if len(unwrapped) < len(tensors):
        raise MnistCoreError(f"{path}: two tensors have one name; remove one of them")
    return unwrapped, card_of(path, content)
