"""The folder of a model repository: card, metadata, and an example that runs with its files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import RepoCard
from PIL import Image, ImageDraw
from support.disk import full_disk

from mnist_core.errors import MnistCoreError
from mnist_core.inference.graph_key import stored_card
from mnist_core.models.registry import weights_path
from mnist_core.publishing import compose_model
from mnist_core.publishing.folder import file_sizes


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("publish") / "model"
    compose_model(folder, weights_path("student"), "student")
    return folder


def test_folder_has_weights_graphs_card_and_example(folder: Path) -> None:
    names = {"model.safetensors", "model.onnx", "find_ink.onnx", "example.py"}
    assert set(file_sizes(folder)) == names | {"README.md", "LICENSE", "requirements.txt"}
    assert (folder / "model.safetensors").read_bytes() == weights_path("student").read_bytes()


def test_metadata_have_the_cards_scores(folder: Path) -> None:
    card = stored_card(weights_path("student"))
    data = RepoCard.load(folder / "README.md").data.to_dict()
    assert data["license"] == "apache-2.0"
    assert data["pipeline_tag"] == "image-classification"
    (model,) = data["model-index"]
    assert model["name"] == "student"
    found = {
        (result["dataset"]["split"], metric["type"]): metric["value"]
        for result in model["results"]
        for metric in result["metrics"]
    }
    assert card.test is not None
    assert card.validation is not None
    assert found == {
        ("test", "accuracy"): card.test.accuracy,
        ("test", "loss"): card.test.loss,
        ("train", "accuracy"): card.validation.accuracy,
        ("train", "loss"): card.validation.loss,
    }


def test_card_says_how_it_was_trained_and_what_it_is_not_for(folder: Path) -> None:
    card = stored_card(weights_path("student"))
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert card.command in text
    assert card.data in text
    assert "23,514 parameters" in text
    assert "## Intended use" in text
    assert "should be refused" in text


def test_card_of_weights_without_calibration_says_that_it_never_refuses(tmp_path: Path) -> None:
    compose_model(tmp_path / "model", weights_path("mnist_cnn"), "mnist_cnn")
    text = (tmp_path / "model/README.md").read_text(encoding="utf-8")
    assert "answers every picture with a digit" in text
    assert "not calibrated" in text


def test_example_classifies_a_picture_with_nothing_but_the_repository(
    folder: Path, tmp_path: Path
) -> None:
    picture = Image.new("L", (300, 700), 255)  # larger than the graph takes
    ImageDraw.Draw(picture).line([(60, 225), (220, 225), (120, 500)], 0, 24)
    picture.save(tmp_path / "seven.png")
    command = [sys.executable, "-I", "example.py", str(tmp_path / "seven.png")]
    process = subprocess.run(command, cwd=folder, stdout=subprocess.PIPE, text=True, timeout=300)
    lines = process.stdout.splitlines()
    assert process.returncode == 0
    assert lines[0].startswith("7  ")
    assert lines[-1].startswith("probability that it is a single digit: 9")


def test_on_a_full_disk_nothing_is_left(tmp_path: Path) -> None:
    existing = tmp_path / "existing"
    existing.mkdir()
    for output in (existing, tmp_path / "new"):
        with full_disk(20_000), pytest.raises(MnistCoreError, match=r"cannot be written"):
            compose_model(output, weights_path("student"), "student")
    assert list(tmp_path.rglob("*")) == [existing]
