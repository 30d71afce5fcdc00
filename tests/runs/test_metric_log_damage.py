"""Metrics that cannot be written, or are damaged."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
from support.damage import DAMAGE
from support.metric_logs import epoch, event_files, read, step, write

from mnist_core import MnistCoreError
from mnist_core.runs.metric_log import MetricReader
from mnist_core.runs.metric_writer import MetricWriter


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
