"""Networks that the tests of models save, and what a file of version 0.1 says of itself."""

from torch import Tensor

from mnist_core.models.network import DigitNet
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import load_weights

MEMBERS = ("default", "mnist_cnn")
"""Shipped networks that make up an ensemble."""
TWO_FILES = {"format": "mnist_core", "architecture": "mnist_cnn"}
"""Metadata of the files of version 0.1, whose card is a file of its own."""


def load_members() -> list[DigitNet]:
    """Load the shipped networks of `MEMBERS`."""
    return [load_weights(weights_path(name))[0] for name in MEMBERS]


def state_of(model: DigitNet, **changes: Tensor) -> dict[str, Tensor]:
    """Return the tensors of a network by name, some of them replaced."""
    return {**model.state_dict(), **changes}
