from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mnist_core.cli import main as cli
from mnist_core.data.mnist import Split
from mnist_core.evaluation.scores import score
from mnist_core.models.card_file import read_card
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import load_weights
from mnist_core.runs.run_list import list_runs

SMALL = "--training-size 100 --validation-size 500 --batch-size 50 --augment none --ema-decay 0"
Capture = pytest.CaptureFixture[str]


def run(command: str, tmp_path: Path, *more: str) -> int:
    return cli.main([*command.split(), *SMALL.split(), "--runs", str(tmp_path), *more])


def test_distill(small_splits: tuple[Split, Split], tmp_path: Path, capsys: Capture) -> None:
    output = tmp_path / "student.safetensors"
    command = "distill --teacher mnist_cnn --epochs 1"
    assert run(command, tmp_path, "--output", str(output)) == 0
    out = capsys.readouterr().out
    assert f"wrote {output}" in out
    (student,) = list_runs(tmp_path)
    accuracy = f"{student.state().validation_accuracy:.2%}"
    teacher = score(load_weights(weights_path("mnist_cnn"))[0], small_splits[1]).accuracy
    assert f"teacher mnist_cnn {teacher:.2%}, student {accuracy}" in out
    config = read_card(output).config
    assert (config["model"], config["teacher"]) == ("mnist_cnn_fixed", "mnist_cnn")


def test_a_preset_keeps_teacher_and_initial_weights(mnist_root: Path, tmp_path: Path) -> None:
    one = ("--preset", "fixed", "--epochs", "1")
    assert run("distill", tmp_path, *one) == 0
    assert run("transfer", tmp_path, *one) == 0
    moved, taught = [trained.config() for trained in list_runs(tmp_path)]
    assert (taught.teacher, taught.optimizer) == ("default", "sgd")
    assert (moved.init_weights, moved.freeze) == ("mnist_cnn", ("conv1",))


def test_transfer(mnist_root: Path, tmp_path: Path) -> None:
    assert run("transfer --epochs 1", tmp_path) == 0
    (moved,) = list_runs(tmp_path)
    source = load_weights(weights_path("mnist_cnn"))[0]
    network = load_weights(moved.weights_path)[0]
    assert torch.equal(network.conv1[0].weight, source.conv1[0].weight)
    assert not torch.equal(network.trunk.conv2[0].weight, source.trunk.conv2[0].weight)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("distill --teacher nobody", "nobody"),
        ("transfer --init-weights nobody", "nobody"),
        ("transfer --freeze conv7", "choose from conv1"),
        ("transfer --model improved --freeze conv2 --init-weights mnist_cnn", "no tensor matches"),
    ],
)
def test_unknown_names_are_refused(
    mnist_root: Path, tmp_path: Path, capsys: Capture, command: str, message: str
) -> None:
    assert run(command, tmp_path) == 2
    assert message in capsys.readouterr().err
