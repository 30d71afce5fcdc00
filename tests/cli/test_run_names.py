"""A run is given by its name wherever a command takes a run, and what is stored has its id."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from support.commands import Capture, failed
from support.drawings import one, paint
from support.run_folders import named
from support.training import small

from mnist_core.cli import main as cli
from mnist_core.errors import MnistCoreError
from mnist_core.models.card_file import read_card
from mnist_core.models.registry import weights_path
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run, find_run, find_weights, lasting_name, list_runs

FEW = "--training-size 100 --validation-size 200 --batch-size 50 --augment none --ema-decay 0"


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.fixture
def make(runs: Path) -> Callable[[str], Run]:
    """Make a run with a name, and the weights of mnist_cnn."""

    def make(name: str) -> Run:
        run = create_run(small(training_size=100, validation_size=200), runs, "before")
        shutil.copyfile(weights_path("mnist_cnn"), run.weights_path)
        run.rename(name)
        return run

    return make


def test_a_run_is_found_by_its_present_name(make: Callable[[str], Run], runs: Path) -> None:
    run, other = make("my best, 2nd"), make("别的")
    assert find_run("my best, 2nd", runs).id == run.id
    assert find_run("别的", runs).id == other.id
    assert find_weights("my best, 2nd", runs) == run.weights_path
    assert lasting_name("my best, 2nd", runs) == run.id
    run.rename("renamed")
    assert find_run("renamed", runs).id == run.id
    for name in ("my best, 2nd", "before", "RENAMED", "rename"):
        with pytest.raises(MnistCoreError, match="no run"):
            find_run(name, runs)


def test_a_name_of_several_runs_is_refused_with_their_ids(
    make: Callable[[str], Run], runs: Path, capsys: Capture
) -> None:
    ids = [make("twin").id for _ in range(2)]
    make("single")
    for words in (["stop", "twin"], ["resume", "twin"], ["evaluate", "twin"]):
        assert cli.main([*words, "--runs", str(runs)]) == 2
        error = failed(capsys)
        assert "several runs have the name" in error
        assert "give the id of one" in error
        assert all(one in error for one in ids)
    for number in range(20):
        named(runs, f"20260101-0000{number:02}-x").rename("twin")
    with pytest.raises(MnistCoreError, match=r"and 12 more$"):
        find_run("twin", runs)


def test_ids_models_and_files_win_over_names(
    make: Callable[[str], Run], runs: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = make("first")
    make(run.id)  # another run is called by its id
    make("last")
    make("default")
    newest = make("file.safetensors")
    assert find_run(run.id, runs).id == run.id
    assert find_run("last", runs).id == newest.id
    assert find_weights("default", runs) == weights_path("default")
    monkeypatch.chdir(tmp_path)
    shutil.copyfile(weights_path("mnist_cnn"), "file.safetensors")
    assert find_weights("file.safetensors", runs) == Path("file.safetensors")


def test_a_name_that_is_the_beginning_of_another_id_is_refused(
    make: Callable[[str], Run], runs: Path
) -> None:
    run, other = make("a"), make(list_runs(runs)[0].id[:6])
    with pytest.raises(MnistCoreError, match="several runs") as caught:
        find_run(other.state().name, runs)
    assert run.id in str(caught.value)


def test_damaged_runs_do_not_hide_names(make: Callable[[str], Run], runs: Path) -> None:
    run, damaged = make("mine"), make("other")
    damaged.state_path.write_text("{")
    assert find_run("mine", runs).id == run.id


def test_commands_take_names(
    make: Callable[[str], Run], runs: Path, tmp_path: Path, mnist_root: Path, capsys: Capture
) -> None:
    run, picture, page = make("my best"), tmp_path / "one.png", tmp_path / "page.html"
    paint(one()).save(picture)
    graph = str(tmp_path / "x.onnx")
    for words, said in (
        (["predict", "--weights", "my best", str(picture)], f"{picture}: 1 "),
        (["export", "my best", "--network", "--output", graph], f"wrote {graph}"),
        (["evaluate", "my best", "--html", str(page)], f"wrote {page}"),
    ):
        assert cli.main([*words, "--runs", str(runs)]) == 0, words
        assert said in capsys.readouterr().out
    run.rename("v1.5")
    assert cli.main(["publish", "--model", "v1.5", "--dry-run", "--runs", str(runs)]) == 0
    assert cli.main(["stop", "v1.5", "--runs", str(runs)]) == 0
    assert f"run {run.id} stopped" in capsys.readouterr().out
    assert cli.main(["resume", "v1.5", "--data", str(mnist_root), "--runs", str(runs)]) == 0
    assert run.state().status == "finished"


def test_output_has_the_id(
    make: Callable[[str], Run], runs: Path, tmp_path: Path, mnist_root: Path, capsys: Capture
) -> None:
    run, output = make("my best"), tmp_path / "scores.json"
    for name in ("last", "my best"):
        words = ["evaluate", name, "--json", "--data", str(mnist_root), "--runs", str(runs)]
        assert cli.main(words) == 0
        captured = capsys.readouterr()
        assert json.loads(captured.out)["weights"] == run.id
        assert captured.err.startswith(f"{run.id}: scoring")
    words = ["--only", "mnist-validation", "--limit", "5", "--json"]
    root = ["--mnist", str(mnist_root), "--runs", str(runs)]
    assert cli.main(["scorecard", "last", "my best", *words, str(output), *root]) == 0
    assert [model["name"] for model in json.loads(output.read_text())["models"]] == [run.id]


def test_a_configuration_has_the_id(
    make: Callable[[str], Run], runs: Path, mnist_root: Path, capsys: Capture
) -> None:
    first, second = make("teacher"), make("start")
    words = "train --model mnist_cnn --epochs 1 --teacher teacher --init-weights start --freeze"
    arguments = [*words.split(), "conv1", *FEW.split(), "--runs", str(runs)]
    assert cli.main([*arguments, "--data", str(mnist_root)]) == 0
    config = list_runs(runs)[0].config()
    assert (config.teacher, config.init_weights) == (first.id, second.id)
    assert read_card(list_runs(runs)[0].weights_path).config["teacher"] == first.id
    capsys.readouterr()
    # the newest run, not the trial that is the newest when it begins
    newest = list_runs(runs)[0].id
    words = "sweep --sampler grid --grid seed=1 --epochs 1 --model mnist_cnn --teacher last --json"
    arguments = [*words.split(), *FEW.split(), "--runs", str(runs), "--data", str(mnist_root)]
    assert cli.main(arguments) == 0
    (trial,) = json.loads(capsys.readouterr().out)["trials"]
    assert trial["state"] == "complete"
    assert find_run(trial["run"], runs).config().teacher == newest
    words = f"find-lr --model mnist_cnn --teacher teacher {FEW} --steps 30".split()
    cli.main([*words, "--runs", str(runs), "--data", str(mnist_root)])
    assert "--teacher teacher" not in capsys.readouterr().out


def test_the_card_of_an_ensemble_has_ids(
    make: Callable[[str], Run], runs: Path, mnist_root: Path, tmp_path: Path
) -> None:
    run, output = make("majority"), tmp_path / "both.safetensors"
    words = ["ensemble", "--vote", "majority", "--output", str(output), "--runs", str(runs)]
    arguments = [*words, "--data", str(mnist_root), "mnist_cnn", "majority"]
    assert cli.main(arguments) == 0
    card = read_card(output)
    assert [member.name for member in card.members] == ["mnist_cnn", run.id]
    assert card.command.endswith(f"mnist_cnn {run.id}")
    assert "--vote majority" in card.command
