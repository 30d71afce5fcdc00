"""Checks of a training run, with what to do about it."""

import math

from mnist_core.errors import MnistCoreError
from mnist_core.training.config import TrainConfig


def check_given(field: str, name: str | None, value: object) -> None:
    """Raise MnistCoreError if weights that a configuration names are missing, or the reverse."""
    if name is not None and value is None:
        raise MnistCoreError(
            f"{field} is {name!r}: load these weights and pass them to the trainer"
        )
    if name is None and value is not None:
        raise MnistCoreError(f"weights are given, but {field} is none: name them there")


def check_finite(loss: float, config: TrainConfig, epoch: int, step: int) -> None:
    """Raise MnistCoreError, with remedies that fit the configuration, if the loss is not finite."""
    if math.isfinite(loss):
        return
    remedies = [f"a learning rate below {config.learning_rate:g}"]
    remedies += ["clip_grad_norm 1"] if not config.clip_grad_norm else []
    remedies += ["precision bf16 or fp32"] if config.precision == "fp16" else []
    raise MnistCoreError(
        f"the loss is {loss} at epoch {epoch}, step {step}; try {', or '.join(remedies)}"
    )
