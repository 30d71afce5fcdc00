"""The command that scores weights."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from support.commands import Capture, failed

from mnist_core import load_classifier
from mnist_core.cli import main as cli
from mnist_core.data.mnist import Split
from mnist_core.evaluation.results import Evaluation
from mnist_core.models.card_file import read_card
from mnist_core.models.registry import weights_path
from mnist_core.models.weights_format import card_path
from mnist_core.utils.json_files import read_json


@pytest.fixture
def small_mnist(
    small_splits: tuple[Split, Split], monkeypatch: pytest.MonkeyPatch
) -> tuple[Split, Split]:
    """The commands see 2,000 training and 500 validation images."""
    monkeypatch.setattr("mnist_core.data.mnist.load_validation", lambda *_, **__: small_splits[1])
    monkeypatch.setattr("mnist_core.data.mnist.load_test", lambda *_: small_splits[1])
    return small_splits


@pytest.fixture
def mine(small_mnist: tuple[Split, Split], tmp_path: Path) -> Path:
    """A copy of shipped weights and their card, to be scored on 500 images."""
    path = tmp_path / "mine.safetensors"
    shipped = weights_path("mnist_cnn")
    shutil.copyfile(shipped, path)
    shutil.copyfile(card_path(shipped), card_path(path))
    return path


def test_evaluate_as_json(mine: Path, capsys: Capture) -> None:
    assert cli.main(["evaluate", str(mine), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result.pop("weights") == str(mine)
    evaluation = Evaluation.model_validate(result)
    assert (evaluation.split, evaluation.images) == ("validation", 500)
    assert evaluation.accuracy > 0.97


def test_evaluate_as_text(mine: Path, capsys: Capture) -> None:
    assert cli.main(["evaluate", str(mine), "--split", "test"]) == 0
    out = capsys.readouterr().out
    assert "mine (mnist_cnn) on 500 test images" in out
    for word in ("accuracy", "loss", "precision", "recall", "f1", "confusion matrix"):
        assert word in out
    rows = [line.split() for line in out.splitlines()]
    for true, predicted in ((4, 9), (9, 4), (3, 8), (8, 3), (1, 7), (7, 1)):
        assert any(row[:2] == [str(true), str(predicted)] and row[-1][-1] == "%" for row in rows)
    assert "calibration error" in out
    assert "most confused pairs" in out


def test_evaluate_updates_the_card_on_request(mine: Path, capsys: Capture) -> None:
    before = read_card(mine)
    assert cli.main(["evaluate", str(mine), "--split", "test"]) == 0
    assert read_card(mine) == before
    assert cli.main(["evaluate", str(mine), "--split", "test", "--update-card", "--json"]) == 0
    result = json.loads(capsys.readouterr().out.splitlines()[-1])
    figures = {"accuracy": result["accuracy"], "loss": result["loss"]}
    assert read_card(mine) == before.updated(test=figures)
    assert load_classifier(mine).architecture == "mnist_cnn"


def test_evaluate_writes_files(mine: Path, tmp_path: Path, capsys: Capture) -> None:
    page, output = tmp_path / "new" / "mine.html", tmp_path / "new" / "mine.json"
    words = ["evaluate", str(mine), "--html", str(page), "--output", str(output)]
    assert cli.main(words) == 0
    out = capsys.readouterr().out
    assert f"wrote {page}" in out
    assert f"wrote {output}" in out
    evaluation = read_json(output, Evaluation)
    assert f"accuracy {evaluation.accuracy:.2%}" in out
    html = page.read_text(encoding="utf-8")
    assert f"{evaluation.accuracy:.2%}" in html
    assert html.count('<img src="data:image/png') == len(evaluation.misclassified) > 0


def test_evaluate_cannot_write_there(mine: Path, tmp_path: Path, capsys: Capture) -> None:
    for option in ("--html", "--output"):
        assert cli.main(["evaluate", str(mine), option, str(mine / "file")]) == 2
        assert "mine.safetensors" in failed(capsys)


def test_the_test_set_is_scored_at_the_temperature_of_validation(
    mine: Path, small_splits: tuple[Split, Split], monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    training = small_splits[0]
    monkeypatch.setattr("mnist_core.data.mnist.load_test", lambda *_: training)
    temperatures = {}
    for split in ("validation", "test"):
        assert cli.main(["evaluate", str(mine), "--split", split, "--json"]) == 0
        result = json.loads(capsys.readouterr().out)
        temperatures[split] = result["calibration"]["temperature"]
    assert result["images"] == len(training)
    assert temperatures["test"] == temperatures["validation"]


def test_evaluate_a_network_on_real_mnist(mnist_root: Path, capsys: Capture) -> None:
    assert cli.main(["evaluate", "mnist_cnn", "--data", str(mnist_root), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    card = read_card(weights_path("mnist_cnn")).validation
    assert result["accuracy"] == pytest.approx(card.accuracy, abs=2e-4)
    assert sum(map(sum, result["confusion"])) == 5_000


def test_evaluate_damaged_weights(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(weights_path("mnist_cnn").read_bytes()[:1000])
    assert cli.main(["evaluate", str(path)]) == 2
    assert str(path) in failed(capsys)
