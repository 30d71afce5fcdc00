"""Checks of a training run, with what to do about it."""

import math

import torch

from mnist_core.data.mnist import Split
from mnist_core.errors import MnistCoreError
from mnist_core.imaging.sizes import FRAME_SIZE
from mnist_core.models.network import NUM_CLASSES
from mnist_core.training.config import TrainConfig


def check_split(name: str, split: Split, config: TrainConfig) -> None:
    """Raise MnistCoreError if images or labels are not what `Split` says, or on another device.

    A network learns from most of them all the same, but badly: nothing else would say why.
    """
    if not isinstance(split, Split):
        raise MnistCoreError(
            f"the {name} images are {type(split).__name__}; give mnist_core.data.Split(images, "
            "labels), or what load_train_validation returns"
        )
    images, labels = split.images, split.labels
    for what, values, dtype, shape in (
        ("images", images, torch.float32, (len(labels), 1, FRAME_SIZE, FRAME_SIZE)),
        ("labels", labels, torch.int64, (len(labels),)),
    ):
        if not isinstance(values, torch.Tensor):
            raise MnistCoreError(
                f"the {name} {what} are no torch tensor: torch.as_tensor makes one"
            )
        if values.dtype != dtype or tuple(values.shape) != shape:
            raise MnistCoreError(
                f"the {name} {what} are {values.dtype} {tuple(values.shape)}; give {dtype} {shape}"
            )
    if not len(labels):
        raise MnistCoreError(f"the {name} split has no images")
    # NaN compares as False
    if not (images.min() >= 0 and images.max() <= 1):
        raise MnistCoreError(f"the {name} images must lie in [0, 1], ink light on dark")
    if not (labels.min() >= 0 and labels.max() < NUM_CLASSES):
        raise MnistCoreError(f"the {name} labels must lie in 0 to {NUM_CLASSES - 1}")
    if config.device != "auto" and torch.device(config.device).type != images.device.type:
        raise MnistCoreError(
            f"device is {config.device!r}, but the {name} images are on {images.device}; load them "
            "with load_train_validation(config.device)"
        )


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
