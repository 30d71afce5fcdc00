"""The weights of a run become a model that the pad and the commands know by name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from PIL import Image, ImageDraw
from safetensors.torch import load_file, save_file
from support.disk import full_disk
from support.training import Splits, part, small

from mnist_core import MnistCoreError, available_models, load_classifier, shipped_models
from mnist_core.cli import main as cli
from mnist_core.models import registry
from mnist_core.models.card_file import read_card
from mnist_core.models.registry import promoted_folder, weights_path
from mnist_core.models.weights import load_weights, save_weights
from mnist_core.models.weights_format import card_path
from mnist_core.runs.promotion import (
    MAX_NAME_LENGTH,
    check_name,
    list_promoted,
    promote,
    suggest_name,
    withdraw,
)
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run, find_weights, lasting_name
from mnist_core.runs.runner import execute
from mnist_core.utils.files import write_atomic

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def trained(small_splits: Splits, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A runs folder with one finished run."""
    root = tmp_path_factory.mktemp("runs")
    run = create_run(small(), root, "My first run")
    execute(run, splits=part(small_splits, 500, 100))
    return root


@pytest.fixture
def run(trained: Path, tmp_path: Path) -> Run:
    (folder,) = trained.iterdir()
    return Run(Path(shutil.copytree(folder, tmp_path / "runs" / folder.name)))


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of promoted models."""
    folder = tmp_path / "models"
    monkeypatch.setenv("MNIST_MODELS", str(folder))
    return folder


def student_takes_the_place_of(path: Path) -> None:
    """Put the weights of another network under the same name."""
    write_atomic(path, weights_path("student").read_bytes())


# --- promote and withdraw ----------------------------------------------------------------------


def test_a_run_becomes_a_model_with_a_name(run: Run, models: Path) -> None:
    path = promote(run, "mine")
    assert path == models / "mine.safetensors" == weights_path("mine")
    tensors, of_run = load_file(path), load_file(run.weights_path)
    assert all(torch.equal(tensor, of_run[name]) for name, tensor in tensors.items())
    card = read_card(path)
    assert card == read_card(run.weights_path).updated(promoted=card.promoted)
    assert card.accuracy() == run.state().validation_accuracy
    assert (card.promoted.run, card.promoted.name) == (run.id, "My first run")
    assert card.promoted.time.endswith("+00:00")
    assert [file.name for file in models.glob("[!.]*")] == ["mine.safetensors"]
    assert available_models() == [*shipped_models(), "mine"]
    assert "mine" not in shipped_models()
    assert load_classifier("mine").architecture == "mnist_cnn"
    run.delete()
    assert load_classifier("mine").name == "mine"


def test_listed_models_have_their_origin(run: Run) -> None:
    assert list_promoted() == []
    promote(run, "b")
    promote(run, "a")
    first, second = list_promoted()
    assert (first.name, second.name) == ("a", "b")
    assert (first.run, first.run_name, first.problem) == (run.id, "My first run", "")
    assert first.accuracy == run.state().validation_accuracy


def test_the_folder_of_promoted_models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert promoted_folder(tmp_path) == tmp_path
    monkeypatch.delenv("MNIST_MODELS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert promoted_folder() == tmp_path / "drawpad" / "models"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The weights folder of a checkout in which version 0.1 promoted the model "old"."""
    folder = tmp_path / "checkout/weights"
    (folder / "promoted").mkdir(parents=True)
    for name, copy in {"default": "default", "mnist_cnn": "promoted/old"}.items():
        for suffix in (".safetensors", ".json"):
            shutil.copyfile(weights_path(name).with_suffix(suffix), folder / f"{copy}{suffix}")
    monkeypatch.setattr(registry, "CHECKOUT", folder)
    monkeypatch.delenv("MNIST_MODELS")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    return folder


def test_models_of_version_0_1_are_found_and_not_changed(run: Run, checkout: Path) -> None:
    old = checkout / "promoted/old.safetensors"
    before = old.read_bytes()
    assert available_models() == ["default", "old"]
    assert weights_path("old") == old
    assert [model.name for model in list_promoted()] == ["old"]
    with pytest.raises(MnistCoreError, match="an earlier version promoted this model"):
        withdraw("old")
    with pytest.raises(MnistCoreError, match="there is a promoted model 'old' already"):
        promote(run, "old")
    new = promote(run, "old", replace=True)
    assert weights_path("old") == new
    assert old.read_bytes() == before
    withdraw("old")
    assert weights_path("old") == old


@pytest.mark.parametrize(
    "name",
    [
        *("", " ", ".", "..", ".hidden", "-x", "_x", "a/b", "a\\b", "../up", "a b", "ä", "a\n"),
        *("模型", "x" * (MAX_NAME_LENGTH + 1), "default", "Default", "mnist_cnn", "last"),
    ],
)
def test_invalid_names(run: Run, models: Path, name: str) -> None:
    with pytest.raises(MnistCoreError, match="give"):
        promote(run, name)
    assert not models.exists()


@pytest.mark.parametrize("name", ["a", "7", "My-net_v1.2", "x" * MAX_NAME_LENGTH])
def test_valid_names(run: Run, name: str) -> None:
    promote(run, name)
    assert available_models()[-1] == name
    assert load_classifier(name).name == name


def test_the_id_of_a_run_is_no_name(run: Run) -> None:
    with pytest.raises(MnistCoreError, match="name of a run"):
        promote(run, run.id)


def test_a_model_is_replaced_only_on_request(run: Run) -> None:
    path = promote(run, "mine")
    student_takes_the_place_of(path)
    before = path.read_bytes()
    for name in ("mine", "Mine"):
        with pytest.raises(MnistCoreError, match="there is a promoted model 'mine' already"):
            promote(run, name)
    assert before == path.read_bytes()
    promote(run, "mine", replace=True)
    assert load_classifier("mine").architecture == "mnist_cnn"


def test_suggested_names_can_be_used(run: Run) -> None:
    assert suggest_name(run) == "My-first-run"
    promote(run, "My-first-run")
    assert suggest_name(run) == "My-first-run-2"
    for name, expected in {
        "default": "default-2",
        "第一次": "mnist_cnn-2",
        "../../etc": "etc",
        "y" * 80: "y" * MAX_NAME_LENGTH,
        run.id: "mnist_cnn-2",
    }.items():
        run.rename(name)
        assert suggest_name(run) == expected
        check_name(suggest_name(run), run)


def test_a_run_without_weights_is_not_promoted(tmp_path: Path, models: Path) -> None:
    fresh = create_run(small(), tmp_path / "runs")
    with pytest.raises(MnistCoreError, match="has no weights yet"):
        promote(fresh, "mine")
    assert not models.exists()


def test_damaged_weights_are_not_promoted(run: Run, models: Path) -> None:
    run.weights_path.write_bytes(run.weights_path.read_bytes()[:1000])
    with pytest.raises(MnistCoreError, match="not a complete safetensors file"):
        promote(run, "mine")
    assert not models.exists()


def test_the_accuracy_comes_from_the_run_if_the_card_has_none(run: Run) -> None:
    save_weights(run.weights_path, load_weights(run.weights_path)[0], {})
    assert read_card(promote(run, "mine")).accuracy() == run.state().validation_accuracy


def test_a_run_of_version_0_1_is_promoted_as_one_file(run: Run, models: Path) -> None:
    network, card = load_weights(run.weights_path)
    metadata = {"format": "mnist_core", "architecture": "mnist_cnn"}
    save_file(network.state_dict(), run.weights_path, metadata)
    card_path(run.weights_path).write_text(card.as_json())
    path = promote(run, "mine")
    assert read_card(path).updated(promoted={}) == card.updated(promoted={})
    assert not card_path(path).exists()


def test_a_write_that_fails_leaves_the_old_model(run: Run) -> None:
    path = promote(run, "mine")
    student_takes_the_place_of(path)
    before = path.read_bytes()
    with full_disk():
        for name in ("mine", "other"):
            with pytest.raises(MnistCoreError, match="cannot be written"):
                promote(run, name, replace=True)
    assert before == path.read_bytes()
    assert [file.name for file in path.parent.glob("[!.]*")] == ["mine.safetensors"]


def test_a_folder_that_cannot_be_made(run: Run, models: Path) -> None:
    models.write_text("a file")
    with pytest.raises(MnistCoreError, match="cannot be made a folder"):
        promote(run, "mine")
    assert available_models() == shipped_models()


def test_a_withdrawn_model_is_deleted_and_its_run_stays(run: Run, models: Path) -> None:
    promote(run, "mine")
    promote(run, "other")
    withdraw("mine")
    assert available_models() == [*shipped_models(), "other"]
    assert not list(models.glob("mine*"))
    assert run.weights_path.is_file()
    with pytest.raises(MnistCoreError, match=r"no promoted model 'mine' in .*: other"):
        withdraw("mine")


@pytest.mark.parametrize("name", ["default", "mnist_cnn", "../weights/default", ""])
def test_what_was_not_promoted_cannot_be_withdrawn(name: str) -> None:
    with pytest.raises(MnistCoreError, match="no promoted model"):
        withdraw(name)
    assert weights_path("default").is_file()


# --- commands ----------------------------------------------------------------------------------


def test_commands_know_promoted_models(run: Run, capsys: Capture, tmp_path: Path) -> None:
    path = promote(run, "mine")
    assert cli.main(["weights"]) == 0
    line = capsys.readouterr().out.splitlines()[-1]
    assert line.split()[:4] == ["mine", "mnist_cnn", "0.1", "MB"]
    assert run.id in line
    image = Image.new("L", (120, 120), 255)
    ImageDraw.Draw(image).line([(60, 20), (60, 100)], 0, 8)
    image.save(tmp_path / "one.png")
    assert cli.main(["predict", "--weights", "mine", str(tmp_path / "one.png")]) == 0
    assert cli.main(["predict", "--weights", "their", str(tmp_path / "one.png")]) == 2
    assert "a promoted model (mine)" in capsys.readouterr().err
    assert find_weights("mine", run.folder.parent) == path
    assert lasting_name("mine", run.folder.parent) == "mine"


def test_a_damaged_model_hides_no_other_model(run: Run, capsys: Capture) -> None:
    promote(run, "bad").write_text("{")
    promote(run, "good")
    assert cli.main(["weights"]) == 2
    output = capsys.readouterr()
    names = [line.split()[0] for line in output.out.splitlines()]
    expected = [*shipped_models(), "good"]
    assert names[-len(expected) :] == expected
    assert "bad" not in names
    assert "bad.safetensors: not a complete safetensors file" in output.err
