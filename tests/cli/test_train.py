"""The command that trains, and the runs that it leaves."""

from __future__ import annotations

import json
import shlex
import shutil
from pathlib import Path

import pytest
import torch
from support.commands import Capture, failed

from mnist_core import load_classifier
from mnist_core.cli import main as cli
from mnist_core.models.card_file import read_card
from mnist_core.models.weights import load_weights
from mnist_core.reports.html import run_report
from mnist_core.runs.run_list import list_runs


def train_command(output: Path, *more: str) -> list[str]:
    words = "train --model mnist_cnn --epochs 1 --batch-size 50 --learning-rate 5e-3 --device cpu"
    words += " --augment none --ema-decay 0 --training-size 2000 --validation-size 500"
    runs = output.parent / "runs"
    return [*words.split(), "--output", str(output), "--runs", str(runs), *more]


@pytest.fixture(scope="module")
def trained(mnist_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of a run, next to the folder `runs` that holds it."""
    path = tmp_path_factory.mktemp("trained") / "new" / "mine.safetensors"
    assert cli.main(train_command(path, "--seed", "4", "--name", "first")) == 0
    return path


def test_train_writes_weights_and_their_card(trained: Path) -> None:
    card = read_card(trained)
    assert load_classifier(trained).architecture == "mnist_cnn"
    assert card.config["seed"] == 4
    assert card.config["augment"] == "none"
    assert card.epoch == 1
    assert card.accuracy() > 0.7
    assert card.command.startswith("python -m mnist_core train --model mnist_cnn")
    assert "2000 training images, 500 held out" in card.data


def test_the_cards_command_trains_the_same_weights(trained: Path, tmp_path: Path) -> None:
    words = shlex.split(read_card(trained).command)[3:]
    again = tmp_path / "again.safetensors"
    assert cli.main([*words, "--runs", str(tmp_path / "runs"), "--output", str(again)]) == 0
    assert again.read_bytes() == trained.read_bytes()


def test_a_run_is_evaluated_by_its_id(
    trained: Path, mnist_root: Path, tmp_path: Path, capsys: Capture
) -> None:
    report, runs = tmp_path / "report.html", tmp_path / "runs"
    shutil.copytree(trained.parent / "runs", runs)
    words = ["evaluate", "last", "--runs", str(runs), "--json", "--html", str(report)]
    assert cli.main(words) == 0
    out = capsys.readouterr()
    assert json.loads(out.out)["images"] == 500  # the run's own validation split
    assert "validation" in report.read_text()
    assert "damaged" not in out.err + report.read_text()
    (events,) = runs.glob("*/events.*")
    content = events.read_bytes()
    events.write_bytes(content[: len(content) // 2] + b"damage" + content[len(content) // 2 + 6 :])
    assert cli.main(words) == 0
    for text in (capsys.readouterr().err, report.read_text()):
        assert "metrics are damaged or missing from step" in text
    (run,) = list_runs(runs)
    assert "metrics are damaged or missing from step" in run_report(run, mnist_root)


def test_runs_are_listed(trained: Path, capsys: Capture) -> None:
    assert cli.main(["runs", "--runs", str(trained.parent / "runs")]) == 0
    header, row = capsys.readouterr().out.splitlines()
    assert header.split() == ["run", "name", "status", "epoch", "validation", "reason"]
    assert row.split()[1:4] == ["first", "finished", "1/1"]


def test_a_finished_run_is_not_resumed(trained: Path, capsys: Capture) -> None:
    assert cli.main(["resume", "last", "--runs", str(trained.parent / "runs")]) == 2
    out = capsys.readouterr()
    assert out.out == ""
    assert "is finished; train a new one" in out.err


def test_train_from_the_run_before(trained: Path, tmp_path: Path, capsys: Capture) -> None:
    runs, output = tmp_path / "runs", tmp_path / "x.safetensors"
    shutil.copytree(trained.parent / "runs", runs)
    command = train_command(output, "--init-weights", "last", "--teacher", "last")
    assert cli.main([*command, "--freeze", "conv1"]) == 0
    out = capsys.readouterr().out
    assert "epoch   1" in out
    assert "weights, evaluation and log in" in out
    assert f"wrote {output}" in out
    kernels = [load_weights(path)[0].conv1[0].weight for path in best_of(runs)]
    assert len(kernels) == 2
    assert torch.equal(*kernels)


def best_of(runs: Path) -> list[Path]:
    return sorted(runs.glob("*/best.safetensors"))


def test_a_preset_with_changes(mnist_root: Path, tmp_path: Path) -> None:
    words = "train --preset article --epochs 1 --training-size 500 --validation-size 200"
    assert cli.main([*words.split(), "--runs", str(tmp_path)]) == 0
    (config_path,) = tmp_path.glob("*/config.json")
    config = json.loads(config_path.read_text())
    assert (config["optimizer"], config["momentum"], config["epochs"]) == ("sgd", 0.5, 1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (["--model", "lenet"], "lenet"),
        (["--optimizer", "lion"], "adamw"),
        (["--epochs", "0"], "epochs"),
        (["--learning-rate", "nan"], "learning_rate"),
        (["--seed", str(2**70)], "seed"),
        (["--device", "tpu"], "device"),
        (["--device", "cuda:77"], "torch finds"),
        (["--preset", "best"], "article"),
        (["--teacher", "nobody"], "nobody"),
        (["--output", "mine.pt"], ".safetensors"),
    ],
)
def test_train_with_a_setting_that_cannot_be_used(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
    change: list[str],
    message: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(train_command(tmp_path / "x.safetensors", *change)) == 2
    assert message in failed(capsys)
    assert list(tmp_path.iterdir()) == []  # nothing is left behind


def test_an_output_that_cannot_be_written_is_refused_before_training(
    tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "file"
    file.touch()
    assert cli.main(train_command(file / "x.safetensors")) == 2
    assert str(file) in failed(capsys)
    assert list(tmp_path.iterdir()) == [file]


def test_train_that_diverges_writes_nothing(
    mnist_root: Path, tmp_path: Path, capsys: Capture
) -> None:
    output = tmp_path / "x.safetensors"
    command = train_command(output, "--optimizer", "sgd", "--learning-rate", "10")
    assert cli.main(command) == 2
    assert "learning rate below 10" in capsys.readouterr().err
    assert not output.exists()


def test_train_without_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    command = train_command(tmp_path / "x.safetensors", "--data", str(tmp_path / "none"))
    assert cli.main(command) == 2
    assert "MNIST_ROOT" in capsys.readouterr().err


def test_an_interrupted_run_ends_quietly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def interrupt(*_args: object, **_options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mnist_core.runs.run_training.load_splits", interrupt)
    assert cli.main(train_command(tmp_path / "x.safetensors")) == 130
    assert capsys.readouterr().err == "interrupted\n"
