"""How long a training will take here: a few steps are taken and timed."""

from __future__ import annotations

import time

import torch

from mnist_core.data.mnist import TRAINING_SET_SIZE, Split
from mnist_core.models.architectures import FRAME_SIZE, NUM_CLASSES
from mnist_core.training.config import TrainConfig
from mnist_core.training.trainer import Trainer
from mnist_core.utils.devices import choose_device

_MEASURE_SECONDS = 0.3
_LARGEST_BATCH = 256
"""A larger batch takes as much longer as it is larger, and may not fit beside what runs now."""
_OVERHEAD = 1.1
"""Scoring after every epoch, checkpoints and metrics, measured on runs of the presets."""


def training_images(config: TrainConfig) -> int:
    """Return how many images an epoch goes through, the last incomplete batch included."""
    return config.training_size or TRAINING_SET_SIZE - config.validation_size


def steps_per_epoch(config: TrainConfig) -> int:
    """Return the steps of an epoch; an incomplete batch at its end is dropped."""
    images = training_images(config)
    return images // min(config.batch_size, images)


def estimate_seconds(config: TrainConfig) -> float:
    """Return about how many seconds a run takes on this machine as it is now.

    Takes steps for a third of a second, with random images, on as many threads as torch has.
    A teacher and torch.compile are left out of it.

    Raises
    ------
    MnistCoreError
        If there is no such device.
    """
    trial = config.with_changes(
        teacher=None,
        init_weights=None,
        freeze=(),
        compile=False,
        loader="device",
        epochs=1,
        batch_size=min(config.batch_size, _LARGEST_BATCH),
    )
    device = choose_device(trial.device)
    generator = torch.Generator().manual_seed(0)
    size = (trial.batch_size, 1, FRAME_SIZE, FRAME_SIZE)
    images = torch.rand(size, generator=generator).to(device)
    labels = torch.randint(NUM_CLASSES, size[:1], generator=generator).to(device)
    split = Split(images, labels)
    with torch.random.fork_rng():  # the trainer sets the seed
        trainer = Trainer(trial, split, split)
        trainer.train_step(images, labels).tolist()  # the first step is slow
        taken, began = 0, time.perf_counter()
        while taken < 2 or time.perf_counter() - began < _MEASURE_SECONDS:
            trainer.train_step(images, labels).tolist()
            taken += 1
        image = (time.perf_counter() - began) / (taken * trial.batch_size)
    batch = min(config.batch_size, training_images(config))
    return image * batch * steps_per_epoch(config) * config.epochs * _OVERHEAD
