"""The pad's registry: other models are answered while one is loaded."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

from mnist_core.inference.onnx_classifier import OnnxClassifier
from mnist_core.models.registry import model_path, weights_path
from pad import model_registry
from pad.model_registry import ModelNotFoundError, ModelRegistry
from pad.page import build_page


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[threading.Event, threading.Event]]:
    """Loading `default` sets the first event and waits for the second."""
    started, go = threading.Event(), threading.Event()
    load = model_registry.load_onnx_classifier

    def wait_for_default(path: Path) -> OnnxClassifier:
        if path.stem == "default":
            started.set()
            go.wait(60)
        return load(path)

    monkeypatch.setattr(model_registry, "load_onnx_classifier", wait_for_default)
    yield started, go
    go.set()


def test_other_models_are_answered_while_one_is_loaded(
    slow: tuple[threading.Event, threading.Event],
) -> None:
    started, go = slow
    registry = ModelRegistry()
    with ThreadPoolExecutor(4) as pool:
        twice = [pool.submit(registry.get, "default") for _ in range(2)]
        assert started.wait(60)
        assert registry.get("mnist_cnn").architecture == "mnist_cnn"
        with pytest.raises(ModelNotFoundError, match="no model 'nobody'"):
            registry.get("nobody")
        assert not any(future.done() for future in twice)
        go.set()
        first, second = (future.result(60) for future in twice)
    assert first is second, "loaded once"
    assert first.graph_path.is_file()


def test_names_are_case_sensitive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also on systems whose files are not, and for files in the folder of promoted models."""
    monkeypatch.setenv("MNIST_MODELS", str(tmp_path))
    for name in ("DEFAULT", "mine"):
        shutil.copy(weights_path("student"), tmp_path / f"{name}.safetensors")
    monkeypatch.setattr(Path, "is_file", lambda path: path.stem.lower() in ("default", "mine"))
    assert model_path("mine") == tmp_path / "mine.safetensors"
    for name in ("DEFAULT", "Default", "MINE", "Student"):
        assert model_path(name) is None
        with pytest.raises(ModelNotFoundError, match=f"no model '{name}'"):
            ModelRegistry().get(name)


def test_a_pad_without_the_default_model_uses_the_first_that_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a Space that was composed with `--models student`."""
    student = weights_path("student")
    monkeypatch.setattr(model_registry, "available_models", lambda: ["student"])
    monkeypatch.setattr(
        model_registry, "model_path", lambda name: student if name == "student" else None
    )
    page = build_page(ModelRegistry())
    (sketchpad,) = (block for block in page.blocks.values() if block.elem_id == "sketchpad")
    assert sketchpad.props["default_model"] == "student"
    (endpoint,) = page.fns.values()
    picture = Image.new("L", (120, 120), 255)
    picture.paste(0, (56, 20, 64, 100))
    picture.save(tmp_path / "one.png")
    assert endpoint.fn(str(tmp_path / "one.png"))["digit"] == 1
