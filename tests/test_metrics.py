from __future__ import annotations

from pathlib import Path

import numpy as np

from mnist_core.events import Epoch, Step
from mnist_core.metrics import MetricReader, MetricWriter


def step(number: int, loss: float = 1.0) -> Step:
    return Step(1, number, 1_000_000, loss, 0.5, 0.01, 1000.0, {"head.0": 2.0}, 5)


def epoch(number: int, accuracy: float) -> Epoch:
    confusion = np.eye(10, dtype=int) * 50
    confusion[4, 9] = 50
    return Epoch(number, 100, 0.3, 0.9, 0.2, accuracy, confusion.tolist(), 1.0, True)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    writer = MetricWriter(tmp_path)
    for number in range(1, 101):
        writer.write(step(number, 1 / number))
    writer.write(epoch(1, 0.75))
    writer.close()
    series = MetricReader(tmp_path).read()
    assert series["train/loss"].steps.tolist() == list(range(1, 101))
    np.testing.assert_allclose(series["train/loss"].values, 1 / np.arange(1, 101), rtol=1e-6)
    assert series["validation/accuracy"].steps.tolist() == [100]
    assert series["validation/accuracy"].values.tolist() == [0.75]
    assert series["confusion/4_as_9"].values.tolist() == [0.5]
    assert series["confusion/9_as_4"].values.tolist() == [0.0]
    assert {"learning_rate", "images_per_second", "device_memory", "gradient_norm/head.0"} < set(
        series
    )


def test_a_reader_goes_on_where_it_stopped(tmp_path: Path) -> None:
    reader = MetricReader(tmp_path)
    assert reader.read() == {}
    writer = MetricWriter(tmp_path)
    writer.write(epoch(1, 0.5))  # an epoch is on disk at once
    assert reader.read()["validation/accuracy"].steps.tolist() == [100]
    writer.write(epoch(2, 0.6))
    assert reader.read()["validation/accuracy"].steps.tolist() == [100, 200]
    writer.close()


def test_what_a_killed_process_logged_beyond_its_checkpoint_is_void(tmp_path: Path) -> None:
    killed = MetricWriter(tmp_path)
    for number in range(1, 31):
        killed.write(step(number, 9.0 if number > 20 else 1.0))
    killed.close()
    resumed = MetricWriter(tmp_path, after_step=20)
    for number in range(21, 41):
        resumed.write(step(number))
    resumed.close()
    loss = MetricReader(tmp_path).read()["train/loss"]
    assert loss.steps.tolist() == list(range(1, 41))
    assert set(loss.values) == {1.0}


def test_a_hundred_thousand_points_are_all_there(tmp_path: Path) -> None:
    from torch.utils.tensorboard import SummaryWriter

    with SummaryWriter(str(tmp_path)) as writer:
        for number in range(100_000):
            writer.add_scalar("train/loss", number, number)
    loss = MetricReader(tmp_path).read()["train/loss"]
    assert len(loss.steps) == 100_000
    assert (loss.steps[-1], loss.values[-1]) == (99_999, 99_999.0)
