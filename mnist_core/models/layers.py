"""What is known of a network's layers. Imports no torch."""

from dataclasses import dataclass
from math import isqrt
from typing import NamedTuple

_FRAME_SIZE = 28


@dataclass(frozen=True)
class LayerShape:
    """A leaf layer: its output shape without the batch axis, and its number of parameters."""

    name: str
    kind: str
    output_shape: tuple[int, ...]
    parameters: int


def stage_shape(layers: list[LayerShape], stage: str) -> tuple[int, int, int]:
    """Return the shape (channels, H, W) of the feature maps of one of a network's stages."""
    shape = [layer for layer in layers if layer.name.startswith(f"trunk.{stage}.")][-1].output_shape
    return shape[0], shape[1], shape[2]


def count_parameters(layers: list[LayerShape], prefix: str) -> int:
    """Return the number of parameters of the layers whose name starts with `prefix`."""
    return sum(layer.parameters for layer in layers if layer.name.startswith(prefix))


class ReceptiveField(NamedTuple):
    """The part of the frame that a pixel of a feature map depends on.

    Pixel i of a row depends on the `size` columns of the frame from `start + i * step` on, and the
    same downwards. Columns outside the frame are padding.
    """

    size: int
    step: int
    start: int


def receptive_field(layers: list[LayerShape], stage: str) -> ReceptiveField:
    """Return the receptive field of a stage, for square kernels, and pooling without overlap."""
    size, step, start = 1, 1, 0
    channels, side = 1, _FRAME_SIZE
    prefix = f"trunk.{stage}."
    last = max(index for index, layer in enumerate(layers) if layer.name.startswith(prefix))
    for layer in layers[: last + 1]:
        if layer.kind == "Conv2d":
            # a bias adds less than 1 to the quotient, except with one channel, and never a square
            kernel = isqrt(layer.parameters // (channels * layer.output_shape[0]))
            padding = (layer.output_shape[2] - side + kernel - 1) // 2
            size, start = size + (kernel - 1) * step, start - padding * step
        elif layer.kind == "MaxPool2d":
            pool = side // layer.output_shape[2]
            size, step = size + (pool - 1) * step, step * pool
        channels, side = layer.output_shape[0], layer.output_shape[2]
    return ReceptiveField(size, step, start)
