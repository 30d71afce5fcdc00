"""The command that classifies pictures."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image
from support.commands import Capture, failed
from support.drawings import one, paint, seven, zero
from support.rows import row
from support.training import small

from mnist_core import load_classifier
from mnist_core.cli import main as cli
from mnist_core.models.registry import weights_path
from mnist_core.runs.run_list import create_run


@pytest.fixture
def pictures(tmp_path: Path) -> dict[str, Path]:
    files = {name: tmp_path / f"{name}.png" for name in ("one", "seven", "blank", "note")}
    paint(one()).save(files["one"])
    paint(seven()).save(files["seven"])
    Image.new("L", (100, 100)).save(files["blank"])
    files["note"].write_text("no picture")
    return files


def test_predict(pictures: dict[str, Path], capsys: Capture) -> None:
    names = ("seven", "one", "blank")
    assert cli.main(["predict", *[str(pictures[name]) for name in names]]) == 0
    out = capsys.readouterr()
    lines = out.out.splitlines()
    assert lines[0].startswith(f"{pictures['seven']}: 7 ")
    assert lines[1].startswith(f"{pictures['one']}: 1 ")
    assert lines[2] == f"{pictures['blank']}: blank"
    assert out.err == ""


def test_predict_classifies_the_other_files_next_to_damaged_ones(
    pictures: dict[str, Path], tmp_path: Path, capsys: Capture
) -> None:
    files = [pictures["note"], pictures["seven"], tmp_path / "none.png", tmp_path, pictures["one"]]
    assert cli.main(["predict", *map(str, files)]) == 2
    out = capsys.readouterr()
    assert [line.split(": ")[1][0] for line in out.out.splitlines()] == ["7", "1"]
    errors = out.err.splitlines()
    assert len(errors) == 3
    for line, file in zip(errors, (pictures["note"], tmp_path / "none.png", tmp_path), strict=True):
        assert line.startswith(f"error: {file}: ")


def test_predict_with_other_weights(pictures: dict[str, Path], capsys: Capture) -> None:
    assert cli.main(["predict", "--weights", "mnist_cnn", str(pictures["one"])]) == 0
    out = capsys.readouterr().out
    confidence = load_classifier("mnist_cnn").classify(Image.open(pictures["one"])).confidence
    assert out == f"{pictures['one']}: 1 {confidence:.1%}\n"


def test_predict_with_the_weights_of_a_run(
    pictures: dict[str, Path], tmp_path: Path, capsys: Capture
) -> None:
    run = create_run(small(model="mnist_cnn"), tmp_path / "runs")
    shutil.copyfile(weights_path("mnist_cnn"), run.weights_path)
    for weights in ("last", run.id):
        arguments = ["--weights", weights, "--runs", str(tmp_path / "runs"), str(pictures["one"])]
        assert cli.main(["predict", *arguments]) == 0
        assert capsys.readouterr().out.startswith(f"{pictures['one']}: 1 ")


def test_predict_says_why_a_picture_is_refused(tmp_path: Path, capsys: Capture) -> None:
    strokes = row([seven(), zero()])[0]
    paint(strokes, pen=14, size=(420, 260), scale=0.5).save(tmp_path / "two.png")
    arguments = ["predict", "--weights", str(weights_path("student")), str(tmp_path / "two.png")]
    assert cli.main(arguments) == 0
    assert "two.png: several digits (closest: " in capsys.readouterr().out


def test_predict_with_unknown_weights(pictures: dict[str, Path], capsys: Capture) -> None:
    assert cli.main(["predict", "--weights", "nope", str(pictures["one"])]) == 2
    assert "default" in failed(capsys)
