"""Pictures of several digits side by side."""

from collections.abc import Sequence

import numpy as np
from PIL import Image

from mnist_core.evaluation.pictures.layers import (
    SIDE,
    Drawing,
    compose,
    grey_levels,
    ink_layer,
    to_image,
)

Box = tuple[int, int, int, int]


def draw_row(
    drawings: Sequence[Drawing], rng: np.random.Generator
) -> tuple[Image.Image, list[Box]]:
    """Return a picture of drawings side by side, none touching another, and their boxes.

    The picture is 280 pixels high and as wide as the row needs. Heights, positions and the pen vary
    a little within a row, as in handwriting.

    Returns
    -------
    image : PIL image, RGB
    boxes : list of (left, top, right, bottom)
        The ink's box of each drawing, left to right, in pixels; right and bottom excluded.
    """
    pen = rng.uniform(10, 20)
    height = rng.uniform(0.4, 0.65) * SIDE
    inks = []
    for strokes in drawings:
        points = np.concatenate([np.asarray(stroke, np.float64) for stroke in strokes])
        extent = np.ptp(points, axis=0)
        tall = height * rng.uniform(0.85, 1.1)
        # a flat drawing (a lying one) is bounded by its width instead
        scale = min((tall - pen) / max(extent[1], 1e-9), (1.2 * tall - pen) / max(extent[0], 1e-9))
        width = int(scale * extent[0] + pen + 4)
        centre = (width / 2, SIDE / 2 + rng.uniform(-0.06, 0.06) * SIDE)
        longest = scale * extent.max() + pen
        inks.append(ink_layer(strokes, pen, centre, longest, (width, SIDE)))
    parts, boxes, x = [], [], 0
    for ink in inks:
        gap = np.zeros((SIDE, int(rng.uniform(14, 50) + (25 if not parts else 0))), np.float32)
        x += gap.shape[1]
        rows, columns = np.nonzero(ink > 0.1)
        low, high = (int(columns.min()), int(rows.min())), (int(columns.max()), int(rows.max()))
        boxes.append((x + low[0], low[1], x + high[0] + 1, high[1] + 1))
        parts += [gap, ink]
        x += ink.shape[1]
    parts.append(np.zeros((SIDE, int(rng.uniform(39, 75))), np.float32))
    paper, colour = grey_levels(rng)
    return to_image(compose(paper, (np.concatenate(parts, 1), colour))), boxes
