"""The format of weights files: safetensors, with the card in the metadata. Imports no torch."""

import json
from pathlib import Path
from typing import Any

MAX_WEIGHTS_BYTES = 512 * 2**20
"""Larger files are refused unread; the largest single network takes 4 MB."""

CARD = "mnist_core"
"""The metadata key of the card. One key only: safetensors writes several in random order."""


def read_header(content: bytes) -> dict[str, Any]:
    """Return the header: what it says of each tensor, and under `__metadata__` the metadata.

    Raises ValueError, TypeError or RecursionError for the content of another file.
    """
    return json.loads(content[8 : header_end(content)])


def header_end(content: bytes) -> int:
    """Return where the header ends and the tensors' data begin."""
    return 8 + int.from_bytes(content[:8], "little")


def card_path(path: Path) -> Path:
    """Return the path of the separate card next to a weights file."""
    return path.with_suffix(".json")
