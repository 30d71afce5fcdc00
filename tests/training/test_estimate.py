from __future__ import annotations

import pytest
import torch
from support.training import small

from mnist_core.training.config import TrainConfig
from mnist_core.training.estimate import Speed, measure_speed, steps_per_epoch, timed_settings


def test_a_measurement_changes_no_global_state() -> None:
    state, threads = torch.get_rng_state(), torch.get_num_threads()
    speed = measure_speed(small(compile=True), torch.device("cpu"))
    assert 0 < speed.fastest <= speed.slowest
    assert torch.get_num_threads() == threads
    assert torch.equal(torch.get_rng_state(), state)


def test_a_run_takes_its_epochs_times_the_images_of_one() -> None:
    speed = Speed(fastest=1e-3, slowest=2e-3)
    one = speed.run_seconds(small(training_size=1000, batch_size=50))
    low, high = speed.run_seconds(small(training_size=1000, batch_size=50, epochs=10))
    assert (low, one[0]) == (pytest.approx(10), pytest.approx(1))
    assert high == pytest.approx(10 * one[1])
    assert high > 20  # validation and checkpoints take some time as well


def test_settings_that_change_the_time_of_an_epoch() -> None:
    config = TrainConfig()
    same = config.with_changes(seed=5, learning_rate=0.1, epochs=3, weight_decay=0.0, device="cpu")
    assert timed_settings(same) == timed_settings(config)
    for change in ({"batch_size": 64}, {"model": "mnist_cnn"}, {"teacher": "default"}):
        assert timed_settings(config.with_changes(**change)) != timed_settings(config)


def test_steps_of_an_epoch() -> None:
    assert steps_per_epoch(TrainConfig(batch_size=64, validation_size=5000)) == 55_000 // 64
    assert steps_per_epoch(TrainConfig(batch_size=64, training_size=50)) == 1
