"""The classifiers that the pad offers, loaded on first use, without torch."""

import threading
from pathlib import Path
from typing import Any

from mnist_core import MnistCoreError, available_models
from mnist_core.inference.graph_key import stored_card
from mnist_core.inference.onnx_classifier import OnnxClassifier, load_onnx_classifier
from mnist_core.models.registry import DEFAULT, model_path
from mnist_core.utils.files import file_version
from mnist_core.utils.text import short_repr


class UnusableModelError(MnistCoreError):
    """A model's weights cannot be used."""


class ModelNotFoundError(UnusableModelError):
    """No model of that name is offered, or it was withdrawn."""


class ModelRegistry:
    """Shipped and promoted classifiers by name. Models promoted or withdrawn later are seen.

    Thread-safe; holds no user data. While one model is loaded, which may take seconds if its graph
    has to be exported first, the others are answered.
    """

    def __init__(self) -> None:
        self._loaded: dict[str, tuple[str, OnnxClassifier]] = {}
        self._cards: dict[str, tuple[str, dict[str, Any]]] = {}
        self._lock = threading.Lock()
        self._loading: dict[str, threading.Lock] = {}

    def names(self) -> list[str]:
        """Return the names offered at this moment, the default first."""
        return available_models()

    def default(self) -> str:
        """Return the name offered first: a Space may have been composed without "default"."""
        return next(iter(self.names()), DEFAULT)

    def cards(self) -> dict[str, dict[str, Any]]:
        """Return accuracy on the test set, architecture, file size and more of each model, by name.

        Models whose file cannot be read are left out; nothing is loaded.
        """
        return {name: card for name in self.names() if (card := self._card(name)) is not None}

    def get(self, name: str) -> OnnxClassifier:
        """Return the classifier of that name. Raises as `get_with_version` does."""
        return self.get_with_version(name)[1]

    def get_with_version(self, name: str) -> tuple[str, OnnxClassifier]:
        """Return a version, which changes when the model's weights do, and the classifier.

        Raises
        ------
        ModelNotFoundError
            If it is none of `names()`. Paths are refused, since the name comes from a browser.
        UnusableModelError
            If its weights are damaged. Other models are not affected.
        """
        with self._lock:
            loading = self._loading.setdefault(name, threading.Lock()) if model_path(name) else None
        if loading is None:
            return self._load(name)
        with loading:
            return self._load(name)

    def _card(self, name: str) -> dict[str, Any] | None:
        path = model_path(name)
        version = path and file_version(path)
        if path is None or version is None:
            return None
        known = self._cards.get(name)
        if known is None or known[0] != version:
            try:
                card = stored_card(path)
                size = path.stat().st_size
            except (MnistCoreError, OSError):
                return None
            described = {
                "accuracy": card.accuracy("test"),
                "architecture": card.architecture,
                "has_teacher": bool(card.config.get("teacher")),
                "bytes": size,
            }
            known = self._cards[name] = (version, described)
        return known[1]

    def _load(self, name: str) -> tuple[str, OnnxClassifier]:
        path = model_path(name)
        version = path and file_version(path)
        if path is None or version is None:
            with self._lock:
                self._loaded.pop(name, None)
            raise ModelNotFoundError(
                f"no model {short_repr(name, 60)}; choose from {', '.join(self.names())}"
            )
        loaded = self._loaded.get(name)
        if loaded is None or loaded[0] != version:
            loaded = version, _load(path)
            with self._lock:
                self._loaded[name] = loaded
        return loaded


def _load(path: Path) -> OnnxClassifier:
    try:
        return load_onnx_classifier(path)
    except MnistCoreError as error:
        # users of the page need not know where the server keeps its files
        raise UnusableModelError(str(error).replace(f"{path.parent}/", "")) from error
