"""Runs that fail say why, and keep what they have."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch
from support.resumable import at, check_same, throw
from support.training import Splits, small
from torch import Tensor

from mnist_core import MnistCoreError
from mnist_core.evaluation.scores import score
from mnist_core.models.weights import load_weights
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run
from mnist_core.runs.runner import execute, out_of_memory_advice
from mnist_core.runs.state import StopReason
from mnist_core.training.checkpoint import load_checkpoint
from mnist_core.training.config import FIELDS
from mnist_core.training.trainer import Trainer

# everything that a run must remember: random images, a moving average, a schedule, momentum


# --- failing -----------------------------------------------------------------------------------


def test_a_learning_rate_that_is_too_high(few: Splits, tmp_path: Path) -> None:
    run = create_run(small(optimizer="sgd", learning_rate=10.0, batch_size=20), tmp_path)
    with pytest.raises(MnistCoreError, match="learning rate below 10") as caught:
        execute(run, splits=few)
    state = run.state()
    assert (state.status, state.reason) == ("failed", str(caught.value))
    assert state.ended
    assert state.pid is None
    assert f"failed: {state.reason}" in run.log_path.read_text()
    assert not run.weights_path.exists()


def test_the_best_weights_are_kept_when_the_loss_diverges(
    whole: Run, few: Splits, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_step = Trainer.train_step

    def explode(self: Trainer, *batch: Tensor) -> Tensor:
        return take_step(self, *batch) * (torch.nan if self.epoch == 2 else 1)

    monkeypatch.setattr(Trainer, "train_step", explode)
    with pytest.raises(MnistCoreError, match="the loss is nan at epoch 2"):
        execute(run, splits=few)
    state = run.state()
    assert (state.status, state.epoch, state.best_epoch) == ("failed", 1, 1)
    accuracy = score(load_weights(run.weights_path)[0], few[1]).accuracy
    assert accuracy == pytest.approx(state.validation_accuracy)
    assert load_checkpoint(run.checkpoint_path)["epoch"] == 2
    monkeypatch.undo()
    execute(run, splits=few)
    check_same(run, whole)


def test_a_gpu_with_too_little_memory(
    few: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB.")

    monkeypatch.setattr(Trainer, "train_step", full)
    run = create_run(small(), tmp_path)
    with pytest.raises(MnistCoreError, match="batch_size 50; try 32, or precision bf16"):
        execute(run, splits=few)
    assert run.state().status == "failed"
    assert "try 32" in run.state().reason


@pytest.mark.parametrize(
    ("batch_size", "smaller"), [(3, 2), (50, 32), (64, 32), (65, 64), (8192, 4096)]
)
def test_the_batch_size_to_try(batch_size: int, smaller: int) -> None:
    assert f"batch_size {batch_size}; try {smaller}, or precision bf16" in out_of_memory_advice(
        small(batch_size=batch_size)
    )
    advice = out_of_memory_advice(small(batch_size=batch_size, precision="bf16"))
    assert advice.endswith(f"try {smaller}")


def test_no_batch_size_is_advised_that_cannot_be_set() -> None:
    least = int(FIELDS["batch_size"].bounds["ge"])
    assert f"try {least - 1}" not in out_of_memory_advice(small(batch_size=least))


def test_an_unexpected_error_is_kept_with_its_traceback(whole: Run, few: Splits, run: Run) -> None:
    listen = at(2, throw(ZeroDivisionError("a listener's\nbug")))
    with pytest.raises(
        MnistCoreError, match="unexpected ZeroDivisionError: a listener's"
    ) as caught:
        execute(run, splits=few, listen=listen)
    assert str(run.log_path) in str(caught.value)
    state = run.state()
    assert (state.status, state.epoch) == ("failed", 2)
    assert state.reason == "unexpected ZeroDivisionError: a listener's"
    assert "Traceback" in run.log_path.read_text()
    assert not run.is_active()
    execute(run, splits=few)
    check_same(run, whole)


def test_a_listener_that_exits(few: Splits, run: Run) -> None:
    # as rich does when its output is no longer read
    with pytest.raises(SystemExit):
        execute(run, splits=few, listen=at(1, throw(SystemExit(1))))
    state = run.state()
    assert state.status in ("stopped", "failed")
    assert state.stop_reason != StopReason.PROCESS_EXITED  # it was not killed
    assert state.ended


def test_torch_compile_that_does_not_work(
    few: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("no C++ compiler")

    monkeypatch.setattr(torch, "compile", refuse)
    run = create_run(small(compile=True), tmp_path)
    with pytest.raises(MnistCoreError, match=r"no C\+\+ compiler; torch\.compile may not"):
        execute(run, splits=few)


def test_a_run_cannot_be_carried_out_twice_at_once(few: Splits, run: Run) -> None:
    refused: list[str] = []

    def again() -> None:
        with pytest.raises(MnistCoreError) as caught:
            execute(Run(run.folder), splits=few)
        refused.append(str(caught.value))

    assert execute(run, splits=few, listen=at(1, again)).status == "finished"
    assert refused == [f"run {run.id} is already running in another process"]


def test_no_data(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no network")

    monkeypatch.setattr("urllib.request.urlopen", refuse)
    with pytest.raises(MnistCoreError, match="MNIST_ROOT"):
        execute(run, data=str(tmp_path / "none"))
    assert run.state().status == "failed"
    assert "MNIST_ROOT" in run.state().reason


def test_a_run_that_is_not_there(few: Splits, tmp_path: Path) -> None:
    with pytest.raises(MnistCoreError):
        execute(Run(tmp_path / "none"), splits=few)
    assert list(tmp_path.iterdir()) == []  # and none is made


@pytest.mark.filterwarnings("error::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_folder_that_is_deleted_during_training(few: Splits, run: Run) -> None:
    with pytest.raises(MnistCoreError, match=run.id):
        execute(run, splits=few, listen=at(1, lambda: shutil.rmtree(run.folder)))
    assert not run.folder.exists()
