"""The card in a weights file, or next to one of version 0.1. Imports no torch for a card in it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from safetensors import SafetensorError, deserialize

from mnist_core.errors import MnistCoreError
from mnist_core.models.card import ModelCard
from mnist_core.models.damage import incomplete_file, is_pickle
from mnist_core.models.options import ENSEMBLE, Architecture
from mnist_core.models.weights_format import CARD, MAX_WEIGHTS_BYTES, card_path, read_header
from mnist_core.utils.json_files import MissingFileError, read_json, read_regular_file


def read_card(path: Path) -> ModelCard:
    """Return the card of a weights file.

    Raises
    ------
    MnistCoreError
        If the file is missing, damaged, a pickle, of another kind, or not written by this program.
        The message says which, and what to do.
    """
    content = read_content(path)
    try:
        deserialize(content)
    except (SafetensorError, ValueError) as error:
        raise unreadable_file(path, content, error) from None
    return card_of(path, content)


def read_content(path: Path) -> bytes:
    """Return the bytes of a weights file. Raises MnistCoreError if it is missing or too large."""
    try:
        return read_regular_file(path, MAX_WEIGHTS_BYTES)
    except MissingFileError:
        raise MnistCoreError(f"{path}: there is no such weights file") from None


def unreadable_file(path: Path, content: bytes, error: Exception) -> MnistCoreError:
    """Return the error of a file that is a pickle, or no complete safetensors file."""
    if is_pickle(content):
        stem = path.stem if path.suffix != ".safetensors" else f"{path.stem}-converted"
        return MnistCoreError(_PICKLE.format(path=str(path), output=f"{stem}.safetensors"))
    return incomplete_file(path, error)


def card_of(path: Path, content: bytes) -> ModelCard:
    """Return the card of a valid safetensors file.

    Raises MnistCoreError if it has none, and its metadata do not name the architecture.
    """
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
        names = ", ".join([*get_args(Architecture), ENSEMBLE])
        raise MnistCoreError(
            f"{path}: a safetensors file, but its metadata does not name an architecture of "
            f"mnist_core ({names}); write it with save_weights"
        )
    return card


def merge_card(network: Mapping[str, Any], card: Mapping[str, Any]) -> dict[str, Any]:
    """Return a card with what the network is built from in front."""
    merged = {**network, **card, **network}
    if card.get("members"):
        both = zip(network["members"], card["members"], strict=False)
        merged["members"] = [{**spec, **member, **spec} for spec, member in both]
    return merged


def _card_of_two_files(path: Path, metadata: Mapping[str, str]) -> ModelCard:
    """Return the card of a file of version 0.1: its metadata says how to build the network."""
    from mnist_core.models.architectures import ModelSpec  # imports torch

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
    return ModelCard.parse(merge_card(network, card))


_PICKLE = """{path}: a PyTorch pickle, which could run any code when it is loaded; convert it with
    import torch
    from safetensors.torch import save_file
    state = torch.load(open({path!r}, "rb"), weights_only=True)
    save_file(state, {output!r}, {{"format": "mnist_core", "architecture": "mnist_cnn"}})
where state is a state_dict and mnist_cnn the name of its architecture"""
