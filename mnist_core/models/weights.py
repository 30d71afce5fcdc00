"""Weights files: tensors and model card in one safetensors file. Nothing is ever unpickled."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from mnist_core.errors import MnistCoreError
from mnist_core.models.architectures import ARCHITECTURES, ModelSpec
from mnist_core.models.card import ModelCard
from mnist_core.models.damage import incomplete_file, is_pickle
from mnist_core.models.ensemble import ENSEMBLE, Ensemble
from mnist_core.models.network import DigitNet
from mnist_core.models.weights_format import CARD, MAX_WEIGHTS_BYTES, card_path, read_header
from mnist_core.utils.files import make_folder, write_atomic
from mnist_core.utils.json_files import MissingFileError, read_json, read_regular_file

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
    full_card = ModelCard.parse(_merge(describe(model), given))
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


def read_card(path: Path) -> ModelCard:
    """Return the card of a weights file. Raises as `load_weights`."""
    return _read(path)[1]


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


def _merge(network: Mapping[str, Any], card: Mapping[str, Any]) -> dict[str, Any]:
    """Return the card with what the network is built from in front."""
    merged = {**network, **card, **network}
    if card.get("members"):
        both = zip(network["members"], card["members"], strict=False)
        merged["members"] = [{**spec, **member, **spec} for spec, member in both]
    return merged


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
    try:
        content = read_regular_file(path, MAX_WEIGHTS_BYTES)
    except MissingFileError:
        raise MnistCoreError(f"{path}: there is no such weights file") from None
    try:
        tensors = load(content)
    except (SafetensorError, KeyError, ValueError, RuntimeError) as error:
        if is_pickle(content):
            stem = path.stem if path.suffix != ".safetensors" else f"{path.stem}-converted"
            message = _PICKLE.format(path=str(path), output=f"{stem}.safetensors")
            raise MnistCoreError(message) from None
        raise incomplete_file(path, error) from None
    unwrapped = {
        ".".join(part for part in name.split(".") if part not in _WRAPPERS): tensor
        for name, tensor in tensors.items()
    }
    if len(unwrapped) < len(tensors):
        raise MnistCoreError(f"{path}: two tensors have one name; remove one of them")
    return unwrapped, _read_card(path, content)


def _read_card(path: Path, content: bytes) -> ModelCard:
    """Return the card of a valid safetensors file."""
    metadata = read_header(content).get("__metadata__") or {}
    try:
        if CARD in metadata:
            card = ModelCard.parse(metadata[CARD])
        elif metadata.get("format") == "mnist_core":
            card = _card_of_two_files(path, metadata)
        else:
            card = ModelCard()
    except MnistCoreError as error:
        raise MnistCoreError(f"{path}: {error}") from error
    if not card.architecture:
        raise MnistCoreError(
            f"{path}: a safetensors file, but its metadata does not name an architecture of "
            f"mnist_core ({', '.join([*ARCHITECTURES, ENSEMBLE])}); write it with save_weights"
        )
    return card


def _card_of_two_files(path: Path, metadata: Mapping[str, str]) -> ModelCard:
    """Return the card of a file of version 0.1: its metadata says how to build the network."""
    architecture = metadata.get("architecture", "")
    try:
        if architecture == ENSEMBLE:
            members = [ModelSpec.parse(one).as_dict() for one in json.loads(metadata["members"])]
            network = {"architecture": ENSEMBLE, "vote": metadata.get("vote"), "members": members}
        else:
            options = json.loads(metadata.get("options", "{}"))
            network = ModelSpec.parse({**options, "architecture": architecture}).as_dict()
    except (KeyError, ValueError, TypeError, RecursionError) as error:
        raise MnistCoreError(f"its metadata is damaged ({error})") from None
    try:
        card = read_json(card_path(path), ModelCard).as_dict()
    except MissingFileError:
        card = {}
    return ModelCard.parse(_merge(network, card))


_PICKLE = """{path}: a PyTorch pickle, which could run any code when it is loaded; convert it with
    import torch
    from safetensors.torch import save_file
    state = torch.load(open({path!r}, "rb"), weights_only=True)
    save_file(state, {output!r}, {{"format": "mnist_core", "architecture": "mnist_cnn"}})
where state is a state_dict and mnist_cnn the name of its architecture"""
