from __future__ import annotations

from pathlib import Path

import pytest
from support.drawing_sets import write_drawing_sets

from mnist_core.cli import main as cli
from mnist_core.evaluation.scorecard import baseline
from mnist_core.evaluation.scorecard.results import Scorecard
from mnist_core.models.architectures import build_model
from mnist_core.models.network import DigitNet
from mnist_core.utils.json_files import read_json

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_drawing_sets(tmp_path_factory.mktemp("drawings"))


def test_a_table_json_and_errors(folder: Path, tmp_path: Path, capsys: Capture) -> None:
    files = {name: tmp_path / f"new/{name}" for name in ("card.json", "errors.html")}
    command = ["scorecard", "mnist_cnn", "--data", str(folder), "--limit", "10", "--pictures", "4"]
    command += ["--only", "unipen", "letters", "picture-pen-12", "parameters"]
    command += ["--json", str(files["card.json"]), "--errors", str(files["errors.html"])]
    assert cli.main(command) == 0
    out = capsys.readouterr()
    lines = out.out.splitlines()
    assert lines[0].split() == ["what", "aim", "mnist_cnn"]
    assert lines[1].startswith("UNIPEN digits, by strokes")
    assert lines[4].split() == ["parameters", "student", "25,000", "21,840"]
    assert "The first 10 drawings of each set, at most 4" in out.out
    assert "UNIPEN by strokes: mnist_cnn" in out.err
    card = read_json(files["card.json"], Scorecard)
    assert [row.key for row in card.rows] == ["unipen", "letters", "picture-pen-12", "parameters"]
    assert card.rows[0].measured["mnist_cnn"].count == 10
    assert "letters by strokes that are refused" in files["errors.html"].read_text()


def test_markdown_of_all_shipped_models(folder: Path, capsys: Capture) -> None:
    command = ["scorecard", "--data", str(folder), "--only", "parameters", "--markdown", "--mean"]
    assert cli.main(command) == 0
    head, rule, row, *_ = capsys.readouterr().out.splitlines()
    names = [name.strip() for name in head.strip("|").split("|")]
    assert names[:3] == ["what", "aim", "default"]
    assert names[-1] == "mean"
    assert rule.count("---") == row.count("|") - 1 == len(names)


def test_the_environment_names_the_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("DRAWINGS_ROOT", str(folder))
    assert cli.main(["scorecard", "mnist_cnn", "--limit", "5", "--only", "pendigits"]) == 0
    assert "pendigits, by strokes" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data", "nowhere"], "nowhere: has neither pendigits/ nor unipen/"),
        (["--only", "speed"], "unknown row 'speed'; choose from unipen"),
        (["nosuch"], "no weights 'nosuch'"),
        (["--seed", "-1"], "--seed is -1; give 0 or more"),
    ],
)
def test_what_cannot_be_measured(
    arguments: list[str], message: str, tmp_path: Path, capsys: Capture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert cli.main(["scorecard", *arguments]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("value", ["0", "-3", "many"])
def test_limits_are_counts(value: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit):
        cli.main(["scorecard", "--limit", value])
    assert "is not a whole number above 0" in capsys.readouterr().err


def test_the_usual_recipe_is_trained_as_one_more_column(
    folder: Path, mnist_root: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    def small(*splits: object) -> DigitNet:
        assert len(splits) == 2
        return build_model("mnist_cnn")

    monkeypatch.setattr(baseline, "train_baseline", small)
    command = ["scorecard", "mnist_cnn", "--data", str(folder), "--baseline"]
    assert cli.main([*command, "--only", "unipen", "pad-20"]) == 0
    out = capsys.readouterr()
    assert out.out.splitlines()[0].endswith("usual recipe")
    assert "training: usual recipe" in out.err
