from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mnist_core import MnistCoreError, load_classifier
from mnist_core.config import TrainConfig
from mnist_core.data import Split
from mnist_core.evaluate import Evaluation, score
from mnist_core.events import Epoch, Event, Finished, Step
from mnist_core.execute import execute
from mnist_core.metrics import MetricReader
from mnist_core.runs import Run, create_run, find_weights
from mnist_core.stopping import StopFlag
from mnist_core.train import Trainer
from mnist_core.weights import load_weights, read_card

Splits = tuple[Split, Split]


def small(**changes: Any) -> TrainConfig:
    fields = {
        "model": "mnist_cnn",
        "epochs": 2,
        "batch_size": 50,
        "learning_rate": 5e-3,
        "augment": "none",
        "ema_decay": 0.0,
        "device": "cpu",
    }
    return TrainConfig(**{**fields, **changes})


@pytest.fixture
def few(small_splits: Splits) -> Splits:
    training, validation = small_splits
    return Split(training.images[:1000], training.labels[:1000]), validation


def tensors(path: Path) -> list[torch.Tensor]:
    return list(load_weights(path)[0].state_dict().values())


def same(a: Path, b: Path) -> bool:
    return all(torch.equal(x, y) for x, y in zip(tensors(a), tensors(b), strict=True))


def test_a_run_keeps_all_that_it_knows(few: Splits, tmp_path: Path) -> None:
    run = create_run(small(), tmp_path)
    events: list[Event] = []
    state = execute(run, splits=few, listen=events.append)
    assert state == run.state()
    assert (state.status, state.reason, state.epoch, state.pid) == ("finished", "", 2, None)
    assert state.started
    assert state.ended
    assert state.validation_accuracy is not None
    assert state.validation_accuracy > 0.6

    model, architecture = load_weights(find_weights(run.id, tmp_path))
    assert architecture == load_classifier(run.weights_path).architecture == "mnist_cnn"
    assert score(model, few[1])[0] == pytest.approx(state.validation_accuracy)
    card = read_card(run.weights_path)
    assert card["validation"]["accuracy"] == state.validation_accuracy
    assert card["epoch"] == state.best_epoch
    assert TrainConfig(**card["config"]) == small()
    assert card["command"].startswith("python -m mnist_core train --model mnist_cnn")
    assert "1000 training images, 500 held out" in card["data"]

    evaluation = Evaluation.read(run.evaluation_path)
    assert evaluation.accuracy == pytest.approx(state.validation_accuracy)
    assert evaluation.split == "validation"

    series = MetricReader(run.folder).read()
    steps = [event for event in events if isinstance(event, Step)]
    epochs = [event for event in events if isinstance(event, Epoch)]
    assert series["train/loss"].steps.tolist() == [event.global_step for event in steps]
    np.testing.assert_allclose(series["train/loss"].values, [e.loss for e in steps], rtol=1e-6)
    assert series["validation/accuracy"].steps.tolist() == [20, 40]
    np.testing.assert_allclose(
        series["validation/accuracy"].values, [e.validation_accuracy for e in epochs], rtol=1e-6
    )
    log = run.log_path.read_text()
    assert "epoch   1" in log
    assert "best epoch" in log
    assert isinstance(events[-1], Finished)


def test_a_stopped_run_goes_on_to_the_same_weights(few: Splits, tmp_path: Path) -> None:
    config = small(augment="pen", epochs=3, ema_decay=0.5)
    whole = create_run(config, tmp_path, "whole")
    execute(whole, splits=few)
    run = create_run(config, tmp_path, "stopped")
    for stop_at in (20, 50):  # at the end of an epoch, and within one

        def listen(event: Event, stop_at: int = stop_at) -> None:
            if isinstance(event, Step) and event.global_step >= stop_at:
                run.request_stop()

        state = execute(run, splits=few, listen=listen)
        assert (state.status, state.reason) == ("stopped", "stopped on request")
        assert run.checkpoint_path.is_file()
    assert execute(Run(run.folder), splits=few).status == "finished"
    assert same(run.weights_path, whole.weights_path)
    loss = [MetricReader(r.folder).read()["validation/loss"] for r in (whole, run)]
    assert loss[0].steps.tolist() == loss[1].steps.tolist() == [20, 40, 60]
    assert loss[0].values.tolist() == loss[1].values.tolist()
    with pytest.raises(MnistCoreError, match="is finished"):
        execute(run, splits=few)


def test_a_flag_stops_a_run_with_its_reason(few: Splits, tmp_path: Path) -> None:
    run, flag = create_run(small(epochs=50), tmp_path), StopFlag()

    def listen(event: Event) -> None:
        if isinstance(event, Epoch):
            flag.set("enough")

    state = execute(run, splits=few, listen=listen, stop=flag)
    assert (state.status, state.reason, state.epoch) == ("stopped", "enough", 1)


def test_what_was_good_is_kept_when_the_loss_explodes(
    few: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = create_run(small(epochs=3), tmp_path)
    step = Trainer.train_step

    def explode(self: Trainer, *batch: torch.Tensor) -> torch.Tensor:
        result = step(self, *batch)
        return result * float("nan") if self.epoch == 2 else result

    monkeypatch.setattr(Trainer, "train_step", explode)
    with pytest.raises(MnistCoreError, match="the loss is nan at epoch 2"):
        execute(run, splits=few)
    state = run.state()
    assert (state.status, state.epoch) == ("failed", 1)
    assert "try a learning rate below" in state.reason
    assert load_classifier(run.weights_path).architecture == "mnist_cnn"
    monkeypatch.setattr(Trainer, "train_step", step)
    assert execute(run, splits=few).status == "finished"


@pytest.mark.parametrize(("batch_size", "smaller"), [(50, 32), (64, 32), (65, 64), (8192, 4096)])
def test_a_gpu_that_is_too_small(
    few: Splits,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    batch_size: int,
    smaller: int,
) -> None:
    def full(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Trainer, "train_step", full)
    run = create_run(small(batch_size=batch_size), tmp_path)
    with pytest.raises(MnistCoreError, match=f"batch_size {batch_size}; try {smaller}, or"):
        execute(run, splits=few)
    assert run.state().status == "failed"


def test_an_unexpected_error_is_kept_with_its_traceback(
    few: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(Trainer, "train_step", broken)
    run = create_run(small(), tmp_path)
    with pytest.raises(MnistCoreError, match="unexpected ZeroDivisionError: a bug"):
        execute(run, splits=few)
    assert run.state().reason == "unexpected ZeroDivisionError: a bug"
    assert "Traceback" in run.log_path.read_text()


def test_an_interrupt_stops_the_run(few: Splits, tmp_path: Path) -> None:
    def interrupt(event: Event) -> None:
        if isinstance(event, Epoch):
            raise KeyboardInterrupt

    run = create_run(small(), tmp_path)
    with pytest.raises(KeyboardInterrupt):
        execute(run, splits=few, listen=interrupt)
    assert (run.state().status, run.state().epoch) == ("stopped", 1)
    assert execute(run, splits=few).status == "finished"


def test_runs_start_from_and_learn_from_runs(few: Splits, tmp_path: Path) -> None:
    first = create_run(small(), tmp_path)
    execute(first, splits=few)
    config = small(init_weights=first.id, teacher="last", freeze=["conv1"])
    folder = tmp_path / "0-earlier"  # "last" is the newest by name: the first run
    folder.mkdir()
    config.write(folder / "config.json")
    run = Run(folder)
    run.write_state(first.state().model_copy(update={"status": "queued", "epoch": 0}))
    assert execute(run, splits=few).status == "finished"
    kernels = [load_weights(r.weights_path)[0].conv1[0].weight for r in (first, run)]
    assert torch.equal(*kernels)
    missing = create_run(small(teacher="nobody"), tmp_path)
    with pytest.raises(MnistCoreError, match="nobody"):
        execute(missing, splits=few)
    assert missing.state().status == "failed"


@pytest.mark.parametrize("content", [b"", b"no checkpoint", None])
def test_a_damaged_checkpoint_is_no_traceback(
    few: Splits, tmp_path: Path, content: bytes | None
) -> None:
    run = create_run(small(), tmp_path)
    flag = StopFlag()
    execute(run, splits=few, listen=lambda e: flag.set("x"), stop=flag)
    whole = run.checkpoint_path.read_bytes()
    run.checkpoint_path.write_bytes(whole[: len(whole) // 2] if content is None else content)
    with pytest.raises(MnistCoreError, match=r"last\.pt: not a whole checkpoint.*delete it"):
        execute(run, splits=few)
    run.checkpoint_path.unlink()
    assert execute(run, splits=few).status == "finished"


def test_a_checkpoint_runs_no_code(few: Splits, tmp_path: Path) -> None:
    import pickle

    class Bad:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "pwned",))

    run = create_run(small(), tmp_path)
    torch.save({"config": Bad()}, run.checkpoint_path, pickle_module=pickle)
    with pytest.raises(MnistCoreError, match="not a whole checkpoint"):
        execute(run, splits=few)
    assert not (tmp_path / "pwned").exists()


def test_the_state_is_json_for_everyone(few: Splits, tmp_path: Path) -> None:
    run = create_run(small(epochs=1), tmp_path)
    execute(run, splits=few)
    content = json.loads(run.state_path.read_text())
    assert content["status"] == "finished"
    assert content["device"].startswith("CPU")
