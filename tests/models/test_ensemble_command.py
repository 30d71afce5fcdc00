"""The command that makes an ensemble of networks."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from support.drawings import one, paint, seven, zero
from support.networks import MEMBERS, load_members
from support.training import part
from torch import nn

from mnist_core import load_classifier
from mnist_core.cli import main as cli
from mnist_core.data.mnist import Split
from mnist_core.models.card_file import read_card
from mnist_core.models.forward import predict_logits
from mnist_core.models.options import VOTES
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import load_weights, update_card
from mnist_core.runs.run_list import create_run
from mnist_core.training.config import TrainConfig

Capture = pytest.CaptureFixture[str]
DRAWINGS = [zero(), one(), seven()]


@pytest.fixture
def small_mnist(small_splits: tuple[Split, Split], monkeypatch: pytest.MonkeyPatch) -> Split:
    """The command sees 100 held-out images."""
    validation = part(small_splits, 0, 100)[1]
    monkeypatch.setattr("mnist_core.data.mnist.load_validation", lambda *_, **__: validation)
    return validation


def without_data(monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_args: object) -> None:
        raise AssertionError("the data was read")

    monkeypatch.setattr("mnist_core.data.mnist.load_validation", read)


def copy_shipped(path: Path, **config: Any) -> Path:
    """A copy of shipped weights, with other settings on its card."""
    shutil.copyfile(weights_path("mnist_cnn"), path)
    update_card(path, config={**read_card(path).config, **config})
    return path


@pytest.mark.parametrize("vote", VOTES)
def test_the_command_writes_file_and_card(
    vote: str, small_mnist: Split, tmp_path: Path, capsys: Capture
) -> None:
    output = tmp_path / "new folder" / "both.safetensors"
    words = ["ensemble", *MEMBERS, "--vote", vote, "--output", str(output)]
    assert cli.main(words) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].split() == ["on", "100", "validation", "images", "accuracy", "loss"]
    assert printed[-1] == f"wrote {output}"

    classifier = load_classifier(output)
    assert [p.digit for p in classifier.classify_strokes_many(DRAWINGS)] == [0, 1, 7]
    card = classifier.card
    assert (card.architecture, card.vote) == ("ensemble", vote)
    assert card.command.startswith("python -m mnist_core ensemble default mnist_cnn")

    names = [*MEMBERS, f"ensemble, {vote}"]
    models = [*load_members(), load_weights(output)[0]]
    content = card.as_dict()
    figures = [*(member["validation"] for member in content["members"]), content["validation"]]
    for line, name, model, figure in zip(printed[1:4], names, models, figures, strict=True):
        logits = predict_logits(model, small_mnist.images)
        accuracy = (logits.argmax(1) == small_mnist.labels).float().mean().item()
        loss = nn.functional.cross_entropy(logits, small_mnist.labels).item()
        assert figure == {"accuracy": pytest.approx(accuracy), "loss": pytest.approx(loss)}
        assert line.startswith(f"{name} ")
        assert line.split()[-2:] == [f"{accuracy:.2%}", f"{loss:.4f}"]

    for member, name in zip(content["members"], MEMBERS, strict=True):
        own = read_card(weights_path(name)).as_dict()
        assert member["name"] == name
        assert member["architecture"] == own["architecture"]
        kept = ("data", "command", "epoch", "validation")
        assert member["card"] == {key: own[key] for key in kept if key in own}


def test_a_member_may_be_a_run(small_mnist: Split, tmp_path: Path) -> None:
    run = create_run(TrainConfig(model="mnist_cnn"), tmp_path / "runs")
    copy_shipped(run.weights_path)
    output = tmp_path / "both.safetensors"
    words = ["ensemble", "default", "last", "--runs", str(tmp_path / "runs")]
    assert cli.main([*words, "--output", str(output)]) == 0
    assert [member.name for member in read_card(output).members] == ["default", run.id]
    assert torch.equal(
        load_weights(output)[0].members[1].kernel("conv1"),
        load_weights(run.weights_path)[0].kernel("conv1"),
    )


def test_an_ensemble_is_evaluated_and_used_like_any_other(
    ensemble_file: Path, small_mnist: Split, tmp_path: Path, capsys: Capture
) -> None:
    picture = tmp_path / "seven.png"
    paint(seven()).save(picture)
    assert cli.main(["predict", "--weights", str(ensemble_file), str(picture)]) == 0
    assert capsys.readouterr().out.startswith(f"{picture}: 7 ")
    page = tmp_path / "page.html"
    assert cli.main(["evaluate", str(ensemble_file), "--html", str(page)]) == 0
    assert f"{ensemble_file.stem} (ensemble) on 100 validation images" in capsys.readouterr().out
    assert "mnist_cnn" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(("held_out", "noted"), [(1_000, True), (5_000, False), (9_000, False)])
def test_a_member_trained_on_validation_images_is_noted(
    small_mnist: Split, tmp_path: Path, capsys: Capture, held_out: int, noted: bool
) -> None:
    member = copy_shipped(tmp_path / "a.safetensors", validation_size=held_out)
    output = tmp_path / "both.safetensors"
    other = copy_shipped(tmp_path / "b.safetensors")
    assert cli.main(["ensemble", str(member), str(other), "--output", str(output)]) == 0
    notes = [line for line in capsys.readouterr().out.splitlines() if line.startswith("note: ")]
    written = ["note" in member for member in read_card(output).as_dict()["members"]]
    assert written == [noted, False]
    assert len(notes) == noted
    if noted:
        assert str(member) in notes[0]
        assert "validation_size 1000" in notes[0]


def test_the_command_checks_its_arguments_first(
    ensemble_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    without_data(monkeypatch)
    monkeypatch.chdir(tmp_path)
    member = copy_shipped(tmp_path / "a.safetensors")
    before = member.read_bytes()
    (tmp_path / "link.safetensors").symlink_to(member)
    output = str(tmp_path / "both.safetensors")
    for words, message in (
        (["default", "--output", output], "at least two"),
        (["default", "nope", "--output", output], "no weights 'nope'"),
        (["default", str(ensemble_file), "--output", output], "member 2 is an ensemble"),
        (["default", "default", "--output", output], "default is given twice"),
        (["a.safetensors", "link.safetensors", "--output", output], "given twice"),
        (["default", "a.safetensors", "--output", str(member)], "give another file"),
        (["default", "mnist_cnn", "--output", "both.pt"], ".safetensors"),
        (["default", "mnist_cnn", "--output", f"{member}/x.safetensors"], "cannot be made a"),
        (["default", "mnist_cnn", "--device", "tpu", "--output", output], "device"),
    ):
        assert cli.main(["ensemble", *words]) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert message in printed.err
        assert "Traceback" not in printed.err
    assert not Path(output).exists()
    assert member.read_bytes() == before


def test_an_unknown_vote(tmp_path: Path, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["ensemble", *MEMBERS, "--vote", "median", "--output", "x.safetensors"])
    assert caught.value.code == 2
    assert "majority" in capsys.readouterr().err
