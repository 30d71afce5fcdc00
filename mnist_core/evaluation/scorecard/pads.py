"""Strokes as a drawing pad shows them, and rows of digits as strokes."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from mnist_core.evaluation.pictures.layers import SIDE, Drawing, ink_layer


def pad_picture(strokes: Drawing, pen: float, box: float | None) -> Image.Image:
    """Return strokes on a 280x280 pad: mode L, white on black, a round pen.

    Parameters
    ----------
    strokes : Drawing
    pen : float
        Diameter in pixels.
    box : float or None
        Side of the square that they were written in, which becomes the pad: they keep their place
        and size. None: in the middle, 60% of the pad.
    """
    if box is None:
        layer = ink_layer(strokes, pen)
    else:
        scale = SIDE / box
        points = np.concatenate(list(strokes)) * scale
        low, high = points.min(0), points.max(0)
        centre = (low + high) / 2
        layer = ink_layer(strokes, pen, tuple(centre), float((high - low).max()) + pen)
    return Image.fromarray(np.rint(255 * layer).astype(np.uint8))


def stroke_row(drawings: Sequence[Drawing], rng: np.random.Generator) -> list[np.ndarray]:
    """Return drawings side by side as one drawing, about one unit high, none touching another."""
    row: list[np.ndarray] = []
    right = 0.0
    for strokes in drawings:
        points = np.concatenate(list(strokes))
        low, high = points.min(0), points.max(0)
        extent = np.maximum(high - low, 1e-9)
        height = rng.uniform(0.85, 1.1)
        # a flat drawing (a lying one) is bounded by its width instead
        scale = min(height / extent[1], 1.2 * height / extent[0])
        middle = rng.uniform(-0.06, 0.06)
        shift = np.array([right, middle - scale * extent[1] / 2])
        row += [(stroke - low) * scale + shift for stroke in strokes]
        right += scale * float(extent[0]) + rng.uniform(0.15, 0.5)
    return row
