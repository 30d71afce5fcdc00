"""Small trainings and what to compare of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mnist_core.data.allographs import NON_DIGIT
from mnist_core.data.allographs.frames import generate_frames
from mnist_core.data.mnist import Split
from mnist_core.evaluation.calibration_fit import CalibrationSource, fit_calibration
from mnist_core.models.forward import predict_logits
from mnist_core.models.weights import save_weights
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import Event, Finished
from mnist_core.training.trainer import train

Splits = tuple[Split, Split]


def small(**changes: Any) -> TrainConfig:
    """The article's network, one epoch, nothing random but the order."""
    fields = {
        "model": "mnist_cnn",
        "epochs": 1,
        "batch_size": 50,
        "learning_rate": 5e-3,
        "augment": "none",
        "ema_decay": 0.0,
        "device": "cpu",
    }
    return TrainConfig(**{**fields, **changes})


def part(splits: Splits, training: int, validation: int) -> Splits:
    """Return the first images of both."""
    first, second = splits
    return (
        Split(first.images[:training], first.labels[:training]),
        Split(second.images[:validation], second.labels[:validation]),
    )


def finish(events: Iterable[Event]) -> Finished:
    """Run to the end."""
    *_, finished = events
    assert isinstance(finished, Finished)
    return finished


def weights(model: nn.Module) -> Tensor:
    """Return everything a network keeps, parameters and buffers, as one vector."""
    return torch.cat([t.detach().flatten().double() for t in model.state_dict().values()])


def train_refusing_network(splits: Splits, path: Path) -> None:
    """Save a network trained with non-digits, in seconds, and calibrated on generated drawings."""
    config = small(
        model="mnist_cnn_bn", allographs=0.5, non_digits=1.0, epochs=3, learning_rate=1e-2
    )
    model = finish(train(config, *splits)).model
    labels = np.array([*range(10)] * 40 + [NON_DIGIT] * 400)
    frames = generate_frames(labels, seed=99).float() / 255
    source = CalibrationSource("generated", predict_logits(model, frames), labels)
    card = {
        "config": config.model_dump(mode="json"),
        "calibration": fit_calibration([source], keep=0.9).model_dump(),
    }
    save_weights(path, model, card)
