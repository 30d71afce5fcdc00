"""Names and options of the architectures. Imports no torch: command-line parsing stays fast."""

import importlib.metadata
from typing import TYPE_CHECKING, Literal, get_args

BUILT_IN = (
    "mnist_cnn",
    "mnist_cnn_fixed",
    "mnist_cnn_bn",
    "mnist_resnet",
    "improved",
    "compact",
    "vgg",
    "simple_cnn",
)
"""The keys of `architectures.ARCHITECTURES`."""
ENTRY_POINTS = "drawpad.architectures"
"""The group of entry points by which installed packages offer architectures of their own."""


def installed_architectures() -> dict[str, importlib.metadata.EntryPoint]:
    """Return the entry points of other packages' architectures, by name; none is imported."""
    found = importlib.metadata.entry_points(group=ENTRY_POINTS)
    return {
        point.name: point
        for point in sorted(found, key=lambda point: point.name)
        if point.name not in (*BUILT_IN, ENSEMBLE)
    }


ENSEMBLE = "ensemble"
"""The architecture of an ensemble, in weights files and lists."""

if TYPE_CHECKING:
    Architecture = str
else:
    Architecture = Literal[(*BUILT_IN, *installed_architectures())]
    """The names of the architectures: those of this package, then those of others."""
KernelSize = Literal[3, 5]
"""Sides of convolution kernels, in pixels."""
MAX_DROPOUT = 0.9
DROPOUT_ARCHITECTURES: tuple[Architecture, ...] = ("mnist_cnn_fixed", "mnist_cnn_bn", "improved")
"""Architectures with a dropout layer in the fully connected part."""

Vote = Literal["mean", "majority"]
"""How the members of an ensemble vote."""
VOTES: tuple[Vote, ...] = get_args(Vote)
