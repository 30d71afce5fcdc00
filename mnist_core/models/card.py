"""Model cards: how weights were made and how they score."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mnist_core.errors import MnistCoreError
from mnist_core.utils.files import write_atomic


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
