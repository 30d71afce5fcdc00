from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from support.resumable import CONFIG, at, check_same
from support.training import Splits, small
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor

from mnist_core import MnistCoreError, load_classifier
from mnist_core.data.allographs import pool
from mnist_core.evaluation.results import Evaluation
from mnist_core.evaluation.scores import score
from mnist_core.models.card_file import read_card
from mnist_core.models.scoring import Scores, score_logits
from mnist_core.models.weights import load_weights
from mnist_core.runs.metric_log import MetricReader
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run, find_weights
from mnist_core.runs.runner import execute
from mnist_core.runs.signals import StopFlag
from mnist_core.runs.state import StopReason
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import Epoch, Event, Finished, Step
from mnist_core.utils.json_files import read_json, write_json

# everything that a run must remember: random images, a moving average, a schedule, momentum


# --- a run that ends well ----------------------------------------------------------------------


def test_a_run_says_how_many_drawings_are_generated(
    few: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def generate(labels: np.ndarray, seed: int, report: Callable[[int, int], None]) -> Tensor:
        report(0, len(labels))
        assert (run.state().drawn, run.state().drawings) == (0, 100)
        report(50, len(labels))
        assert (run.state().drawn, run.state().drawings) == (50, 100)
        return torch.zeros(len(labels), 1, 28, 28, dtype=torch.uint8)

    monkeypatch.setattr(pool, "cached_frames", generate)
    run = create_run(small(allographs=1.0, drawings=100, epochs=1), tmp_path)
    events: list[Event] = []
    assert execute(run, splits=few, listen=events.append).status == "finished"
    assert [str(event) for event in events[:2]] == [
        "generated 0 of 100 drawings", "generated 50 of 100 drawings",
    ]  # fmt: skip
    assert "generated 50 of 100 drawings" in run.log_tail()


def test_a_stop_while_drawings_are_generated(
    few: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def generate(labels: np.ndarray, seed: int, report: Callable[[int, int], None]) -> Tensor:
        run.request_stop()
        report(0, len(labels))
        raise AssertionError("it is not stopped")

    monkeypatch.setattr(pool, "cached_frames", generate)
    run = create_run(small(allographs=1.0), tmp_path)
    state = execute(run, splits=few)
    assert (state.status, state.stop_reason) == ("stopped", StopReason.REQUESTED)
    assert not run.has_checkpoint()


def test_a_run_writes_all_its_files(few: Splits, tmp_path: Path) -> None:
    config = small(epochs=2, batch_size=20)
    run = create_run(config, tmp_path, "first")
    events: list[Event] = []
    state = execute(run, splits=few, listen=events.append)
    assert state == Run(run.folder).state()
    assert (state.status, state.reason, state.name) == ("finished", "", "first")
    assert (state.epoch, state.epochs, state.pid) == (2, 2, None)
    assert state.created <= state.started <= state.ended
    assert state.device.startswith("CPU")

    *_, second, finished = (event for event in events if not isinstance(event, Step))
    assert isinstance(second, Epoch)
    assert isinstance(finished, Finished)
    assert state.best_epoch == finished.epoch
    assert state.validation_accuracy == finished.validation_accuracy > 0.6
    assert state.validation_loss == finished.validation_loss

    model, saved_card = load_weights(find_weights(run.id, tmp_path))
    assert saved_card.architecture == load_classifier(run.weights_path).architecture == "mnist_cnn"
    for name, tensor in model.state_dict().items():
        assert torch.equal(tensor, finished.model.state_dict()[name])
    scores = score(model, few[1])
    assert scores.accuracy == pytest.approx(state.validation_accuracy)
    assert scores.loss == pytest.approx(state.validation_loss, rel=1e-4)

    card = read_card(run.weights_path).as_dict()
    assert card["validation"] == {
        "accuracy": state.validation_accuracy,
        "loss": state.validation_loss,
    }
    assert card["epoch"] == state.best_epoch
    assert TrainConfig(**card["config"]) == config == run.config()
    assert card["command"].startswith("python -m mnist_core train --model mnist_cnn")
    assert "400 training images, 200 held out" in card["data"]

    evaluation = read_json(run.evaluation_path, Evaluation)
    assert evaluation.accuracy == pytest.approx(state.validation_accuracy)
    assert (evaluation.split, evaluation.images) == ("validation", 200)

    log = run.log_path.read_text()
    assert card["command"] in log
    for event in (second, finished):
        assert str(event) in log
    assert {path.name for path in run.folder.iterdir() if "tfevents" not in path.name} == {
        *("config.json", "conv1", "state.json", "last.pt", "best.safetensors"),
        *("evaluation.json", "log.txt", "lock", "newest_epoch.json", "provenance.json"),
    }
    assert json.loads(run.state_path.read_text())["status"] == "finished"  # plain JSON


def test_the_metrics_are_the_events(few: Splits, tmp_path: Path) -> None:
    run = create_run(small(epochs=2, batch_size=8), tmp_path)
    events: list[Event] = []
    execute(run, splits=few, listen=events.append)
    steps = [event for event in events if isinstance(event, Step)]
    epochs = [event for event in events if isinstance(event, Epoch)]
    assert [step.global_step for step in steps] == [20, 40, 50, 70, 90, 100]
    series = MetricReader(run.folder).read()
    layers = {f"gradient_norm/{name}" for name in steps[0].gradient_norms}
    assert len(layers) == 4
    assert series.keys() >= layers
    for tag, values in {
        "train/loss": [step.loss for step in steps],
        "train/accuracy": [step.accuracy for step in steps],
        "learning_rate": [step.learning_rate for step in steps],
        "images_per_second": [step.images_per_second for step in steps],
        "gradient_norm/head.0": [step.gradient_norms["head.0"] for step in steps],
        "epoch/train_loss": [epoch.train_loss for epoch in epochs],
        "epoch/train_accuracy": [epoch.train_accuracy for epoch in epochs],
        "validation/loss": [epoch.validation_loss for epoch in epochs],
        "validation/accuracy": [epoch.validation_accuracy for epoch in epochs],
        "confusion/4_as_9": [epoch.confusion[4][9] / sum(epoch.confusion[4]) for epoch in epochs],
    }.items():
        expected = steps if len(values) == len(steps) else epochs
        assert series[tag].steps.tolist() == [event.global_step for event in expected], tag
        assert series[tag].values == pytest.approx(values, rel=1e-6), tag
    events = EventAccumulator(str(run.folder)).Reload()
    assert set(events.Tags()["scalars"]) == set(series)


def test_early_stopping(few: Splits, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    accuracies = iter([0.5, 0.4, 0.3])

    def scripted(logits: Tensor, labels: Tensor) -> Scores:
        return replace(score_logits(logits, labels), accuracy=next(accuracies), loss=1.0)

    monkeypatch.setattr("mnist_core.training.validation.score_logits", scripted)
    run = create_run(small(epochs=50, early_stopping=2), tmp_path)
    state = execute(run, splits=few)
    assert (state.status, state.epoch, state.best_epoch) == ("finished", 3, 1)
    assert state.stop_reason == StopReason.PATIENCE_EXHAUSTED
    assert read_card(run.weights_path).epoch == 1


def test_a_finished_run_is_not_resumed(whole: Run, few: Splits) -> None:
    def content() -> dict[str, bytes]:
        files = (path for path in whole.folder.rglob("*") if path.is_file())
        return {str(path): path.read_bytes() for path in files}

    before = content()
    with pytest.raises(MnistCoreError, match=f"{whole.id} is finished"):
        execute(whole, splits=few)
    assert content() == before


# --- checkpoints that cannot be used -----------------------------------------------------------


@pytest.mark.parametrize("content", [b"", b"no checkpoint", None])
def test_a_damaged_checkpoint(whole: Run, few: Splits, run: Run, content: bytes | None) -> None:
    flag = StopFlag()
    execute(run, splits=few, listen=at(1, lambda: flag.set(StopReason.REQUESTED)), stop=flag)
    data = run.checkpoint_path.read_bytes()
    run.checkpoint_path.write_bytes(data[: len(data) // 2] if content is None else content)
    with pytest.raises(MnistCoreError, match=r"last\.pt: the checkpoint is damaged.*delete it"):
        execute(run, splits=few)
    assert "last.pt" in run.state().reason
    run.checkpoint_path.unlink()
    execute(run, splits=few)
    check_same(run, whole)


def test_a_configuration_that_was_changed_during_training(few: Splits, run: Run) -> None:
    flag = StopFlag()
    execute(run, splits=few, listen=at(1, lambda: flag.set(StopReason.REQUESTED)), stop=flag)
    write_json(run.config_path, CONFIG.with_changes(epochs=9))
    with pytest.raises(MnistCoreError, match=r"another run: epochs 3, not 9"):
        execute(run, splits=few)


# --- runs that use runs ------------------------------------------------------------------------


def test_a_run_with_initial_weights_and_teacher_from_runs(whole: Run, few: Splits) -> None:
    root = whole.folder.parent
    config = small(init_weights=whole.id, teacher=whole.id, freeze=["conv1"])
    run = create_run(config, root)
    assert execute(run, splits=few).status == "finished"
    first, second = (load_weights(r.weights_path)[0].conv1[0].weight for r in (whole, run))
    assert torch.equal(first, second)
    shutil.rmtree(run.folder)


@pytest.mark.parametrize("field", ["init_weights", "teacher"])
def test_a_run_that_it_needs_is_missing(few: Splits, tmp_path: Path, field: str) -> None:
    empty = create_run(small(), tmp_path)
    for name, said in (("nobody", "no run 'nobody'"), (empty.id, "has no weights yet")):
        run = create_run(small(**{field: name}), tmp_path)
        with pytest.raises(MnistCoreError, match=said):
            execute(run, splits=few)
        assert run.state().status == "failed"
