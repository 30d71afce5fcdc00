from __future__ import annotations

from pathlib import Path

import pytest
import torch

from mnist_core.cli import main as cli
from mnist_core.data.mnist import Split
from mnist_core.evaluation.scores import score
from mnist_core.models.forward import predict_logits
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import load_weights, read_card
from mnist_core.runs.metric_log import MetricReader
from mnist_core.runs.run import Run, list_runs
from mnist_core.training.distillation import distillation_loss

SMALL = "--training-size 600 --validation-size 500 --batch-size 30 --augment none --ema-decay 0"
Capture = pytest.CaptureFixture[str]


def run(command: str, tmp_path: Path, *more: str) -> int:
    return cli.main([*command.split(), *SMALL.split(), "--runs", str(tmp_path), *more])


def test_distill(train_validation: tuple[Split, Split], tmp_path: Path, capsys: Capture) -> None:
    output = tmp_path / "student.safetensors"
    assert run("distill --epochs 1", tmp_path, "--output", str(output)) == 0
    out = capsys.readouterr().out
    assert f"wrote {output}" in out
    (student,) = list_runs(tmp_path)
    accuracy = f"{student.state().validation_accuracy:.2%}"
    images, labels = train_validation[1].images[:500], train_validation[1].labels[:500]
    teacher = score(load_weights(weights_path("default"))[0], Split(images, labels)).accuracy
    assert f"teacher default {teacher:.2%}, student {accuracy}" in out
    config = read_card(output).config
    assert (config["model"], config["teacher"]) == ("mnist_cnn_fixed", "default")


def test_a_preset_is_still_the_recipe(mnist_root: Path, tmp_path: Path) -> None:
    one = ("--preset", "fixed", "--epochs", "1")
    assert run("distill", tmp_path, *one) == 0
    assert run("transfer", tmp_path, *one) == 0
    moved, taught = [trained.config() for trained in list_runs(tmp_path)]
    assert (taught.teacher, taught.optimizer) == ("default", "sgd")
    assert (moved.init_weights, moved.freeze) == ("mnist_cnn", ("conv1",))


def test_a_student_reads_as_its_teacher(
    train_validation: tuple[Split, Split], tmp_path: Path
) -> None:
    common = ("--epochs", "15", "--learning-rate", "5e-3")
    assert run("distill --teacher mnist_cnn --distill-alpha 1", tmp_path, *common) == 0
    assert run("train --model mnist_cnn_fixed", tmp_path, *common) == 0
    images = train_validation[1].images[:500]
    alone, taught = [load_weights(trained.weights_path)[0] for trained in list_runs(tmp_path)]
    teacher = load_weights(weights_path("mnist_cnn"))[0]
    answers = {
        name: predict_logits(network, images)
        for name, network in (("alone", alone), ("taught", taught), ("teacher", teacher))
    }
    agreement = {
        name: (logits.argmax(1) == answers["teacher"].argmax(1)).float().mean()
        for name, logits in answers.items()
    }
    distance = {
        name: distillation_loss(logits, answers["teacher"], 4.0) for name, logits in answers.items()
    }
    assert agreement["taught"] > agreement["alone"]
    assert distance["taught"] < 0.8 * distance["alone"]


def epochs_until(accuracy: float, trained: Run) -> int:
    values = MetricReader(trained.folder).read()["validation/accuracy"].values
    return next((i for i, value in enumerate(values, 1) if value >= accuracy), len(values) + 1)


def test_transfer(mnist_root: Path, tmp_path: Path) -> None:
    few = ("--epochs", "5", "--learning-rate", "3e-3", "--training-size", "500")
    assert run("transfer", tmp_path, *few) == 0
    assert run("train --model mnist_cnn_fixed", tmp_path, *few) == 0
    scratch, moved = list_runs(tmp_path)
    assert epochs_until(0.8, moved) < epochs_until(0.8, scratch)
    source = load_weights(weights_path("mnist_cnn"))[0]
    network = load_weights(moved.weights_path)[0]
    assert torch.equal(network.conv1[0].weight, source.conv1[0].weight)
    assert not torch.equal(network.trunk.conv2[0].weight, source.trunk.conv2[0].weight)


def test_transfer_keeps_what_batch_normalisation_counts(mnist_root: Path, tmp_path: Path) -> None:
    command = "transfer --model improved --init-weights default --epochs 1 --learning-rate 1e-3"
    assert run(command, tmp_path) == 0
    source = load_weights(weights_path("default"))[0].state_dict()
    (moved,) = list_runs(tmp_path)
    network = load_weights(moved.weights_path)[0].state_dict()
    same = {name for name, tensor in network.items() if torch.equal(tensor, source[name])}
    assert same == {name for name in network if name.startswith("trunk.conv1.")}
    assert "trunk.conv1.1.running_mean" in same


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
