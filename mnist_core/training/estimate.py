"""Estimated duration of a training run: a few steps are taken and timed."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from mnist_core.data.mnist import Split
from mnist_core.data.sizes import TRAINING_SET_SIZE
from mnist_core.imaging.normalize import FRAME_SIZE
from mnist_core.models.network import NUM_CLASSES
from mnist_core.training.config import TrainConfig
from mnist_core.training.trainer import Trainer
from mnist_core.utils.devices import choose_device

_MEASURE_SECONDS = 0.3
_MAX_BATCH = 256
"""The time of larger batches is extrapolated: they might not fit into memory."""
_OVERHEAD = 1.1
"""Validation, checkpoints and metrics, measured on runs of the presets."""
_LOCK = threading.Lock()
"""Two estimates at the same time would slow each other down, and the thread count is global."""


def training_images(config: TrainConfig) -> int:
    """Return the number of images that an epoch draws from, an incomplete last batch included."""
    return config.training_size or TRAINING_SET_SIZE - config.validation_size


def steps_per_epoch(config: TrainConfig) -> int:
    """Return the number of steps of an epoch; an incomplete last batch is dropped."""
    images = training_images(config)
    return images // min(config.batch_size, images)


def estimate_seconds(config: TrainConfig, *, threads: int | None = None) -> float:
    """Return the estimated duration of a run on this machine under its current load, in seconds.

    Takes steps on random images for a third of a second. A teacher and torch.compile are left
    out. Random generators and torch's thread count are as before afterwards.

    Parameters
    ----------
    config : TrainConfig
    threads : int or None
        Threads of torch that the run will use; None: the current number.

    Raises
    ------
    MnistCoreError
        If the device does not exist.
    """
    timed = config.with_changes(
        teacher=None,
        init_weights=None,
        freeze=(),
        compile=False,
        loader="device",
        epochs=1,
        batch_size=min(config.batch_size, _MAX_BATCH),
    )
    device = choose_device(timed.device)
    generator = torch.Generator().manual_seed(0)
    size = (timed.batch_size, 1, FRAME_SIZE, FRAME_SIZE)
    images = torch.rand(size, generator=generator).to(device)
    labels = torch.randint(NUM_CLASSES, size[:1], generator=generator).to(device)
    split = Split(images, labels)
    trainer = Trainer(timed, split, split)
    with _LOCK, _thread_count(threads), trainer.random_state.active():
        trainer.train_step(images, labels).tolist()  # the first step is slow
        steps, began = 0, time.perf_counter()
        while steps < 2 or time.perf_counter() - began < _MEASURE_SECONDS:
            trainer.train_step(images, labels).tolist()
            steps += 1
        per_image = (time.perf_counter() - began) / (steps * timed.batch_size)
    batch = min(config.batch_size, training_images(config))
    return per_image * batch * steps_per_epoch(config) * config.epochs * _OVERHEAD


@contextmanager
def _thread_count(threads: int | None) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(threads or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
