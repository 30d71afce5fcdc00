from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from PIL import Image
from support.chromium import ROOT
from support.drawings import one, paint, seven, zero
from support.rows import row

from mnist_core import load_classifier, shipped_models
from mnist_core.cli import main as cli
from mnist_core.data.mnist import Split
from mnist_core.evaluation.scores import Evaluation
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import card_path, load_weights, read_card
from mnist_core.reports.html import run_report
from mnist_core.runs.run_list import list_runs

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def small_mnist(
    small_splits: tuple[Split, Split], monkeypatch: pytest.MonkeyPatch
) -> tuple[Split, Split]:
    """The commands see 2,000 training and 500 validation images."""
    monkeypatch.setattr("mnist_core.data.mnist.load_validation", lambda *_, **__: small_splits[1])
    monkeypatch.setattr("mnist_core.data.mnist.load_test", lambda *_: small_splits[1])
    return small_splits


@pytest.fixture
def pictures(tmp_path: Path) -> dict[str, Path]:
    files = {name: tmp_path / f"{name}.png" for name in ("one", "seven", "blank", "note")}
    paint(one()).save(files["one"])
    paint(seven()).save(files["seven"])
    Image.new("L", (100, 100)).save(files["blank"])
    files["note"].write_text("no picture")
    return files


def failed(capsys: Capture) -> str:
    """Return the error of a command that failed: no traceback, no other output."""
    out = capsys.readouterr()
    assert out.out == ""
    assert out.err.startswith("error: ")
    assert "Traceback" not in out.err
    return out.err


# --- predict -----------------------------------------------------------------------------------


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


def test_predict_says_why_a_picture_is_refused(tmp_path: Path, capsys: Capture) -> None:
    strokes = row([seven(), zero()])[0]
    paint(strokes, pen=14, size=(420, 260), scale=0.5).save(tmp_path / "two.png")
    arguments = ["predict", "--weights", str(weights_path("student")), str(tmp_path / "two.png")]
    assert cli.main(arguments) == 0
    assert "two.png: several digits (closest: " in capsys.readouterr().out


def test_predict_with_unknown_weights(pictures: dict[str, Path], capsys: Capture) -> None:
    assert cli.main(["predict", "--weights", "nope", str(pictures["one"])]) == 2
    assert "default" in failed(capsys)


# --- weights -----------------------------------------------------------------------------------


def test_weights_are_listed(capsys: Capture) -> None:
    assert cli.main(["weights"]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["name", "architecture", "size", "validation", "test", "run"]
    assert [line.split()[0] for line in lines] == shipped_models()
    for line in lines:
        card = read_card(weights_path(line.split()[0]))
        assert card.architecture in line
        assert f"{card.accuracy():.2%}" in line


# --- train and evaluate ------------------------------------------------------------------------


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
    evaluation = Evaluation.read(output)
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


# --- what goes wrong ---------------------------------------------------------------------------


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

    monkeypatch.setattr("mnist_core.runs.run_training.load_train_validation", interrupt)
    assert cli.main(train_command(tmp_path / "x.safetensors")) == 130
    assert capsys.readouterr().err == "interrupted\n"


@pytest.mark.parametrize("words", [["stop", "x"], ["resume", "x"]])
def test_unknown_runs(tmp_path: Path, capsys: Capture, words: list[str]) -> None:
    assert cli.main([*words, "--runs", str(tmp_path)]) == 2
    assert "there is no run 'x'" in failed(capsys)


def test_evaluate_damaged_weights(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "w.safetensors"
    path.write_bytes(weights_path("mnist_cnn").read_bytes()[:1000])
    assert cli.main(["evaluate", str(path)]) == 2
    assert str(path) in failed(capsys)


def test_control_characters_do_not_reach_the_terminal(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "\x1b]0;title\x07[red]x  y[bold].png"
    paint(one()).save(file)
    assert cli.main(["predict", str(file), "\x1b[31mnone.png"]) == 2
    out = capsys.readouterr()
    assert "\x1b" not in out.out + out.err
    assert "[red]x  y[bold].png: 1 " in out.out


def test_the_process_of_a_job_imports_optuna_for_a_sweep_only() -> None:
    code = "import sys, mnist_core.search.job_process; sys.exit('optuna' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


@pytest.mark.parametrize("words", [["--help"], ["train", "--help"], ["runs"], ["stop", "last"]])
def test_commands_that_need_no_network_do_not_wait_for_torch(
    words: list[str], tmp_path: Path
) -> None:
    code = (
        "import sys\n"
        "from mnist_core.cli.main import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit: pass\n"
        "sys.exit('torch' in sys.modules)"
    )
    command = [sys.executable, "-c", code, *words]
    process = subprocess.run(
        command, env={**os.environ, "MNIST_RUNS": str(tmp_path)}, cwd=ROOT, capture_output=True
    )
    assert process.returncode == 0


@pytest.mark.parametrize(
    "words", [[], ["dance"], ["resume"], ["predict"], ["evaluate", "--split", "training"]]
)
def test_unknown_commands_and_arguments(words: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(words)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err
