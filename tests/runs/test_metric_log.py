from __future__ import annotations

import dataclasses
import random
from pathlib import Path

import numpy as np
import pytest
from support.damage import DAMAGE
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from mnist_core import MnistCoreError
from mnist_core.evaluation.scores import CLASSIC_PAIRS
from mnist_core.runs.metric_log import MetricReader, Series
from mnist_core.runs.metric_writer import MetricWriter
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import Epoch, Step
from mnist_core.training.layer_statistics import Histogram
from mnist_core.utils.usage import Usage

STEPS = 40
STEP_TAGS = {
    "train/loss",
    "train/accuracy",
    "learning_rate",
    "images_per_second",
    "gradient_norm/head.0",
}
EPOCH_TAGS = {
    "epoch/seconds",
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


# --- while a run trains -----------------------------------------------------------------------


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


# --- after a stop ------------------------------------------------------------------------------


@pytest.mark.parametrize("already_read", [False, True])
def test_records_beyond_the_checkpoint_are_void(tmp_path: Path, already_read: bool) -> None:
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


def test_many_stops_in_a_second(tmp_path: Path) -> None:
    for number in range(1, 13):
        write(tmp_path, [step(number)], after_step=number - 1)
    assert read(tmp_path)["train/loss"].steps.tolist() == list(range(1, 13))


def set_clock(monkeypatch: pytest.MonkeyPatch, nanoseconds: int) -> None:
    monkeypatch.setattr("mnist_core.runs.metric_writer.time.time_ns", lambda: nanoseconds)


def test_metrics_are_complete_whatever_the_clock_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = MetricReader(tmp_path)
    for number, clock in enumerate([10**18, 10**9, 10**18, 0, 2 * 10**18, 5], start=1):
        set_clock(monkeypatch, clock)
        write(tmp_path, [step(40 * number, number), epoch(number)], after_step=40 * (number - 1))
        assert live.read()["train/loss"].values.tolist() == list(range(1, number + 1))
    series = read(tmp_path)
    assert series["validation/loss"].steps.tolist() == [40, 80, 120, 160, 200, 240]
    # TensorBoard shows the same
    events = EventAccumulator(str(tmp_path)).Reload()
    assert [e.value for e in events.Scalars("train/loss")] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("already_read", [False, True])
def test_folders_of_older_versions_whose_clock_was_set_back(
    tmp_path: Path, already_read: bool
) -> None:
    """Their files were named by the clock alone: the resumed part sorts before the first one."""
    reader = MetricReader(tmp_path)
    write(tmp_path, [step(n, 1) for n in range(1, 101)])
    if already_read:
        assert len(reader.read()["train/loss"].steps) == 100
    (first,) = event_files(tmp_path)
    write(tmp_path, [step(n, 2) for n in range(81, 2401)], after_step=80)
    (second,) = event_files(tmp_path) - {first}
    second.rename(tmp_path / "events.out.tfevents.00000000000000000005.host.1")
    series = reader.read()
    assert series["train/loss"].steps.tolist() == list(range(1, 2401))
    assert series["train/loss"].values.tolist() == [1] * 80 + [2] * 2320


def test_a_new_file_sorts_after_those_of_other_programs(tmp_path: Path) -> None:
    # torch's SummaryWriter names files by seconds
    (tmp_path / "events.out.tfevents.1764140000.host.12.0").touch()
    write(tmp_path, [step(1)])
    write(tmp_path, [step(2)], after_step=1)
    names = sorted(path.name for path in event_files(tmp_path))
    assert names[0] == "events.out.tfevents.1764140000.host.12.0"
    assert read(tmp_path)["train/loss"].steps.tolist() == [1, 2]


def event_files(folder: Path) -> set[Path]:
    return set(folder.glob("events.out.tfevents.*"))


@pytest.mark.parametrize("length", [0, 5, 30, 45])
def test_a_file_that_was_cut_at_its_beginning_voids_nothing(tmp_path: Path, length: int) -> None:
    write(tmp_path, [step(20, 1), step(40, 1)])
    (first,) = event_files(tmp_path)
    write(tmp_path, [step(40, 2)], after_step=20)  # the disk was full
    (second,) = event_files(tmp_path) - {first}
    second.write_bytes(second.read_bytes()[:length])
    write(tmp_path, [step(60, 3)], after_step=40)
    assert read(tmp_path)["train/loss"].values.tolist() == [1, 1, 3]


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


# --- what goes wrong ---------------------------------------------------------------------------


def test_metrics_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "run"):
        with pytest.raises(MnistCoreError, match="metrics cannot be written") as caught:
            MetricWriter(folder)
        assert str(folder) in str(caught.value)


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_file_hides_no_other(tmp_path: Path, damage: str) -> None:
    write(tmp_path, [step(20, 1), step(40, 1), epoch(1)])
    (file,) = event_files(tmp_path)
    write(tmp_path, [step(60, 2), step(80, 2), epoch(2)], after_step=40)
    DAMAGE[damage](file)
    assert read(tmp_path)["train/loss"].steps.tolist()[-2:] == [60, 80]


def test_any_flipped_byte_loses_at_most_what_it_is_part_of(tmp_path: Path) -> None:
    write(tmp_path, [step(number, number) for number in range(1, 21)])
    (file,) = event_files(tmp_path)
    content = file.read_bytes()
    whole = read(tmp_path)["train/loss"]
    chance, skipped = random.Random(0), 0
    for position in chance.sample(range(len(content)), 150):
        flipped = bytearray(content)
        flipped[position] ^= 1 << chance.randrange(8)
        file.write_bytes(flipped)
        series = read(tmp_path).get("train/loss")
        found = {} if series is None else dict(zip(series.steps, series.values, strict=True))
        assert found.items() <= dict(zip(whole.steps, whole.values, strict=True)).items()
        skipped += len(found) == 19
    assert skipped > 75  # most bytes belong to the data of a record: the others are read


def test_numbers_that_no_chart_can_show_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, [step(1, float("nan")), step(2, float("inf")), step(3, 1.5)])
    series = read(tmp_path)
    assert series["train/loss"].steps.tolist() == [3]
    assert series["train/accuracy"].steps.tolist() == [1, 2, 3]


def test_damage_is_reported_with_the_step_from_which_on_it_is(tmp_path: Path) -> None:
    write(tmp_path, [step(number, number) for number in range(1, 101)])
    (file,) = event_files(tmp_path)
    content = file.read_bytes()
    reader = MetricReader(tmp_path)
    whole = reader.read()["train/loss"].steps
    assert reader.damaged_from() is None
    place = len(content) // 2
    noise = random.Random(0).randbytes(200)
    file.write_bytes(content[:place] + noise + content[place + 200 :])
    reader = MetricReader(tmp_path)
    found = reader.read()["train/loss"].steps
    assert len(found) < len(whole)
    assert reader.damaged_from() == min(set(whole) - set(found))
    # the process was resumed from an earlier checkpoint: the damaged part is void
    write(tmp_path, [step(number, number) for number in range(31, 51)], after_step=30)
    assert reader.read()["train/loss"].steps.tolist() == list(range(1, 51))
    assert reader.damaged_from() is None


def test_an_incomplete_record_is_no_damage_but_a_file_that_shrinks_is(tmp_path: Path) -> None:
    write(tmp_path, [step(20, 1), step(40, 1)])
    (file,) = event_files(tmp_path)
    file.write_bytes(file.read_bytes()[:-7])
    reader = MetricReader(tmp_path)
    reader.read()
    assert reader.damaged_from() is None
    file.write_bytes(file.read_bytes()[:30])
    reader.read()
    assert reader.damaged_from() == 21


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


def with_histograms(number: int, *values: int) -> Epoch:
    weights = {"head.0": Histogram((-1.0, 0.0, 0.5), values, 1.0, 2.0)}
    return dataclasses.replace(epoch(number), weights=weights, gradients=weights)


def test_histograms_are_read_as_written_and_void_where_a_run_resumes(tmp_path: Path) -> None:
    reader = MetricReader(tmp_path)
    assert reader.histograms() == {}
    write(tmp_path, [with_histograms(1, 1, 2), with_histograms(2, 3, 4), with_histograms(3, 5, 6)])
    reader.read()
    assert reader.histograms()["weights/head.0"].steps.tolist() == [40, 80, 120]
    write(tmp_path, [epoch(2), with_histograms(3, 7, 8)], after_step=40)
    assert reader.read().keys() == EPOCH_TAGS
    found = reader.histograms()
    assert list(found) == ["weights/head.0", "gradients/head.0"]
    for series in found.values():
        assert series.steps.tolist() == [40, 120]
        assert [one.edges.tolist() for one in series.histograms] == [[-1, 0, 0.5]] * 2
        assert [one.counts.tolist() for one in series.histograms] == [[1, 2], [7, 8]]


@pytest.mark.parametrize(
    ("edges", "counts"),
    [
        ((0.0, 0.0), (1,)),
        ((1.0, 0.0), (1,)),
        ((0.0, float("inf")), (1,)),
        ((0.0, 1.0), (float("nan"),)),
        ((0.0, 1.0), (-1,)),
        ((0.0, 1.0, 2.0), (1,)),
        ((0.0,), ()),
    ],
)
def test_histograms_that_are_none_are_left_out(
    tmp_path: Path, edges: tuple[float, ...], counts: tuple[float, ...]
) -> None:
    weights = {"head.0": Histogram(edges, counts, 0.0, 0.0)}  # type: ignore[arg-type]
    write(tmp_path, [dataclasses.replace(epoch(1), weights=weights)])
    reader = MetricReader(tmp_path)
    assert set(reader.read()) == EPOCH_TAGS
    assert reader.histograms() == {}
