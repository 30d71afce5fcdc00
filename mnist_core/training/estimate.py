"""Speed of a training's steps, measured, and what an epoch and a run take at that speed."""

import time
from typing import Any

import torch
from pydantic import Field
from torch import nn

from mnist_core.data.mnist import Split
from mnist_core.data.sizes import TRAINING_SET_SIZE
from mnist_core.imaging.normalize import FRAME_SIZE
from mnist_core.models.network import NUM_CLASSES
from mnist_core.training.config import TrainConfig
from mnist_core.training.trainer import Trainer
from mnist_core.utils.devices import choose_device
from mnist_core.utils.json_files import JsonModel

_BLOCKS = 5
_BLOCK_SECONDS = 0.1
_MAX_BATCH = 256
"""The time of larger batches is extrapolated: they might not fit into memory."""
_MOST_OVERHEAD = 1.3
"""Validation, checkpoints and metrics: from nothing to this factor, on runs of the presets."""
NO_EFFECT_ON_SPEED = {
    *("seed", "learning_rate", "head_learning_rate", "momentum", "nesterov", "weight_decay"),
    *("label_smoothing", "lr_scheduler", "lr_step_size", "lr_gamma", "lr_patience", "lr_warmup"),
    *("epochs", "early_stopping", "distill_temperature", "distill_alpha", "device"),
    *("init_weights", "dropout", "drawings"),
}
"""Fields that do not change how long an epoch takes; the device is compared by what it is."""


class Speed(JsonModel):
    """Seconds per image in training steps: the fastest and the slowest of several measurements."""

    fastest: float = Field(gt=0)
    slowest: float = Field(gt=0)

    def run_seconds(self, config: TrainConfig) -> tuple[float, float]:
        """Return the least and the most that a run takes at this speed."""
        batch = min(config.batch_size, training_images(config))
        images = batch * steps_per_epoch(config) * config.epochs
        return self.fastest * images, self.slowest * images * _MOST_OVERHEAD


def training_images(config: TrainConfig) -> int:
    """Return the number of images that an epoch draws from, an incomplete last batch included."""
    return config.training_size or TRAINING_SET_SIZE - config.validation_size


def steps_per_epoch(config: TrainConfig) -> int:
    """Return the number of steps of an epoch; an incomplete last batch is dropped."""
    images = training_images(config)
    return images // min(config.batch_size, images)


def timed_settings(config: TrainConfig) -> dict[str, Any]:
    """Return the fields on which the duration of an epoch depends, as plain JSON types."""
    return config.model_dump(mode="json", exclude=NO_EFFECT_ON_SPEED)


def measure_speed(
    config: TrainConfig, device: torch.device, teacher: nn.Module | None = None
) -> Speed:
    """Take training steps on random images for about half a second.

    torch.compile and the loader's processes are left out. The random generators are as before
    afterwards. Raises MnistCoreError if the configuration's layers cannot be frozen.

    Parameters
    ----------
    config : TrainConfig
    device : torch.device
    teacher : nn.Module or None
        What `config.teacher` names.
    """
    device = choose_device(device)
    timed = config.with_changes(
        init_weights=None,
        freeze=(),
        compile=False,
        loader="device",
        epochs=1,
        batch_size=min(config.batch_size, _MAX_BATCH),
    )
    generator = torch.Generator().manual_seed(0)
    size = (timed.batch_size, 1, FRAME_SIZE, FRAME_SIZE)
    images = torch.rand(size, generator=generator).to(device)
    labels = torch.randint(NUM_CLASSES, size[:1], generator=generator).to(device)
    split = Split(images, labels)
    trainer = Trainer(timed, split, split, teacher=teacher)

    def take(steps: int) -> float:
        began = time.perf_counter()
        for _ in range(steps):
            result = trainer.train_step(images, labels)
        result.tolist()  # waits for a GPU
        return time.perf_counter() - began

    with trainer.random_state.active():
        take(4)  # the first steps are slow
        steps, seconds = 1, take(1)
        while seconds < _BLOCK_SECONDS:
            steps *= 2
            seconds = take(steps)
        blocks = [seconds, *(take(steps) for _ in range(_BLOCKS - 1))]
    images_taken = steps * timed.batch_size
    return Speed(fastest=min(blocks) / images_taken, slowest=max(blocks) / images_taken)
