"""MNIST as tensors that live on the device, with a fixed 55,000 / 5,000 split.

Source of the data: LeCun, Cortes, Burges; read and verified by `torchvision.datasets.MNIST`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from mnist_core.data.sizes import VALIDATION_SIZE
from mnist_core.errors import MnistCoreError

MEAN = 0.1307
STD = 0.3081
# The split is the same for every seed of a run: figures of two runs must be comparable.
SPLIT_SEED = 20_000


@dataclass(frozen=True)
class Split:
    """Images (N, 1, 28, 28) float32 in [0, 1], ink light on dark, and labels (N,) int64."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


def normalise(frames: Tensor) -> Tensor:
    """Map frames in [0, 1] to what the networks are trained on: (x - 0.1307) / 0.3081."""
    return (frames - MEAN).div_(STD)


def data_root(root: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder that holds (or will hold) MNIST/raw: argument, MNIST_ROOT, or ./data."""
    return Path(root or os.environ.get("MNIST_ROOT") or "data")


def data_is_there(root: str | os.PathLike[str] | None = None) -> bool:
    """Return whether MNIST's training files lie in the data root; without them it is downloaded."""
    names = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
    raw = data_root(root) / "MNIST/raw"
    return all((raw / name).is_file() or (raw / f"{name}.gz").is_file() for name in names)


def load_train_validation(
    device: torch.device | str = "cpu",
    root: str | os.PathLike[str] | None = None,
    *,
    validation_size: int = VALIDATION_SIZE,
    training_size: int | None = None,
) -> tuple[Split, Split]:
    """Return training and validation images, both from MNIST's training set.

    Parameters
    ----------
    device : torch.device or str
    root : path or None
        See `data_root`.
    validation_size : int
        Images held out; the same 5,000 for every run that leaves this alone.
    training_size : int or None
        Images to train on, chosen at random but always the same; None for all that are left.

    Raises
    ------
    MnistCoreError
        If the files are not there and cannot be downloaded; the message names MNIST_ROOT.
    """
    whole = _load(train=True, device=device, root=root)
    order = torch.randperm(len(whole), generator=torch.Generator().manual_seed(SPLIT_SEED))
    order = order.to(whole.labels.device)
    validation, train = order[:validation_size], order[validation_size:][:training_size]
    return (
        Split(whole.images[train], whole.labels[train]),
        Split(whole.images[validation], whole.labels[validation]),
    )


def load_test(
    device: torch.device | str = "cpu", root: str | os.PathLike[str] | None = None
) -> Split:
    """Return MNIST's 10,000 test images. Nothing may be selected on them. Raises as above."""
    return _load(train=False, device=device, root=root)


def _load(*, train: bool, device: torch.device | str, root: str | os.PathLike[str] | None) -> Split:
    from torchvision.datasets import MNIST  # slow to import, and the pad never needs it

    folder = data_root(root)
    try:
        dataset = MNIST(str(folder), train=train, download=True)
    # damaged files fail torchvision's checks with any of these
    except (OSError, RuntimeError, AssertionError, KeyError, TypeError, ValueError) as error:
        reason = str(error) or "damaged files"
        raise MnistCoreError(
            f"MNIST is not in {folder} and could not be downloaded ({reason}). Set MNIST_ROOT to a "
            "writable folder that holds MNIST/raw with the four original files "
            "(train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, "
            "t10k-labels-idx1-ubyte.gz), or allow the network once."
        ) from error
    images = dataset.data.to(device).unsqueeze(1).float().div_(255)
    return Split(images, dataset.targets.to(device))
