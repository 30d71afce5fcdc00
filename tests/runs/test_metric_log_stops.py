"""Metrics of a run that was stopped and resumed."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.metric_logs import epoch, event_files, read, step, write
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from mnist_core.runs.metric_log import MetricReader


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
