"""Checkpoints on disk: a trainer's whole state. Read without running any pickled code."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import torch

from mnist_core.errors import MnistCoreError
from mnist_core.utils.files import write_atomic


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write a state. Raises MnistCoreError if it cannot be written; the old one is kept."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_atomic(path, buffer.getvalue())


def load_checkpoint(path: Path, device: torch.device | str = "cpu") -> dict[str, Any]:
    """Read a state onto a device. Raises MnistCoreError, saying what to do, if it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()  # torch does not look at the checksums
        if damaged:
            raise ValueError(f"{damaged} is damaged")
        return torch.load(path, map_location=device, weights_only=True)
    except Exception as error:  # damage can surface as nearly anything in there
        first_line = str(error).partition("\n")[0]
        raise MnistCoreError(
            f"{path}: not a whole checkpoint ({first_line}); delete it to train from the start"
        ) from error
