"""What is said of a damaged weights file. Imports no torch."""

from __future__ import annotations

from pathlib import Path

from safetensors import SafetensorError, safe_open

from mnist_core.errors import MnistCoreError


def incomplete_file(path: Path, error: Exception) -> MnistCoreError:
    """Return the error of a file that is no complete safetensors file."""
    return MnistCoreError(
        f"{path}: not a complete safetensors file, it is truncated or of another kind "
        f"({error}); copy it again or train again"
    )


def check_complete(path: Path) -> None:
    """Raise MnistCoreError at once for a file that is no complete safetensors file.

    A pickle passes: loading it says how to convert it.
    """
    try:
        with safe_open(path, framework="np"):
            pass
    except SafetensorError as error:
        with path.open("rb") as file:
            if file.read(2) not in (b"PK", b"\x80\x02", b"\x80\x04", b"\x80\x05"):
                raise incomplete_file(path, error) from None
    except OSError:
        pass  # a file that is missing or cannot be read is explained where it is loaded
