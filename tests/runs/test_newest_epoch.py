"""What a run keeps of its newest epoch and its layers, also when it is stopped and resumed."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from support.damage import DAMAGE
from support.training import Splits, part, small
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from mnist_core import MnistCoreError
from mnist_core.runs import newest_epoch_writer
from mnist_core.runs.hardest_picture import draw_hardest
from mnist_core.runs.metric_log import MetricReader
from mnist_core.runs.metric_writer import MetricWriter
from mnist_core.runs.newest_epoch import newest_epoch_version, read_newest_epoch
from mnist_core.runs.newest_epoch_writer import NewestEpochWriter
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run
from mnist_core.runs.runner import execute
from mnist_core.runs.signals import StopFlag
from mnist_core.runs.state import StopReason
from mnist_core.training.events import Epoch, Event


@pytest.fixture(scope="module")
def few(small_splits: Splits) -> Splits:
    """Four steps of fifty images."""
    return part(small_splits, 200, 100)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory, few: Splits) -> Run:
    """A run that was stopped after its second epoch, and resumed."""
    run, stop = create_run(small(epochs=3), tmp_path_factory.mktemp("runs"), "layers"), StopFlag()

    def stop_later(event: Event) -> None:
        if isinstance(event, Epoch) and event.epoch == 2:
            stop.set(StopReason.REQUESTED)

    execute(run, splits=few, listen=stop_later, stop=stop)
    assert read_newest_epoch(run.folder).epoch == 2
    before = newest_epoch_version(run.folder)
    execute(run, splits=few)
    assert newest_epoch_version(run.folder) != before
    return run


def test_the_newest_epoch_is_kept_with_the_images_of_highest_loss(run: Run, few: Splits) -> None:
    newest, validation = read_newest_epoch(run.folder), few[1]
    assert newest.epoch == 3
    assert np.sum(newest.confusion) == len(validation)
    assert np.sum(newest.confusion, 1).tolist() == np.bincount(validation.labels).tolist()
    losses = [one.loss for one in newest.hardest]
    assert losses == sorted(losses, reverse=True)
    assert len(losses) == 12
    for one in newest.hardest:
        assert one.label == validation.labels[one.index]
        assert one.loss == pytest.approx(-np.log(one.probabilities[one.label]), rel=1e-3)
        assert one.confidence == max(one.probabilities)
        assert np.allclose(one.frame, validation.images[one.index, 0], atol=1e-6)


def test_histograms_of_a_resumed_run_are_in_order(run: Run) -> None:
    reader = MetricReader(run.folder)
    metrics, histograms = reader.read(), reader.histograms()
    assert list(histograms)[:2] == ["weights/trunk.conv1.0", "weights/trunk.conv2.0"]
    assert {tag.partition("/")[0] for tag in histograms} == {"weights", "gradients"}
    for series in histograms.values():
        assert series.steps.tolist() == [4, 8, 12]
        assert len({one.counts.sum() for one in series.histograms}) == 1
    assert metrics["update_ratio/head.1"].steps.tolist() == [4, 8, 12]


def test_tensorboard_shows_histograms_pictures_and_names(run: Run) -> None:
    everything = {"histograms": 0, "images": 0, "scalars": 0}
    events = EventAccumulator(str(run.folder), everything).Reload()
    assert [one.step for one in events.Histograms("gradients/head.0")] == [4, 8, 12]
    pictures = events.Images("mistakes/highest_loss")
    assert [one.step for one in pictures] == [4, 8, 12]
    expected = draw_hardest(read_newest_epoch(run.folder).hardest)
    assert (pictures[-1].width, pictures[-1].height) == expected.size
    assert pictures[-1].encoded_image_string.startswith(b"\x89PNG")
    names = {
        "train/loss": "Training loss",
        "validation/accuracy": "Validation accuracy",
        "confusion/4_as_9": "4 read as 9",
        "gradient_norm/head.0": "Gradient norm of head.0",
        "update_ratio/head.0": "Update ratio of head.0",
        "weights/head.0": "Weights of head.0",
    }
    for tag, name in names.items():
        metadata = events.SummaryMetadata(tag)
        assert (metadata.display_name, bool(metadata.summary_description)) == (name, True)


def test_short_epochs_are_written_every_few_seconds_and_the_last_one_always(
    tmp_path: Path, few: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SimpleNamespace(seconds=0.0, monotonic=lambda: clock.seconds)
    monkeypatch.setattr(newest_epoch_writer, "time", clock)
    writer = NewestEpochWriter(tmp_path, metrics := MetricWriter(tmp_path), few[1])
    confusion = [[1] * 10] * 10
    kept = []
    for number, clock.seconds in enumerate((0.0, 0.5, 4.9, 5.1, 6.0), start=1):
        writer.write(Epoch(number, 4, 0.5, 0.5, 0.5, 0.5, confusion, 0.5, True))
        kept.append(read_newest_epoch(tmp_path).epoch)
    assert kept == [1, 1, 1, 4, 4]
    writer.close()
    assert read_newest_epoch(tmp_path).epoch == 5
    metrics.close()


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_is_named(tmp_path: Path, run: Run, damage: str) -> None:
    path = tmp_path / "newest_epoch.json"
    path.write_bytes((run.folder / path.name).read_bytes())
    DAMAGE[damage](path)
    with pytest.raises(MnistCoreError, match=r"newest_epoch\.json"):
        read_newest_epoch(tmp_path)
    newest_epoch_version(tmp_path)


@pytest.mark.parametrize("pixels", ["", "AAAA", "no base64!"])
def test_images_of_another_size_are_damage(tmp_path: Path, run: Run, pixels: str) -> None:
    path = tmp_path / "newest_epoch.json"
    content = json.loads((run.folder / path.name).read_text())
    content["hardest"][0]["pixels"] = pixels
    path.write_text(json.dumps(content))
    with pytest.raises(MnistCoreError, match="damaged"):
        read_newest_epoch(tmp_path)
