"""What is said of a damaged weights file. Imports no torch."""

from pathlib import Path

from safetensors import SafetensorError, safe_open

from mnist_core.errors import MnistCoreError


def incomplete_file(path: Path, error: Exception) -> MnistCoreError:
    """Return the error of a file that is no complete safetensors file."""
    return MnistCoreError(
        f"{path}: not a complete safetensors file, it is truncated or of another kind "
        f"({error}); copy it again or train again"
    )


def is_pickle(content: bytes) -> bool:
    """Return whether a file was written by torch.save or pickle, from its first 256 bytes."""
    is_zip = content.startswith(b"PK\x03\x04") and b"data.pkl" in content[:256]
    return is_zip or (content[:1] == b"\x80" and content[1:2] <= b"\x05")


def check_complete(path: Path) -> None:
    """Raise MnistCoreError at once for a file that is no complete safetensors file.

    A pickle passes, and so does a file that cannot be read: what loads it says more about them.
    """
    try:
        with safe_open(path, framework="np"):
            return
    except OSError:
        return
    except SafetensorError as error:
        with path.open("rb") as file:
            if not is_pickle(file.read(256)):
                raise incomplete_file(path, error) from None
