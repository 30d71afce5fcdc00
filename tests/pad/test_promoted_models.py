"""Promoted models in the pad's list, while they are replaced, damaged and withdrawn."""

from __future__ import annotations

import base64
import json
import os
import shutil
from pathlib import Path

import pytest
from support.chromium import ROOT
from support.training import small

from mnist_core import shipped_models
from mnist_core.imaging.rasterize import INK_SIZE
from mnist_core.models.options import BUILT_IN
from mnist_core.models.registry import weights_path
from mnist_core.runs.promotion import (
    list_promoted,
    promote,
    withdraw,
)
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run
from mnist_core.utils.files import write_atomic
from pad.functions import server_functions
from pad.model_registry import ModelNotFoundError, ModelRegistry, UnusableModelError


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of promoted models."""
    folder = tmp_path / "models"
    monkeypatch.setenv("MNIST_MODELS", str(folder))
    return folder


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A run with shipped weights: the pad need not export a graph, which takes seconds."""
    run = create_run(small(), tmp_path / "runs")
    shutil.copy(weights_path("mnist_cnn"), run.weights_path)
    return run


def student_takes_the_place_of(path: Path) -> None:
    """Put the weights of another network under the same name."""
    write_atomic(path, weights_path("student").read_bytes())


def test_the_registry_lists_what_is_promoted_and_withdrawn(run: Run) -> None:
    offered = ModelRegistry()
    assert offered.names() == shipped_models()
    with pytest.raises(ModelNotFoundError, match="no model 'mine'; choose from default"):
        offered.get("mine")
    promote(run, "mine")
    assert offered.names() == [*shipped_models(), "mine"]
    assert offered.get("mine") is offered.get("mine")
    withdraw("mine")
    with pytest.raises(ModelNotFoundError):
        offered.get("mine")
    assert offered.names() == shipped_models()


def test_a_replaced_model_is_loaded_again(run: Run) -> None:
    offered = ModelRegistry()
    path = promote(run, "mine")
    version, old = offered.get_with_version("mine")
    student_takes_the_place_of(path)
    newer, new = offered.get_with_version("mine")
    assert version != newer
    assert (old.architecture, new.architecture) == ("mnist_cnn", "compact")


def test_a_damaged_model_does_not_affect_others(run: Run, models: Path) -> None:
    promote(run, "good")
    (models / "bad.safetensors").write_bytes(b"no weights at all")
    (models / "a name with spaces.safetensors").touch()
    (models / "default.safetensors").touch()
    os.mkfifo(models / "fifo.safetensors")
    (models / "folder.safetensors").mkdir()
    offered = ModelRegistry()
    assert offered.names() == [*shipped_models(), "bad", "good"]
    assert offered.get("good").architecture == "mnist_cnn"
    assert offered.get("default").architecture == "vgg"
    with pytest.raises(UnusableModelError, match=r"^bad\.safetensors: not a complete") as caught:
        offered.get("bad")
    assert str(models) not in str(caught.value)
    bad, good = list_promoted()
    assert "not a complete safetensors file" in bad.problem
    assert good.problem == ""
    withdraw("bad")
    assert offered.names() == [*shipped_models(), "good"]


def test_only_distilled_models_are_said_to_have_a_teacher(run: Run) -> None:
    promote(run, "mine")
    cards = ModelRegistry().cards()
    taught = {name for name, card in cards.items() if card["has_teacher"]}
    assert "mine" in cards
    assert taught == {"default", "student"}
    for language in ("en", "zh"):
        strings = json.loads((ROOT / f"pad/web/strings/{language}.json").read_text("utf-8"))
        architectures = [strings[key] for key in strings if key.removeprefix("about_") in BUILT_IN]
        assert len(architectures) == len(BUILT_IN)
        assert not [text for text in architectures if "distill" in text or "蒸馏" in text]
        # a teacher may be one network or several, and smaller than its student
        taught_text = strings["about_distilled"]
        assert "knowledge distillation" in taught_text or "知识蒸馏" in taught_text
        assert not any(word in taught_text for word in ("larger", "networks", "大", "集成"))


def test_the_page_is_notified_when_its_model_is_replaced_or_deleted(run: Run) -> None:
    functions = {function.__name__: function for function in server_functions(ModelRegistry())}
    path = promote(run, "mine")
    seen = functions["describe_model"]({"model": "mine"})
    ink = base64.b64encode(bytes(INK_SIZE**2)).decode()
    ask = {"model": "mine", "ink": ink, "layers": ["conv1"], "version": seen["version"]}
    assert "error" not in functions["classify_ink"](ask)
    student_takes_the_place_of(path)
    reply = functions["classify_ink"](ask)
    assert reply["stale"]
    assert "gone" not in reply
    again = functions["describe_model"]({"model": "mine"})
    assert again["architecture"] == "compact"
    assert "error" not in functions["classify_ink"]({**ask, "version": again["version"]})
    path.write_bytes(b"damaged")
    assert functions["classify_ink"](ask)["stale"]
    withdraw("mine")
    for name, more in {"classify_ink": ask, "describe_model": {"model": "mine"}}.items():
        reply = functions[name](more)
        assert (reply["stale"], reply["gone"]) == (True, True)
