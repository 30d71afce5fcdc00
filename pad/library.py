"""The classifiers that the pad offers, loaded when first asked for."""

from __future__ import annotations

import threading

from mnist_core import Classifier, MnistCoreError, load_classifier, shipped_models


class Library:
    """Shipped classifiers by name. Safe to share between threads; holds no drawing of anybody."""

    def __init__(self) -> None:
        self._loaded: dict[str, Classifier] = {}
        self._lock = threading.Lock()

    def names(self) -> list[str]:
        """Return the names of the shipped weights, the default first."""
        return shipped_models()

    def get(self, name: str) -> Classifier:
        """Return the classifier of that name.

        Raises
        ------
        MnistCoreError
            If it is not among `names()` (a path is refused: the name comes from a browser), or
            its weights are unusable.
        """
        if name not in self.names():
            raise MnistCoreError(f"no model {name!r}; choose from {', '.join(self.names())}")
        with self._lock:
            if name not in self._loaded:
                self._loaded[name] = load_classifier(name)
            return self._loaded[name]
