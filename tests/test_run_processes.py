"""Runs as people start, stop and kill them: real processes, real signals, real MNIST."""

from __future__ import annotations

import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from mnist_core.checkpoint import load_checkpoint
from mnist_core.metrics import MetricReader
from mnist_core.runs import Run, find_run, list_runs
from mnist_core.weights import load_weights

ROOT = Path(__file__).parents[1]
TRAIN = (
    "train --model mnist_cnn --epochs 4 --batch-size 50 --learning-rate 5e-3 --augment article "
    "--training-size 5000 --validation-size 1000 --device cpu"
)


def start(*words: str, limit: int | None = None) -> subprocess.Popen[str]:
    """Start a command; `limit` is the largest file in bytes that it may write."""

    def bound() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    return subprocess.Popen(
        [sys.executable, "-m", "mnist_core", *words],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=bound,
    )


def wait_until(condition: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    while not condition():
        assert process.poll() is None, process.communicate()
        time.sleep(0.01)


def only_run(runs: Path) -> Run:
    (run,) = list_runs(runs)
    return run


def has_begun(runs: Path) -> Callable[[], bool]:
    return lambda: any(
        "mnist_cnn on CPU" in r.log_path.read_text()
        for r in list_runs(runs)
        if r.log_path.is_file()
    )


def tensors(run: Run) -> list[torch.Tensor]:
    return list(load_weights(run.weights_path)[0].state_dict().values())


@pytest.fixture(scope="module")
def whole(mnist_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that nobody disturbed."""
    runs = tmp_path_factory.mktemp("whole")
    out, err = start(*TRAIN.split(), "--runs", str(runs)).communicate()
    assert err == ""
    assert re.search(r"epoch   4 .*validation loss", out)
    run = only_run(runs)
    assert run.state().status == "finished"
    return run


def check_same(run: Run, whole: Run) -> None:
    assert run.state().status == "finished"
    assert all(torch.equal(a, b) for a, b in zip(tensors(run), tensors(whole), strict=True))
    mine, theirs = (MetricReader(r.folder).read() for r in (run, whole))
    for tag in ("validation/loss", "validation/accuracy", "epoch/train_loss"):
        assert mine[tag].steps.tolist() == theirs[tag].steps.tolist()
        assert mine[tag].values.tolist() == theirs[tag].values.tolist()
    steps = mine["train/loss"].steps.tolist()
    assert steps == sorted(set(steps))
    assert steps[-1] == theirs["train/loss"].steps[-1]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, None])
def test_stop_and_resume(whole: Run, tmp_path: Path, number: signal.Signals | None) -> None:
    process = start(*TRAIN.split(), "--runs", str(tmp_path))
    wait_until(has_begun(tmp_path), process)
    if number is None:
        out, err = start("stop", "last", "--runs", str(tmp_path)).communicate()
        assert "stopped on request" in out, err
    else:
        process.send_signal(number)
    out, err = process.communicate()
    assert err == ""
    assert "go on with: python -m mnist_core resume" in out
    assert process.returncode == (0 if number is None else 130)
    run = only_run(tmp_path)
    state = run.state()
    assert state.status == "stopped"
    assert state.reason == (f"stopped by {number.name}" if number else "stopped on request")
    assert load_checkpoint(run.checkpoint_path)["epoch"] >= 1
    _, err = start("resume", "last", "--runs", str(tmp_path)).communicate()
    assert err == ""
    check_same(run, whole)


def test_kill_at_any_moment(whole: Run, tmp_path: Path) -> None:
    chance = random.Random(4)
    process = start(*TRAIN.split(), "--runs", str(tmp_path))
    wait_until(has_begun(tmp_path), process)
    for attempt in range(5):
        run = only_run(tmp_path)
        if attempt == 0:  # in the middle of writing a checkpoint, as far as that can be aimed
            half = run.checkpoint_path.with_name("last.pt.tmp")
            while not (half.exists() or run.checkpoint_path.exists()):
                assert process.poll() is None
        else:
            time.sleep(chance.uniform(0.0, 0.5))
        epochs = run.state().epoch
        process.kill()
        process.communicate()
        state = run.state()
        if state.status == "finished":
            break
        assert state.status == "failed"
        assert "killed" in state.reason
        assert state.epoch >= epochs
        if run.checkpoint_path.exists():
            # at most the epoch under way is lost
            assert load_checkpoint(run.checkpoint_path)["epoch"] >= state.epoch + 1
        if run.weights_path.exists():
            tensors(run)
        lines = len(run.log_path.read_text().splitlines())
        process = start("resume", "last", "--runs", str(tmp_path))
        wait_until(lambda: len(run.log_path.read_text().splitlines()) > lines, process)  # noqa: B023
    process.communicate()
    check_same(only_run(tmp_path), whole)


def test_a_full_disk_keeps_what_was_good(whole: Run, tmp_path: Path) -> None:
    # the weights of 88 kB fit, the checkpoint of 460 kB does not
    process = start(*TRAIN.split(), "--runs", str(tmp_path), limit=200_000)
    _, err = process.communicate()
    run = only_run(tmp_path)
    assert process.returncode == 2
    assert err.splitlines() == [f"error: {run.checkpoint_path}: cannot be written (File too large)"]
    state = run.state()
    assert state.status == "failed"
    assert "last.pt: cannot be written" in state.reason
    assert list(tmp_path.glob("*/*.tmp")) == []
    tensors(run)
    start("resume", "last", "--runs", str(tmp_path)).communicate()
    check_same(run, whole)


def test_metrics_that_cannot_be_written(mnist_root: Path, tmp_path: Path) -> None:
    process = start(*TRAIN.split(), "--runs", str(tmp_path), limit=3_000)
    _, err = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "Traceback" not in err
    assert "cannot be written" in err
    assert find_run("last", tmp_path).state().status == "failed"


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    _, err = start(*TRAIN.split(), "--runs", str(tmp_path / "file" / "runs")).communicate()
    assert err.startswith("error: ")
    assert "cannot be made a folder" in err
