"""What is known of a network's layers. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass


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
