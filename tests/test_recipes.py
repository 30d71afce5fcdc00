from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mnist_core import cli
from mnist_core.runs import list_runs
from mnist_core.weights import load_weights, read_card, weights_path

SMALL = "--training-size 600 --validation-size 500 --batch-size 30 --augment none --ema-decay 0"
Capture = pytest.CaptureFixture[str]


def run(command: str, tmp_path: Path, *more: str) -> int:
    return cli.main([*command.split(), *SMALL.split(), "--runs", str(tmp_path), *more])


def test_distill(mnist_root: Path, tmp_path: Path, capsys: Capture) -> None:
    output = tmp_path / "student.safetensors"
    common = "--epochs 3 --learning-rate 5e-3"
    assert run(f"distill {common}", tmp_path, "--output", str(output)) == 0
    assert f"wrote {output}" in capsys.readouterr().out
    config = read_card(output)["config"]
    assert (config["model"], config["teacher"]) == ("mnist_cnn_fixed", "default")
    assert run(f"train --model mnist_cnn_fixed {common}", tmp_path) == 0
    alone, taught = list_runs(tmp_path)
    for trained in (alone, taught):
        assert trained.state().validation_accuracy > 0.6
    # a loss that follows the teacher is another one
    assert alone.state().validation_loss != taught.state().validation_loss


def test_transfer(mnist_root: Path, tmp_path: Path) -> None:
    assert run("transfer --epochs 2 --learning-rate 3e-3", tmp_path) == 0
    assert run("train --model mnist_cnn_fixed --epochs 2 --learning-rate 3e-3", tmp_path) == 0
    scratch, moved = list_runs(tmp_path)
    assert moved.state().validation_accuracy > scratch.state().validation_accuracy + 0.1
    source = load_weights(weights_path("mnist_cnn"))[0]
    network = load_weights(moved.weights_path)[0]
    assert torch.equal(network.conv1[0].weight, source.conv1[0].weight)
    assert not torch.equal(network.trunk.conv2[0].weight, source.trunk.conv2[0].weight)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("distill --teacher nobody", "nobody"),
        ("transfer --init-weights nobody", "nobody"),
        ("transfer --freeze conv7", "choose from conv1"),
        ("transfer --model improved --freeze conv2 --init-weights mnist_cnn", "none of its"),
    ],
)
def test_names_that_do_not_fit(
    mnist_root: Path, tmp_path: Path, capsys: Capture, command: str, said: str
) -> None:
    assert run(command, tmp_path) == 2
    assert said in capsys.readouterr().err
