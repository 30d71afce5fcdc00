"""The classifiers that the pad offers, loaded when first asked for."""

from __future__ import annotations

import threading
from pathlib import Path

from mnist_core import Classifier, MnistCoreError, available_models, load_classifier
from mnist_core.weights import weights_path


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
            If it is not among `names()` (a path is refused: the name comes from a browser).
        Unusable
            If its weights are damaged; the others are not touched by it.
        """
        names = self.names()
        if name not in names:
            raise NotOffered(f"no model {name!r}; choose from {', '.join(names)}")
        with self._lock:
            for gone in self._loaded.keys() - names:
                del self._loaded[gone]
            return self._load(name)

    def _load(self, name: str) -> tuple[str, Classifier]:
        try:
            path = weights_path(name)
            version = _version(path)
        except (MnistCoreError, OSError) as error:  # withdrawn since its name was found
            raise NotOffered(f"no model {name!r}; choose another") from error
        kept = self._loaded.get(name)
        if kept and kept[0] == version:
            return kept
        try:
            loaded = version, load_classifier(name)
        except MnistCoreError as error:
            # who draws need not know where the server keeps its files
            raise Unusable(str(error).replace(f"{path.parent}/", "")) from error
        self._loaded[name] = loaded
        return loaded


def _version(path: Path) -> str:
    """Return what changes when another file takes the place of this one."""
    about = path.stat()
    return f"{about.st_mtime_ns:x}-{about.st_size:x}-{about.st_ino:x}"
