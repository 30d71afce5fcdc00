"""The classifiers that the pad offers, loaded when first asked for."""

from __future__ import annotations

import threading
from pathlib import Path

from mnist_core import Classifier, MnistCoreError, available_models, load_classifier
from mnist_core.models.registry import model_path


class Unusable(MnistCoreError):
    """A model's weights cannot be used."""


class NotOffered(Unusable):
    """There is no model of that name, or none any more."""


class Library:
    """Shipped and promoted classifiers by name; what is promoted or withdrawn meanwhile counts.

    Safe to share between threads; holds no drawing of anybody.
    """

    def __init__(self) -> None:
        self._loaded: dict[str, tuple[str, Classifier]] = {}
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """Return the names on offer at this moment, the default first."""
        return available_models()

    def get(self, name: str) -> Classifier:
        """Return the classifier of that name. Raises as `versioned` does."""
        return self.versioned(name)[1]

    def versioned(self, name: str) -> tuple[str, Classifier]:
        """Return the classifier of that name, and a text that changes when its weights do.

        Raises
        ------
        NotOffered
            If it is none of `names()` (a path is refused: the name comes from a browser).
        Unusable
            If its weights are damaged; the others are not touched by it.
        """
        with self._lock:
            path = model_path(name)
            version = path and _version(path)
            if path is None or version is None:
                self._loaded.pop(name, None)
                raise NotOffered(f"no model {name!r}; choose from {', '.join(self.names())}")
            kept = self._loaded.get(name)
            if kept is None or kept[0] != version:
                kept = self._loaded[name] = version, _load(path)
            return kept


def _load(path: Path) -> Classifier:
    try:
        return load_classifier(path)
    except MnistCoreError as error:
        # who draws need not know where the server keeps its files
        raise Unusable(str(error).replace(f"{path.parent}/", "")) from error


def _version(path: Path) -> str | None:
    """Return what changes when another file takes the place of this one; None if it is gone."""
    try:
        about = path.stat()
    except OSError:
        return None
    return f"{about.st_mtime_ns:x}-{about.st_size:x}-{about.st_ino:x}"
