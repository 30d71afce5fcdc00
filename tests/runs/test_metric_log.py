from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.summary.writer import event_file_writer

from mnist_core import MnistCoreError
from mnist_core.evaluation.scores import CLASSIC_PAIRS
from mnist_core.runs.metric_log import MetricReader, MetricWriter, Series
from mnist_core.training.events import Epoch, Step

STEPS = 40
STEP_TAGS = {
    "train/loss",
    "train/accuracy",
    "learning_rate",
    "images_per_second",
    "gradient_norm/head.0",
}
EPOCH_TAGS = {
    "epoch/train_loss",
    "epoch/train_accuracy",
    "validation/loss",
    "validation/accuracy",
} | {f"confusion/{a}_as_{b}" for pair in CLASSIC_PAIRS for a, b in (pair, pair[::-1])}


def step(global_step: int, loss: float = 0.5) -> Step:
    epoch, step = divmod(global_step - 1, STEPS)
    norms = {"head.0": 0.25}
    return Step(epoch + 1, step + 1, STEPS, loss, 0.875, 1e-3, 4321.0, norms)


def epoch(number: int) -> Epoch:
    confusion = [[0] * 10 for _ in range(10)]
    confusion[4][4], confusion[4][9] = 60, 20
    confusion[9][9], confusion[9][4] = 90, 10
    return Epoch(number, STEPS, 0.5, 0.75, 0.25, 0.9375, confusion, 1.0, True)


def write(folder: Path, events: list[Step | Epoch], after_step: int = 0) -> None:
    writer = MetricWriter(folder, after_step)
    for event in events:
        writer.write(event)
    writer.close()


def read(folder: Path) -> dict[str, Series]:
    return MetricReader(folder).read()


# --- what is written ---------------------------------------------------------------------------


def test_what_is_written_is_read(tmp_path: Path) -> None:
    losses = [2.0, 1.0, 0.5, 0.25]
    steps = [step(20 * (i + 1), loss) for i, loss in enumerate(losses)]
    write(tmp_path, [*steps[:2], epoch(1), *steps[2:], epoch(2)])
    series = read(tmp_path)
    assert set(series) == STEP_TAGS | EPOCH_TAGS
    for tag in STEP_TAGS:
        assert series[tag].steps.tolist() == [20, 40, 60, 80]
    for tag in EPOCH_TAGS:
        assert series[tag].steps.tolist() == [40, 80]
    assert series["train/loss"].values.tolist() == losses
    assert series["train/accuracy"].values.tolist() == [0.875] * 4
    assert series["learning_rate"].values == pytest.approx([1e-3] * 4)
    assert series["images_per_second"].values.tolist() == [4321.0] * 4
    assert series["gradient_norm/head.0"].values.tolist() == [0.25] * 4
    assert series["epoch/train_loss"].values.tolist() == [0.5, 0.5]
    assert series["epoch/train_accuracy"].values.tolist() == [0.75, 0.75]
    assert series["validation/loss"].values.tolist() == [0.25, 0.25]
    assert series["validation/accuracy"].values.tolist() == [0.9375, 0.9375]
    assert (series["train/loss"].steps.dtype, series["train/loss"].values.dtype) == (
        np.int64,
        np.float64,
    )


def test_confusions_are_shares_of_the_true_digit(tmp_path: Path) -> None:
    write(tmp_path, [epoch(1)])
    series = read(tmp_path)
    shares = {tag: one.values.tolist() for tag, one in series.items() if "confusion" in tag}
    assert shares.pop("confusion/4_as_9") == [0.25]
    assert shares.pop("confusion/9_as_4") == pytest.approx([0.1])
    assert set(shares) == {f"confusion/{a}_as_{b}" for a, b in ((3, 8), (8, 3), (1, 7), (7, 1))}
    assert all(share == [0.0] for share in shares.values())  # no such digit was there


def test_memory_is_written_where_there_is_any(tmp_path: Path) -> None:
    on_gpu = Step(1, 20, STEPS, 0.5, 0.5, 1e-3, 1.0, {}, device_memory=2**31)
    write(tmp_path, [on_gpu])
    assert read(tmp_path)["device_memory"].values.tolist() == [2**31]


def test_tensorboard_reads_it(tmp_path: Path) -> None:
    write(tmp_path, [step(20), step(40), epoch(1)])
    events = EventAccumulator(str(tmp_path)).Reload()
    assert set(events.Tags()["scalars"]) == STEP_TAGS | EPOCH_TAGS
    assert [(e.step, e.value) for e in events.Scalars("train/loss")] == [(20, 0.5), (40, 0.5)]


def test_100000_points_are_all_read(tmp_path: Path) -> None:
    writer = MetricWriter(tmp_path)
    for number in range(1, 20_001):
        writer.write(step(number, number))
    writer.close()
    series = read(tmp_path)
    assert sum(len(one.steps) for one in series.values()) == 100_000
    assert np.array_equal(series["train/loss"].steps, np.arange(1, 20_001))
    assert np.array_equal(series["train/loss"].values, np.arange(1, 20_001))


# --- while a run goes on -----------------------------------------------------------------------


def test_reading_goes_on_where_it_stopped(tmp_path: Path) -> None:
    reader = MetricReader(tmp_path)
    assert reader.read() == {}
    writer = MetricWriter(tmp_path)
    writer.write(step(20))
    writer.write(step(40))
    writer.write(epoch(1))  # the end of an epoch reaches the disk at once
    assert reader.read()["train/loss"].steps.tolist() == [20, 40]
    assert reader.read()["train/loss"].steps.tolist() == [20, 40]
    writer.write(step(60))
    writer.write(step(80))
    writer.write(epoch(2))
    series = reader.read()
    assert series["train/loss"].steps.tolist() == [20, 40, 60, 80]
    assert series["validation/loss"].steps.tolist() == [40, 80]
    writer.close()
    assert reader.read()["train/loss"].steps.tolist() == [20, 40, 60, 80]


def test_a_folder_without_metrics(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    assert read(tmp_path) == {}


# --- after a stop ------------------------------------------------------------------------------


@pytest.mark.parametrize("already_read", [False, True])
def test_what_a_killed_process_wrote_too_much_is_void(tmp_path: Path, already_read: bool) -> None:
    reader = MetricReader(tmp_path)
    write(tmp_path, [step(20, 1), step(40, 1), epoch(1), step(60, 1), step(80, 1), epoch(2)])
    if already_read:
        assert len(reader.read()["train/loss"].steps) == 4
    write(tmp_path, [step(60, 2), step(80, 2), epoch(2)], after_step=40)
    series = reader.read()
    assert series["train/loss"].steps.tolist() == [20, 40, 60, 80]
    assert series["train/loss"].values.tolist() == [1, 1, 2, 2]
    assert series["validation/loss"].steps.tolist() == [40, 80]


def test_a_run_that_begins_again_from_nothing(tmp_path: Path) -> None:
    write(tmp_path, [step(20, 1), step(40, 1)])  # killed in its first epoch
    write(tmp_path, [step(20, 2), step(40, 2), epoch(1)])
    series = read(tmp_path)
    assert series["train/loss"].steps.tolist() == [20, 40]
    assert series["train/loss"].values.tolist() == [2, 2]


def test_many_stops_in_a_second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # tensorboard counts a process's files in their names, and reads them in the names' order
    count = "tensorboard.summary.writer.event_file_writer._global_uid"
    monkeypatch.setattr(count, type(event_file_writer._global_uid)(0))
    for number in range(1, 13):
        write(tmp_path, [step(number)], after_step=number - 1)
    assert read(tmp_path)["train/loss"].steps.tolist() == list(range(1, 13))


def test_a_record_that_was_cut(tmp_path: Path) -> None:
    write(tmp_path, [step(20, 1), step(40, 1)])
    (file,) = tmp_path.glob("*tfevents*")
    file.write_bytes(file.read_bytes()[:-7])  # killed while it wrote
    reader = MetricReader(tmp_path)
    assert reader.read()["train/loss"].steps.tolist() == [20]
    write(tmp_path, [step(40, 2), epoch(1)], after_step=20)
    series = reader.read()
    assert series["train/loss"].steps.tolist() == [20, 40]
    assert series["train/loss"].values.tolist() == [1, 2]
    assert series["gradient_norm/head.0"].steps.tolist() == [20, 40]


def test_a_run_that_went_on_is_read_without_a_word(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write(tmp_path, [step(20), step(40), step(60)])
    write(tmp_path, [step(60), step(80)], after_step=40)
    with caplog.at_level(logging.WARNING):
        read(tmp_path)
    assert caplog.messages == []


# --- what goes wrong ---------------------------------------------------------------------------


def test_metrics_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(MnistCoreError, match="metrics cannot be written") as caught:
            MetricWriter(folder)
        assert str(folder) in str(caught.value)
