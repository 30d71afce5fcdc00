"""Paths that are too long for the system: an answer or an error in words, as missing ones."""

from __future__ import annotations

import pytest

from mnist_core.cli import main as cli
from mnist_core.data.mnist import has_training_set

LONG = "x" * 5000
Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize("command", [["runs"], ["stop", "last"], ["resume", "last"]])
def test_a_folder_of_runs_has_no_runs(command: list[str], capsys: Capture) -> None:
    assert cli.main([*command, "--runs", LONG]) in (0, 2)
    assert "no run" in "".join(capsys.readouterr())


def test_a_data_folder_is_named(capsys: Capture) -> None:
    assert not has_training_set(LONG)
    assert cli.main(["evaluate", "mnist_cnn", "--data", LONG]) == 2
    assert "File name too long" in capsys.readouterr().err
