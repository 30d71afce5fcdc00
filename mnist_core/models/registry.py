"""Names of models: the shipped and the promoted, their folders, and name -> weights file."""

from __future__ import annotations

import os
import re
from pathlib import Path

from platformdirs import user_data_path

from mnist_core.errors import MnistCoreError

_PACKAGE = Path(__file__).resolve().parents[1]
# in an installation the weights lie inside the package, in a checkout beside it
SHIPPED = next(
    folder for folder in (_PACKAGE / "weights", _PACKAGE.parent / "weights") if folder.is_dir()
)
DEFAULT = "default"
MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
"""Names allowed for promoted models: safe as a file name, and never taken for an option."""


def shipped_models(folder: Path = SHIPPED) -> list[str]:
    """Return the names of the weights in `folder`, the default first."""
    names = sorted(path.stem for path in folder.glob("*.safetensors"))
    return sorted(names, key=lambda name: name != DEFAULT)


def promoted_folder(folder: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of promoted weights: argument, MNIST_MODELS, or the user's data folder.

    In a checkout that still has the former default `weights/promoted`, that folder is used.
    """
    if chosen := folder or os.environ.get("MNIST_MODELS"):
        return Path(chosen)
    former = SHIPPED / "promoted"
    return former if former.is_dir() else user_data_path("drawpad", appauthor=False) / "models"


def promoted_models(folder: str | os.PathLike[str] | None = None) -> list[str]:
    """Return the names of the promoted weights. Their files are not looked into.

    A file whose name is not allowed, or is that of shipped weights, is passed over.
    """
    shipped = {name.casefold() for name in shipped_models()}
    return sorted(
        path.stem
        for path in promoted_folder(folder).glob("*.safetensors")
        if MODEL_NAME.fullmatch(path.stem) and path.stem.casefold() not in shipped
    )


def available_models() -> list[str]:
    """Return every name that `weights_path` knows: the shipped, the default first; the promoted."""
    return [*shipped_models(), *promoted_models()]


def model_path(name: str) -> Path | None:
    """Return the file of shipped or promoted weights; None if there are none of that name."""
    if not MODEL_NAME.fullmatch(name):
        return None
    for folder in (SHIPPED, promoted_folder()):
        path = folder / f"{name}.safetensors"
        if path.is_file():
            return path
    return None


def weights_path(name_or_path: str | os.PathLike[str] = DEFAULT) -> Path:
    """Return the file for a shipped or promoted name, or the path itself.

    Raises
    ------
    MnistCoreError
        If there is no such file; the message lists the names.
    """
    name = str(name_or_path)
    if (known := model_path(name)) is not None:
        return known
    path = Path(name_or_path)
    if not os.path.isfile(path):  # False, not an error, for an absurd name
        shipped, promoted = shipped_models(), promoted_models()
        also = f", nor one of the promoted ({', '.join(promoted)})" if promoted else ""
        raise MnistCoreError(
            f"no weights {name!r}: neither a file nor one of the shipped "
            f"({', '.join(shipped) or f'none in {SHIPPED}'}){also}"
        )
    return path
