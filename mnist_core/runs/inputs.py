"""What the configuration of a run names: its images, and the weights of other networks."""

import os
from pathlib import Path

import torch

from mnist_core.data.mnist import Split, load_train_validation
from mnist_core.models.weights import Network, load_weights
from mnist_core.runs.run_list import find_weights
from mnist_core.training.config import TrainConfig


def load_splits(
    config: TrainConfig, device: torch.device, data: str | os.PathLike[str] | None = None
) -> tuple[Split, Split]:
    """Return the training and the validation images. Raises as `load_train_validation`."""
    return load_train_validation(
        device, data, validation_size=config.validation_size, training_size=config.training_size
    )


def load_network(name: str | None, root: Path) -> Network | None:
    """Return a network by a name that `find_weights` takes; None if there is no name.

    Raises MnistCoreError as `find_weights` and `load_weights` do.
    """
    return load_weights(find_weights(name, root))[0] if name else None
