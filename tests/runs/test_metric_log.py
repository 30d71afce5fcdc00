"""Metrics of a run: what is written is read, while it trains and by TensorBoard."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from support.metric_logs import EPOCH_TAGS, STEP_TAGS, STEPS, epoch, read, step, write
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from mnist_core.runs.metric_log import MetricReader
from mnist_core.runs.metric_writer import MetricWriter
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import Step
from mnist_core.utils.usage import Usage


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


def test_usage_is_written_as_far_as_it_is_known(tmp_path: Path) -> None:
    on_gpu = Usage(1.5, 2**30, 2**20, 2**31, 0.75, 61)
    steps = [
        Step(1, 20, STEPS, 0.5, 0.5, 1e-3, 1.0, {}, on_gpu, skipped_steps=3),
        Step(1, 40, STEPS, 0.5, 0.5, 1e-3, 1.0, {}, Usage(memory=2**29)),
    ]
    write(tmp_path, steps)
    found = {tag: s.values.tolist() for tag, s in read(tmp_path).items() if tag not in STEP_TAGS}
    assert found == {
        "skipped_steps": [3],
        "process/cores": [1.5],
        "process/memory": [2**30, 2**29],
        "device/memory": [2**20],
        "device/memory_peak": [2**31],
        "device/load": [0.75],
        "device/temperature": [61],
    }


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


def test_tensorboard_shows_the_settings_under_the_runs_name(tmp_path: Path) -> None:
    writer = MetricWriter(tmp_path)
    writer.write(Step(1, 1, 10, 0.5, 0.5, 0.01, 1000.0))
    before = MetricReader(tmp_path).read()
    writer.write_settings("sevens", TrainConfig(freeze=()).model_dump())
    writer.close()
    loaded = EventAccumulator(str(tmp_path))
    loaded.Reload()
    stored = loaded.PluginTagToContent("hparams")
    start = HParamsPluginData.FromString(stored["_hparams_/session_start_info"])
    assert start.session_start_info.group_name == "sevens"
    found = start.session_start_info.hparams
    assert found["learning_rate"].number_value == TrainConfig().learning_rate
    assert found["freeze"].string_value == found["teacher"].string_value == "none"
    assert found["nesterov"].bool_value is False
    experiment = HParamsPluginData.FromString(stored["_hparams_/experiment"]).experiment
    assert {one.name.tag for one in experiment.metric_infos} == {
        "validation/accuracy",
        "validation/loss",
    }
    after = MetricReader(tmp_path).read()
    assert after.keys() == before.keys(), "they are no curves"


def test_only_new_records_are_read(tmp_path: Path) -> None:
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
