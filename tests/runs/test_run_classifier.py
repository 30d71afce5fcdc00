"""A run's weights as a classifier, and runs side by side."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from support.training import Splits, part, small

from mnist_core import MnistCoreError
from mnist_core.runs.compare import differing_settings, result
from mnist_core.runs.evaluation import run_evaluation
from mnist_core.runs.metric_log import MetricReader
from mnist_core.runs.run import Run
from mnist_core.runs.run_classifier import available_weights, load_run_classifier, run_version
from mnist_core.runs.run_list import create_run
from mnist_core.runs.runner import execute
from mnist_core.runs.signals import StopFlag
from mnist_core.runs.state import StopReason
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import Event, Step
from mnist_core.training.trainer import Trainer


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, small_splits: Splits) -> Run:
    """A finished run of two epochs, the second with averaged weights."""
    config = small(epochs=2, ema_decay=0.9, validation_size=500, training_size=2000)
    made = create_run(config, tmp_path_factory.mktemp("runs"))
    execute(made, splits=small_splits)
    return made


def copy_of(run: Run, folder: Path) -> Run:
    folder.mkdir()
    for file in run.folder.iterdir():
        if file.is_file():
            (folder / file.name).write_bytes(file.read_bytes())
    return Run(folder)


# --- weights of a run ----------------------------------------------------------------------------


@pytest.mark.parametrize("which", ["best", "newest"])
def test_a_run_classifier_has_the_runs_accuracy(run: Run, which: str, small_splits: Splits) -> None:
    classifier = load_run_classifier(run, which)
    frames = (255 * small_splits[1].images[:, 0]).round().byte()
    # as ink canvases, which become almost the same frames
    canvases = frames.repeat_interleave(2, 1).repeat_interleave(2, 2).numpy()
    digits = [prediction.digit for prediction in classifier.classify_canvases(canvases)]
    accuracy = (torch.tensor(digits) == small_splits[1].labels).float().mean().item()
    validation = MetricReader(run.folder).read()["validation/accuracy"]
    epoch = run.state().best_epoch if which == "best" else 2
    assert accuracy == pytest.approx(validation.values[epoch - 1], abs=0.05)
    assert classifier.card.epoch == epoch
    assert classifier.architecture == "mnist_cnn"


@pytest.mark.parametrize("which", ["best", "newest"])
def test_a_run_classifier_has_the_weights_that_are_evaluated(
    run: Run, which: str, small_splits: Splits
) -> None:
    assert run.state().best_epoch == 2  # the one of the checkpoint
    trainer = Trainer(run.config(), *small_splits)
    state = torch.load(run.checkpoint_path, weights_only=True)
    trainer.load_state_dict(state)
    kernels = load_run_classifier(run, which).kernels()
    assert (kernels == trainer.scored_model.kernel("conv1").detach().numpy()).all()
    assert (kernels != state["model"]["trunk.conv1.0.weight"].numpy()).any()


def test_a_checkpoint_within_an_epoch(tmp_path: Path, small_splits: Splits) -> None:
    run = create_run(small(epochs=3, batch_size=20), tmp_path)
    stop = StopFlag()

    def listen(event: Event) -> None:
        if isinstance(event, Step) and event.epoch == 2:
            stop.set(StopReason.REQUESTED)

    execute(run, splits=part(small_splits, 1000, 100), listen=listen, stop=stop)
    assert run.state().status == "stopped"
    assert load_run_classifier(run, "best").card.epoch == 1
    assert load_run_classifier(run, "newest").card.epoch == 2
    trainer = Trainer(run.config(), *part(small_splits, 1000, 100))
    trainer.load_state_dict(torch.load(run.checkpoint_path, weights_only=True))
    expected = trainer.scored_model.kernel("conv1").detach().numpy()
    assert (load_run_classifier(run, "newest").kernels() == expected).all()


def test_without_an_epoch_there_are_no_weights(tmp_path: Path) -> None:
    run = create_run(small(), tmp_path)
    assert available_weights(run) == []
    for which in ("best", "newest"):
        with pytest.raises(MnistCoreError, match="no epoch is complete"):
            load_run_classifier(run, which)
        with pytest.raises(MnistCoreError, match="cannot be read"):
            run_version(run, which)


def test_damaged_weights_are_reported(run: Run, tmp_path: Path) -> None:
    broken = copy_of(run, tmp_path / "broken")
    assert available_weights(broken) == ["best", "newest"]
    broken.checkpoint_path.write_bytes(b"nothing")
    with pytest.raises(MnistCoreError, match="the checkpoint is damaged"):
        load_run_classifier(broken, "newest")
    torch.save({"config": {}, "epoch": "x"}, broken.checkpoint_path)
    with pytest.raises(MnistCoreError, match="not of a run"):
        load_run_classifier(broken, "newest")
    load_run_classifier(broken, "best")
    with pytest.raises(MnistCoreError, match="choose best or newest"):
        load_run_classifier(broken, "second")


def test_new_weights_are_another_version(run: Run, tmp_path: Path) -> None:
    other = copy_of(run, tmp_path / "other")
    before = run_version(other)
    assert run_version(other) == before
    other.weights_path.write_bytes(other.weights_path.read_bytes())
    assert run_version(other) != before


# --- runs side by side ---------------------------------------------------------------------------


def test_settings_that_differ() -> None:
    configs = {
        "a": TrainConfig(),
        "b": TrainConfig(epochs=3),
        "c": TrainConfig(epochs=3, dropout=0.1),
    }
    assert differing_settings(configs) == {
        "epochs": {"a": 20, "b": 3, "c": 3},
        "dropout": {"a": None, "b": None, "c": 0.1},
    }
    assert differing_settings({"a": TrainConfig()}) == differing_settings({}) == {}


def test_result_of_a_run(run: Run) -> None:
    found = result(run, MetricReader(run.folder).read())
    state = run.state()
    assert (found.status, found.epoch, found.epochs) == ("finished", 2, 2)
    assert found.accuracy == state.validation_accuracy
    assert found.parameters == 21_840
    assert found.seconds is not None
    assert found.images_per_second == pytest.approx(2 * 2000 / found.seconds)
    counts = run_evaluation(run).confusion
    share = (counts[4][9] / sum(counts[4]) + counts[9][4] / sum(counts[9])) / 2
    assert found.pairs[4, 9] == pytest.approx(share)
    assert list(found.pairs) == [(4, 9), (3, 8), (1, 7)]


def test_result_of_a_run_that_has_not_begun(tmp_path: Path) -> None:
    run = create_run(small(), tmp_path)
    found = result(run, {})
    assert (found.status, found.best_epoch, found.accuracy) == ("queued", None, None)
    assert (found.seconds, found.images_per_second, found.pairs) == (None, None, {})


def test_a_run_that_was_not_evaluated_is(run: Run, tmp_path: Path, mnist_root: Path) -> None:
    other = copy_of(run, tmp_path / "other")
    other.evaluation_path.unlink()
    evaluation = run_evaluation(other, mnist_root)
    assert (evaluation.split, evaluation.images) == ("validation", 500)


@pytest.mark.parametrize("changes", [{"epoch": -5}, {"average": torch.zeros(3)}])
@pytest.mark.filterwarnings("ignore:Using a non-tuple sequence")
def test_an_impossible_checkpoint_is_reported(
    changes: dict[str, object], run: Run, tmp_path: Path
) -> None:
    other = create_run(run.config(), tmp_path)
    state = torch.load(run.checkpoint_path, weights_only=True)
    torch.save({**state, **changes}, other.checkpoint_path)
    with pytest.raises(MnistCoreError, match="a checkpoint, but not of a run"):
        load_run_classifier(other, "newest")


@pytest.mark.parametrize(
    "changes",
    [{"epoch": 10**18}, {"best_epoch": -5}, {"sums": 10**30}, {"schedule": "x"}],
)
def test_an_impossible_checkpoint_is_not_resumed(
    changes: dict[str, object], run: Run, tmp_path: Path, small_splits: Splits
) -> None:
    other = create_run(run.config(), tmp_path)
    state = torch.load(run.checkpoint_path, weights_only=True)
    torch.save({**state, **changes}, other.checkpoint_path)
    with pytest.raises(MnistCoreError, match=r"checkpoint (is damaged|does not fit)"):
        execute(other, splits=small_splits)
