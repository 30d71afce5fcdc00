"""Output that cannot be written: closed pipes, full disks, encodings without a character."""

from __future__ import annotations

import io
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from mnist_core.cli import main as cli
from mnist_core.cli.commands.train import show
from mnist_core.runs.run_list import create_run, list_runs
from mnist_core.runs.signals import StopFlag
from mnist_core.runs.state import StopReason
from mnist_core.training.config import TrainConfig
from mnist_core.utils.processes import module_command, module_environment

FORK = multiprocessing.get_context("fork")


def run_command(*words: str, **options: Any) -> subprocess.CompletedProcess[str]:
    environment = {**module_environment(), **options.pop("env", {})}
    return subprocess.run(
        module_command("mnist_core", *words),
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        **options,
    )


@pytest.mark.parametrize("words", [("weights",), ("train", "--help"), ("runs", "--runs", "none")])
def test_a_command_whose_reader_has_exited_ends_quietly(words: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        assert run_command(*words, stdout=writer).stderr == ""
    finally:
        os.close(writer)


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
def test_a_full_disk_under_the_output_is_an_error_in_words() -> None:
    with open("/dev/full", "w") as full:
        result = run_command("runs", "--runs", "none", stdout=full)
    assert result.returncode == 2
    assert result.stderr == "error: the output cannot be written (No space left on device)\n"


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
def test_a_full_disk_under_the_output_does_not_make_train_fail(
    mnist_root: Path, tmp_path: Path
) -> None:
    words = "train --model mnist_cnn --training-size 200 --validation-size 100 --epochs 1"
    runs, errors = tmp_path / "runs", tmp_path / "errors.txt"
    command = [*words.split(), "--runs", str(runs)]
    process = FORK.Process(target=run_with_full_output, args=(command, errors))
    process.start()
    process.join()
    assert (process.exitcode, errors.read_text()) == (
        0,
        "the output cannot be written (No space left on device): no more is printed, the run is "
        "not affected\n",
    )
    (run,) = list_runs(runs)
    assert run.state().status == "finished"


def run_with_full_output(command: list[str], errors: Path) -> None:
    """Run a command in this process, which has imported torch already."""
    os.dup2(os.open("/dev/full", os.O_WRONLY), 1)
    os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT), 2)
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__  # pytest's replace them
    sys.exit(cli.main(command))


def test_names_are_printed_in_every_encoding(tmp_path: Path) -> None:
    create_run(TrainConfig(), tmp_path, "\u6570\u5b57")
    ascii_only = {"PYTHONIOENCODING": "ascii"}
    result = run_command("runs", "--runs", str(tmp_path), env=ascii_only, stdout=subprocess.PIPE)
    assert (result.returncode, result.stderr) == (0, "")
    assert "\\u6570\\u5b57" in result.stdout


def test_closed_standard_streams(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "stdout", None)
    monkeypatch.setattr(sys, "stderr", None)
    assert cli.main(["runs", "--runs", str(tmp_path)]) == 0
    assert cli.main(["resume", "last", "--runs", str(tmp_path)]) == 2
    assert isinstance(sys.stdout, io.TextIOBase)
    sys.stdout.close()
    sys.stderr.close()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (BrokenPipeError(32, "Broken pipe"), StopReason.OUTPUT_CLOSED),
        (SystemExit(1), StopReason.OUTPUT_CLOSED),
        (OSError(28, "No space left on device"), None),
    ],
)
def test_output_that_fails_does_not_make_a_run_fail(
    error: BaseException,
    reason: StopReason | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # it is replaced on a full disk: not the one that pytest reads
    output = (tmp_path / "output").open("w")
    monkeypatch.setattr(sys, "stdout", output)

    def write(_what: object) -> None:
        raise error

    stop = StopFlag()
    show(write, "a line", stop)
    assert stop.reason is reason
    output.close()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--lock", "999"), "error: --lock 999: no open file (Bad file descriptor)"),
        (("--device", "gpu"), "error: device is 'gpu'"),
    ],
)
def test_work_explains_bad_arguments(
    words: tuple[str, ...], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["work", "--runs", str(tmp_path), *words]) == 2
    assert message in capsys.readouterr().err
