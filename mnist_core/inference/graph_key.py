"""A text that says which graph weights are exported to. Imports no torch."""

import hashlib
import json
from pathlib import Path
from typing import Any

from mnist_core.errors import MnistCoreError
from mnist_core.inference.graph_format import FORMAT
from mnist_core.models.card import ModelCard
from mnist_core.models.weights_format import (
    CARD,
    MAX_WEIGHTS_BYTES,
    card_path,
    header_end,
    read_header,
)
from mnist_core.utils.json_files import DamagedFileError, read_regular_file


def graph_key(path: Path) -> str:
    """Return a text that changes when what a weights file computes does, and only then.

    It depends on the tensors, on what the network is built from, on its calibration and on the
    format of graphs; scores and other notes of the card may change.

    Raises
    ------
    MnistCoreError
        If the file cannot be read. A damaged one has a key: exporting it says what is wrong.
    """
    content = read_regular_file(path, MAX_WEIGHTS_BYTES)
    found = _header(content)
    if found is None:
        parts = [content, _side_card(path)]
    else:
        tensors, card = found
        computed = json.dumps([tensors, _computed(card)], sort_keys=True).encode()
        parts = [computed, content[header_end(content) :]]
    digest = hashlib.sha256(f"{FORMAT}".encode())
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


def card_in_header(path: Path) -> ModelCard | None:
    """Return the card in a weights file; None if it has none. Raises if it cannot be read."""
    found = _header(read_regular_file(path, MAX_WEIGHTS_BYTES))
    return found and found[1]


def stored_card(path: Path) -> ModelCard:
    """Return the card in a weights file, or beside it; an empty one if there is none.

    Raises
    ------
    MnistCoreError
        If the file cannot be read.
    """
    found = card_in_header(path)
    if found is not None:
        return found
    try:
        return ModelCard.parse(_side_card(path).decode())
    except (MnistCoreError, ValueError):
        return ModelCard()


def _header(content: bytes) -> tuple[dict[str, Any], ModelCard] | None:
    """Return what a weights file says about its tensors, and its card.

    None if it is damaged, of another program, or of version 0.1, whose card is a file of its own.
    """
    try:
        header = read_header(content)
        card = ModelCard.parse(header.pop("__metadata__")[CARD])
    except (MnistCoreError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return header, card


def _computed(card: ModelCard) -> list[Any]:
    """Return what a card says about what is computed."""
    members = [(member.architecture, member.kernel_size) for member in card.members]
    calibration = card.calibration and card.calibration.model_dump()
    return [card.architecture, card.kernel_size, card.vote, card.refuses, members, calibration]


def _side_card(path: Path) -> bytes:
    try:
        return read_regular_file(card_path(path), MAX_WEIGHTS_BYTES)
    except DamagedFileError:
        return b""
