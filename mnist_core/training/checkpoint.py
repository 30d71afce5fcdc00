"""Checkpoint files: the complete state of a trainer. Reading one runs no pickled code."""

import io
import zipfile
from pathlib import Path
from typing import Any

import torch

from mnist_core.errors import MnistCoreError
from mnist_core.utils.devices import choose_device
from mnist_core.utils.files import write_atomic
from mnist_core.utils.json_files import DamagedFileError, read_regular_file

_MAX_BYTES = 2**30 - 1
"""Larger files are refused unread; that of the largest network here takes 20 MB."""
_REMEDY = "delete it to train from the start"


def save_checkpoint(path: Path, state: dict[str, Any]) -> None:
    """Write a state. Raises MnistCoreError if it cannot be written; an older file is kept."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    write_atomic(path, buffer.getvalue())


def load_checkpoint(path: Path, device: torch.device | str = "cpu") -> dict[str, Any]:
    """Load a state onto a device. Raises MnistCoreError, with the remedy, if it is damaged."""
    device = choose_device(device)
    try:
        content = io.BytesIO(read_regular_file(path, _MAX_BYTES))
        with zipfile.ZipFile(content) as archive:
            damaged = archive.testzip()  # torch does not check the checksums
        if damaged:
            raise ValueError(f"{damaged} is damaged")
        content.seek(0)
        return torch.load(content, map_location=device, weights_only=True)
    except DamagedFileError as error:
        raise MnistCoreError(f"{error}; {_REMEDY}") from error
    except Exception as error:  # torch and zipfile raise many types for damaged files
        first_line = str(error).partition("\n")[0]
        raise MnistCoreError(
            f"{path}: the checkpoint is damaged ({first_line}); {_REMEDY}"
        ) from error
