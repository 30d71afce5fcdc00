"""Checkpoint files: the complete state of a trainer. Reading one runs no pickled code."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

import torch

from mnist_core.errors import MnistCoreError
from mnist_core.utils.files import write_atomic


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write a state. Raises MnistCoreError if it cannot be written; an older file is kept."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_atomic(path, buffer.getvalue())


def load_checkpoint(path: Path, device: torch.device | str = "cpu") -> dict[str, Any]:
    """Load a state onto a device. Raises MnistCoreError, with the remedy, if it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            damaged = archive.testzip()  # torch does not check the checksums
        if damaged:
            raise ValueError(f"{damaged} is damaged")
        return torch.load(path, map_location=device, weights_only=True)
    except Exception as error:  # torch and zipfile raise many types for damaged files
        first_line = str(error).partition("\n")[0]
        raise MnistCoreError(
            f"{path}: the checkpoint is damaged ({first_line}); delete it to train from the start"
        ) from error
