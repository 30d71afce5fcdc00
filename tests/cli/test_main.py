"""The command line: what its commands have in common."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.chromium import ROOT
from support.commands import Capture, failed
from support.drawings import one, paint
from support.fresh_import import run_fresh

import mnist_core
from mnist_core import shipped_models
from mnist_core.cli import main as cli
from mnist_core.models.card_file import read_card
from mnist_core.models.registry import weights_path


def test_weights_are_listed(capsys: Capture) -> None:
    assert cli.main(["weights"]) == 0
    header, *lines = capsys.readouterr().out.splitlines()
    assert header.split() == ["name", "architecture", "size", "validation", "test", "run"]
    assert [line.split()[0] for line in lines] == shipped_models()
    for line in lines:
        card = read_card(weights_path(line.split()[0]))
        assert card.architecture in line
        assert f"{card.accuracy():.2%}" in line


@pytest.mark.parametrize("words", [["stop", "x"], ["resume", "x"]])
def test_unknown_runs(tmp_path: Path, capsys: Capture, words: list[str]) -> None:
    assert cli.main([*words, "--runs", str(tmp_path)]) == 2
    assert "there is no run 'x'" in failed(capsys)


def test_control_characters_do_not_reach_the_terminal(tmp_path: Path, capsys: Capture) -> None:
    file = tmp_path / "\x1b]0;title\x07[red]x  y[bold].png"
    paint(one()).save(file)
    assert cli.main(["predict", str(file), "\x1b[31mnone.png"]) == 2
    out = capsys.readouterr()
    assert "\x1b" not in out.out + out.err
    assert "[red]x  y[bold].png: 1 " in out.out


def test_the_process_of_a_job_imports_optuna_for_a_sweep_only(tmp_path: Path) -> None:
    forget = "import sys; [sys.modules.pop(n) for n in [*sys.modules] if n.startswith('optuna')]\n"
    code = forget + "import mnist_core.search.job_process; sys.exit('optuna' in sys.modules)"
    process = run_fresh(code, [], ROOT, paths=[str(ROOT)], output=tmp_path, environment={})
    assert process.returncode == 0, process.stderr


@pytest.mark.parametrize(
    "words", [["--help"], ["train", "--help"], ["runs"], ["stop", "last"], ["weights"]]
)
def test_commands_that_compute_nothing_do_not_wait_for_torch(
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


def test_version(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(["--version"])
    assert caught.value.code == 0
    assert capsys.readouterr().out == f"mnist-core {mnist_core.__version__}\n"


@pytest.mark.parametrize(
    "words", [[], ["dance"], ["resume"], ["predict"], ["evaluate", "--split", "training"]]
)
def test_unknown_commands_and_arguments(words: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as caught:
        cli.main(words)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err
