from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from support.training import Splits, part, small
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from torch import Tensor

from mnist_core import MnistCoreError, load_classifier
from mnist_core.data.allographs import pool
from mnist_core.evaluation.scores import Evaluation, score
from mnist_core.models.scoring import Scores, score_logits
from mnist_core.models.weights import load_weights, read_card
from mnist_core.runs import metric_tags as tags
from mnist_core.runs.metric_log import MetricReader
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run, find_run, find_weights
from mnist_core.runs.runner import execute, out_of_memory_advice
from mnist_core.runs.signals import StopFlag
from mnist_core.runs.state import RunState, StopReason
from mnist_core.training.checkpoint import load_checkpoint
from mnist_core.training.config import FIELDS, TrainConfig
from mnist_core.training.events import Epoch, Event, Finished, Step
from mnist_core.training.trainer import Trainer

# everything that a run must remember: random images, a moving average, a schedule, momentum
CONFIG = small(epochs=3, augment="article", ema_decay=0.5)


@pytest.fixture(scope="module")
def few(small_splits: Splits) -> Splits:
    """1,000 training and 500 validation images: 20 steps of 50 an epoch."""
    return part(small_splits, 1000, 500)


@pytest.fixture(scope="module")
def whole(few: Splits, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """An uninterrupted run of CONFIG."""
    run = create_run(CONFIG, tmp_path_factory.mktemp("whole"))
    assert execute(run, splits=few).status == "finished"
    return run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return create_run(CONFIG, tmp_path)


def tensors(run: Run) -> dict[str, Tensor]:
    """Return every weight of a run: of its best epoch, and of its last."""
    last = load_checkpoint(run.checkpoint_path)
    parts = {
        "best": load_weights(run.weights_path)[0].state_dict(),
        "last": last["model"],
        "average": last["average"],
    }
    return {f"{key} {name}": t for key, part in parts.items() for name, t in part.items()}


def check_same(run: Run, whole: Run) -> None:
    """Assert that a run ended as the uninterrupted one."""
    mine, theirs = tensors(run), tensors(whole)
    assert mine.keys() == theirs.keys()
    assert [name for name in mine if not torch.equal(mine[name], theirs[name])] == []
    ignore = {"name", "created", "started", "ended", "resumed", "trained_seconds"}
    assert run.state().model_dump(exclude=ignore) == whole.state().model_dump(exclude=ignore)
    scores = [MetricReader(r.folder).read() for r in (run, whole)]
    for tag, series in scores[0].items():
        # one whole series, though it was interrupted
        assert (series.steps[1:] > series.steps[:-1]).all(), tag
        if tag.startswith(("epoch/", "validation/", "confusion/")):
            assert series.steps.tolist() == scores[1][tag].steps.tolist(), tag
            if tag != tags.EPOCH_SECONDS:
                assert series.values.tolist() == scores[1][tag].values.tolist(), tag
    assert scores[0].keys() == scores[1].keys()


def at(epoch: int, do: Callable[[], object]) -> Callable[[Event], None]:
    """Return a listener that does something at the end of an epoch."""

    def listen(event: Event) -> None:
        if isinstance(event, Epoch) and event.epoch == epoch:
            do()

    return listen


def throw(error: BaseException) -> Callable[[], None]:
    def do() -> None:
        raise error

    return do


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
    config = small(epochs=2)
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
    assert "1000 training images, 500 held out" in card["data"]

    evaluation = Evaluation.read(run.evaluation_path)
    assert evaluation.accuracy == pytest.approx(state.validation_accuracy)
    assert (evaluation.split, evaluation.images) == ("validation", 500)

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
    run = create_run(small(epochs=2, batch_size=20), tmp_path)
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


# --- stop and resume ----------------------------------------------------------------------------


def test_stopped_on_request_twice_and_resumed(whole: Run, few: Splits, run: Run) -> None:
    for stop_at in (20, 50):  # at the last step of an epoch, and within one

        def listen(event: Event, stop_at: int = stop_at) -> None:
            if isinstance(event, Step) and event.global_step >= stop_at:
                Run(run.folder).request_stop()

        state = execute(run, splits=few, listen=listen)
        assert (state.status, state.reason) == ("stopped", "stopped on request")
        assert state.ended
        assert load_checkpoint(run.checkpoint_path)["epoch"] == 1 + stop_at // 21
        assert "stopped on request" in run.log_path.read_text()
    # a new handle, as a new process would have
    assert execute(find_run(run.id, run.folder.parent), splits=few).status == "finished"
    check_same(run, whole)


def test_a_flag_stops_a_run_with_its_reason(few: Splits, tmp_path: Path) -> None:
    run, flag = create_run(small(epochs=50), tmp_path), StopFlag()
    state = execute(
        run, splits=few, listen=at(1, lambda: flag.set(StopReason.REQUESTED)), stop=flag
    )
    assert (state.status, state.reason, state.epoch) == ("stopped", "stopped on request", 1)


def test_stopped_before_its_first_epoch_was_complete(whole: Run, few: Splits, run: Run) -> None:
    flag = StopFlag()
    flag.set(StopReason.REQUESTED)
    state = execute(run, splits=few, stop=flag)
    assert (state.status, state.epoch) == ("stopped", 0)
    with pytest.raises(MnistCoreError, match="no weights yet"):
        find_weights(run.id, run.folder.parent)
    assert execute(run, splits=few).status == "finished"
    check_same(run, whole)


def test_an_interrupt_stops_the_run(whole: Run, few: Splits, run: Run) -> None:
    with pytest.raises(KeyboardInterrupt):
        execute(run, splits=few, listen=at(2, throw(KeyboardInterrupt())))
    state = run.state()
    assert (state.status, state.reason, state.epoch) == ("stopped", "stopped by SIGINT", 2)
    execute(run, splits=few)
    check_same(run, whole)


def test_a_state_older_than_the_checkpoint(
    whole: Run, few: Splits, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    update = Run.update_state

    def die(self: Run, **changes: object) -> RunState:
        if changes.get("epoch") == CONFIG.epochs:
            raise KeyboardInterrupt  # killed between the two files
        return update(self, **changes)

    monkeypatch.setattr(Run, "update_state", die)
    with pytest.raises(KeyboardInterrupt):
        execute(run, splits=few)
    monkeypatch.undo()
    assert run.state().epoch == CONFIG.epochs - 1
    assert execute(run, splits=few).status == "finished"
    check_same(run, whole)


# --- failing -----------------------------------------------------------------------------------


def test_a_learning_rate_that_is_too_high(few: Splits, tmp_path: Path) -> None:
    run = create_run(small(optimizer="sgd", learning_rate=10.0), tmp_path)
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
    CONFIG.with_changes(epochs=9).write(run.config_path)
    with pytest.raises(MnistCoreError, match=r"another run.*epochs.*3, 9"):
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
