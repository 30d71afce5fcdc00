"""The list of runs as text and as JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console
from support.run_folders import named

from mnist_core.cli import main as cli
from mnist_core.cli import terminal
from mnist_core.runs.state import RunState

Capture = pytest.CaptureFixture[str]


def test_runs_as_text(tmp_path: Path, capsys: Capture) -> None:
    named(tmp_path, "20260101-100000-a", epoch=3, validation_accuracy=0.98765)
    named(tmp_path, "20260102-100000-b", "stopped", reason="stopped on request", epoch=1)
    named(tmp_path, "20260103-100000-c", "queued")
    assert cli.main(["runs", "--runs", str(tmp_path)]) == 0
    _, third, second, first = map(str.split, capsys.readouterr().out.splitlines())
    assert third == ["20260103-100000-c", "queued", "0/3"]
    assert second == ["20260102-100000-b", "stopped", "1/3", "stopped", "on", "request"]
    assert first == ["20260101-100000-a", "finished", "3/3", "98.77%"]


def test_a_run_without_its_configuration_is_damaged(tmp_path: Path, capsys: Capture) -> None:
    run = named(tmp_path, "20260101-100000-a", epoch=3)
    run.log("finished")
    run.config_path.unlink()
    assert cli.main(["runs", "--runs", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[1].split()[:2] == [run.id, "damaged"]
    assert cli.main(["runs", "--json", "--runs", str(tmp_path)]) == 0
    assert "this file is missing" in json.loads(capsys.readouterr().out)["error"]


def test_a_narrow_terminal_shows_whole_ids(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(terminal, "console", lambda: Console(width=80, highlight=False))
    run = named(tmp_path, f"20260101-100000-{'a' * 40}", "failed", reason="no such file " * 20)
    run.rename("x" * 200)
    assert cli.main(["runs", "--runs", str(tmp_path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith(f"{run.id} ")
    assert max(map(len, lines)) <= 80


def test_links_need_a_folder(tmp_path: Path, capsys: Capture) -> None:
    named(tmp_path, "20260101-100000-a")
    assert cli.main(["runs", "--links", "", "--runs", str(tmp_path)]) == 2
    assert "--links is empty" in capsys.readouterr().err


def test_runs_as_json(tmp_path: Path, capsys: Capture) -> None:
    runs = [named(tmp_path, f"2026010{i}-100000-a", epoch=i) for i in (1, 2, 3)]
    assert cli.main(["runs", "--json", "--runs", str(tmp_path)]) == 0
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [entry.pop("id") for entry in shown] == [run.id for run in runs[::-1]]
    assert [RunState(**entry) for entry in shown] == [run.state() for run in runs[::-1]]


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "runs"
    file.write_text("not a folder")
    assert cli.main(["runs", "--runs", str(file)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "cannot be read (Not a directory); name a folder of runs" in captured.err


@pytest.mark.parametrize("seconds", ["nan", "-1"])
def test_a_time_that_never_ends_is_refused(seconds: str, tmp_path: Path, capsys: Capture) -> None:
    assert cli.main(["stop", "last", "--timeout", seconds, "--runs", str(tmp_path)]) == 2
    assert f"--timeout is {float(seconds)}; give 0 or more seconds" in capsys.readouterr().err


def test_no_runs_yet(tmp_path: Path, capsys: Capture) -> None:
    assert cli.main(["runs", "--runs", str(tmp_path / "none")]) == 0
    assert "python -m mnist_core train" in capsys.readouterr().out
    assert cli.main(["runs", "--json", "--runs", str(tmp_path / "none")]) == 0
    assert capsys.readouterr().out == ""
    assert not (tmp_path / "none").exists()
