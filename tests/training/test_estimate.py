from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch

from mnist_core.training.config import TrainConfig
from mnist_core.training.estimate import estimate_seconds, steps_per_epoch


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
def test_an_estimate_grows_with_the_epochs_and_changes_no_global_state() -> None:
    config = TrainConfig(model="mnist_cnn", augment="none", epochs=1, device="cpu")
    state = torch.get_rng_state()
    one = estimate_seconds(config, threads=1)
    hundred = estimate_seconds(config.with_changes(epochs=100), threads=1)
    assert 0 < one < hundred
    assert torch.get_num_threads() == 2
    assert torch.equal(torch.get_rng_state(), state)


def test_steps_of_an_epoch() -> None:
    assert steps_per_epoch(TrainConfig(batch_size=64, validation_size=5000)) == 55_000 // 64
    assert steps_per_epoch(TrainConfig(batch_size=64, training_size=50)) == 1
