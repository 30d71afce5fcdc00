"""Names and options of the architectures. Imports no torch: command-line parsing stays fast."""

from __future__ import annotations

from typing import Literal, get_args

Architecture = Literal[
    "mnist_cnn",
    "mnist_cnn_fixed",
    "mnist_cnn_bn",
    "mnist_resnet",
    "improved",
    "compact",
    "simple_cnn",
]
"""The keys of `architectures.ARCHITECTURES`."""
KernelSize = Literal[3, 5]
"""Sides of convolution kernels, in pixels."""
MAX_DROPOUT = 0.9
DROPOUT_ARCHITECTURES: tuple[Architecture, ...] = ("mnist_cnn_fixed", "mnist_cnn_bn", "improved")
"""Architectures with a dropout layer in the fully connected part."""

Vote = Literal["mean", "majority"]
"""How the members of an ensemble vote."""
VOTES: tuple[Vote, ...] = get_args(Vote)

ENSEMBLE = "ensemble"
"""The architecture of an ensemble, in weights files and lists."""
