"""Names of models: the shipped and the promoted, their folders, and name -> weights file."""

import os
import re
from pathlib import Path

import platformdirs

from mnist_core.errors import MnistCoreError

DEFAULT = "default"
MODEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
"""Names allowed for promoted models: safe as a file name, and never parsed as an option."""

_PACKAGE = Path(__file__).resolve().parents[1]
CHECKOUT = _PACKAGE.parent / "weights"
"""Folder of the weights in a checkout."""


def shipped_folder() -> Path:
    """Return the folder of the shipped weights: in the installed package, or in the checkout."""
    installed = _PACKAGE / "weights"
    return installed if installed.is_dir() else CHECKOUT


def imaging_graph_path(name: str) -> Path:
    """Return the file of an exported imaging step; see `inference.imaging_graphs`."""
    return shipped_folder() / "imaging" / f"{name}.onnx"


def graph_path(weights: Path) -> Path:
    """Return the path of the exported graph next to a weights file."""
    return weights.with_suffix(".onnx")


def promoted_folder(folder: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder of promoted weights: argument, MNIST_MODELS, or the user's data folder."""
    chosen = folder or os.environ.get("MNIST_MODELS")
    if chosen:
        return Path(chosen)
    return platformdirs.user_data_path("drawpad", appauthor=False) / "models"


def shipped_models() -> list[str]:
    """Return the names of the shipped weights, the default first."""
    names = sorted(path.stem for path in shipped_folder().glob("*.safetensors"))
    return sorted(names, key=lambda name: name != DEFAULT)


def promoted_models(folder: str | os.PathLike[str] | None = None) -> list[str]:
    """Return the names of the promoted weights, without reading the files.

    Files whose name is not allowed, or is that of shipped weights, are ignored.
    """
    shipped = {name.casefold() for name in shipped_models()}
    names = {
        path.stem
        for place in _promoted_folders(folder)
        for path in place.glob("*.safetensors")
        if MODEL_NAME.fullmatch(path.stem)
        and path.stem.casefold() not in shipped
        and path.is_file()
    }
    return sorted(names)


def available_models() -> list[str]:
    """Return all names that `weights_path` accepts: shipped (the default first), then promoted."""
    return [*shipped_models(), *promoted_models()]


def model_path(name: str, folder: str | os.PathLike[str] | None = None) -> Path | None:
    """Return the file of shipped or promoted weights; None for a name that is not offered."""
    if not MODEL_NAME.fullmatch(name):
        return None
    shipped = shipped_models()
    if name in shipped:
        return shipped_folder() / f"{name}.safetensors"
    if name.casefold() in {other.casefold() for other in shipped}:
        return None
    for place in _promoted_folders(folder):
        path = place / f"{name}.safetensors"
        # by the folder's list: some file systems have the file by other capitals as well
        if path.is_file() and path.name in os.listdir(place):
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
    if not name.strip():
        raise MnistCoreError(
            "the name of the weights is empty; give a shipped or promoted name, a file, or a run"
        )
    if (known := model_path(name)) is not None:
        return known
    if not os.path.isfile(name):  # False, not an error, for a name with a zero byte
        shipped, promoted = shipped_models(), promoted_models()
        also = f", nor a promoted model ({', '.join(promoted)})" if promoted else ""
        raise MnistCoreError(
            f"no weights {name!r}: neither a file nor a shipped model "
            f"({', '.join(shipped) or f'none in {shipped_folder()}'}){also}"
        )
    return Path(name_or_path)


def _promoted_folders(folder: str | os.PathLike[str] | None) -> list[Path]:
    """Return the folders to read: a checkout may have models that version 0.1 promoted."""
    folders = [promoted_folder(folder)]
    if not (folder or os.environ.get("MNIST_MODELS")):
        folders.append(CHECKOUT / "promoted")
    return folders
