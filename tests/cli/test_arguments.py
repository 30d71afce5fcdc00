"""Arguments of all commands: no abbreviations, no empty names, files that must be there."""

from __future__ import annotations

import argparse
import re
import shlex
from pathlib import Path

import pytest
from support.chromium import ROOT
from support.commands import Capture, failed

from mnist_core.cli import main as cli
from mnist_core.models.registry import weights_path
from mnist_core.utils.arguments import CommandParser

PROGRAMS = ("mnist_core", "pad", "board", "benchmarks", "docs", "examples")


def commands() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of every command."""
    (action,) = (
        action
        for action in cli._parser()._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    return dict(action.choices)


def usage_error(words: list[str], capsys: Capture) -> str:
    """Return the last line of the error of a command line that argparse refuses."""
    with pytest.raises(SystemExit) as caught:
        cli.main(words)
    assert caught.value.code == 2
    out = capsys.readouterr()
    assert out.out == ""
    return out.err.splitlines()[-1]


@pytest.mark.parametrize("command", commands())
def test_an_abbreviated_option_is_refused_by_its_full_name(
    command: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    parser = commands()[command]
    monkeypatch.setattr(parser, "print_usage", lambda file: None)  # long, and not what is tested
    for action in parser._actions:  # whatever else is missing is not what is tested
        action.required = False
        action.nargs = "?" if not action.option_strings else action.nargs
    for group in parser._mutually_exclusive_groups:
        group.required = False
    options = parser._option_string_actions
    for option in options:
        if option.startswith("--") and option != "--lock" and option[:-1] not in options:
            for words in ([option[:-1]], [f"{option[:-1]}=1"]):
                with pytest.raises(SystemExit):
                    parser.parse_args(words)
                assert re.search(
                    rf"no option {words[0]}; did you mean .*{option}\b", capsys.readouterr().err
                )


def test_a_mistyped_option_is_refused_with_the_nearest(capsys: Capture) -> None:
    error = usage_error(["train", "--epohcs", "3"], capsys)
    assert error.endswith("there is no option --epohcs; did you mean --epochs?")
    assert "unrecognized arguments: --zzz" in usage_error(["train", "--zzz"], capsys)


def test_what_follows_two_hyphens_is_no_option() -> None:
    parser = CommandParser()
    parser.add_argument("--number")
    parser.add_argument("files", nargs="*")
    assert parser.parse_args(["--", "--num"]).files == ["--num"]


def test_no_program_takes_abbreviations() -> None:
    for path in (path for program in PROGRAMS for path in (ROOT / program).rglob("*.py")):
        for call in re.findall(r"\bArgumentParser\(\s*(\S*)", path.read_text(encoding="utf-8")):
            assert call.startswith("allow_abbrev=False"), path


@pytest.mark.parametrize(
    "words",
    [
        "calibrate x --pendigits ''",
        "calibrate x --unipen ''",
        "calibrate x --letters ''",
        "calibrate x --data ''",
        "calibrate x --runs ' '",
        "claims --pendigits ''",
        "claims --output ''",
        "ensemble x y --output ''",
        "evaluate x --output ''",
        "evaluate x --html ''",
        "export x --output ''",
        "find-lr --plot ''",
        "publish --model ''",
        "publish --space ''",
        "publish --space x --models ''",
        "publish --model x --repo ''",
        "publish --model x --output ''",
        "runs --runs ''",
        "samples --output ''",
        "scorecard --data ''",
        "scorecard --mnist ''",
        "scorecard --json ''",
        "scorecard --errors ''",
        "sweep --storage ''",
        "train --output ''",
    ],
)
def test_an_empty_name_is_refused(words: str, capsys: Capture) -> None:
    option = shlex.split(words)[-2]
    assert f"argument {option}: it is empty; give a name or a path" in usage_error(
        shlex.split(words), capsys
    )


def test_an_empty_picture_is_refused(capsys: Capture) -> None:
    assert "argument FILE: it is empty" in usage_error(["predict", "7.png", ""], capsys)


@pytest.mark.parametrize("command", ["evaluate", "calibrate", "scorecard", "predict x --weights"])
def test_empty_weights_are_refused(command: str, tmp_path: Path, capsys: Capture) -> None:
    assert cli.main([*command.split(), "", "--runs", str(tmp_path)]) == 2
    assert failed(capsys) == (
        "error: the name of the weights is empty; give a shipped or promoted name, a file, or a "
        "run\n"
    )


@pytest.mark.parametrize(
    "words",
    [
        ["calibrate", "x", "--pendigits"],
        ["calibrate", "x", "--unipen"],
        ["calibrate", "x", "--letters"],
        ["claims", "--quick", "--pendigits"],
    ],
    ids=lambda words: f"{words[0]} {words[-1]}",
)
def test_a_file_that_is_to_be_read_is_missing(
    words: list[str], tmp_path: Path, capsys: Capture
) -> None:
    for path, problem in (
        (tmp_path / "none.gz", "there is no such file"),
        (tmp_path, "not a file"),
        ("x" * 5000, "there is no such file"),
    ):
        error = usage_error([*words, str(path)], capsys)
        assert error.endswith(f"argument {words[-1]}: {path}: {problem}")


def test_a_file_that_is_to_be_read_is_there() -> None:
    path = weights_path("student")
    args = cli._parser().parse_args(["calibrate", "x", "--pendigits", str(path)])
    assert args.pendigits == path
