"""Rasterisation of pen strokes, with a pen width relative to the drawing's size as in MNIST.

The browser rasterises with the same formula; the results differ by at most one grey level.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from mnist_core.errors import MnistCoreError
from mnist_core.imaging.normalize import CANVAS_DIGIT, CANVAS_SIZE, SCALE

INK_SIZE = CANVAS_SIZE
"""Side of the ink canvas in pixels."""

INK_BOX = CANVAS_DIGIT
"""Longest side of the rasterised drawing on that canvas, pen included, in pixels."""

PEN_WIDTH = 2.4
"""Pen diameter in pixels of the 28x28 frame; MNIST's strokes are 2.1 to 2.9 wide (quartiles)."""

INK_PEN = PEN_WIDTH * SCALE
"""Pen diameter on the ink canvas, in pixels."""

_LARGEST = 1e100
"""Positions beyond this are refused: their differences would overflow."""

_CHUNK = 64  # segments processed at once, to bound the memory of long drawings


def check_strokes(strokes: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return strokes as float64 arrays (N, 2); empty strokes are dropped.

    Raises
    ------
    MnistCoreError
        If a stroke is not an (N, 2) array of finite numbers; the message says which and why.
    """
    if isinstance(strokes, str | bytes) or not isinstance(strokes, Sequence | np.ndarray):
        raise MnistCoreError(
            "strokes must be a list of (N, 2) arrays of pen positions, got "
            f"{type(strokes).__name__}"
        )
    checked = []
    for index, stroke in enumerate(strokes):
        try:
            points = np.asarray(stroke)
        except (TypeError, ValueError) as error:
            raise MnistCoreError(f"stroke {index} is not an array of numbers: {error}") from error
        if points.dtype.kind not in "iuf":
            raise MnistCoreError(f"stroke {index} is not an array of numbers, but {points.dtype}")
        points = points.astype(np.float64)
        if points.size == 0:
            continue
        if points.ndim != 2 or points.shape[1] != 2:
            raise MnistCoreError(
                f"stroke {index} has shape {points.shape}; give (N, 2), one row (x, y) per point"
            )
        if not np.isfinite(points).all():
            raise MnistCoreError(f"stroke {index} contains NaN or infinity; remove those points")
        if np.abs(points).max() > _LARGEST:
            raise MnistCoreError(f"stroke {index} has positions beyond {_LARGEST:g}; scale it down")
        checked.append(points)
    return checked


def draw_strokes(drawings: Sequence[Sequence[np.ndarray]]) -> Tensor:
    """Rasterise drawings.

    Each drawing is scaled so that its longest side, pen included, is `INK_BOX`, and its bounding
    box is centred. A pixel's ink is its coverage by a round pen: 1/2 + pen/2 - its distance to the
    nearest stroke, in [0, 1], rounded to 256 grey levels. A drawing without extent is blank.

    Parameters
    ----------
    drawings : sequence of drawings
        Each a list of (N, 2) arrays (x, y) in any unit, y pointing downwards.

    Returns
    -------
    Tensor (B, 1, 56, 56), float32 in [0, 1], ink light on dark

    Raises
    ------
    MnistCoreError
        For malformed strokes.
    """
    canvases = [_draw(_segments(check_strokes(strokes))) for strokes in drawings]
    return torch.stack(canvases) if canvases else torch.zeros(0, 1, INK_SIZE, INK_SIZE)


def _segments(strokes: list[np.ndarray]) -> np.ndarray:
    """Return segments (S, 4) as x0, y0, x1, y1 on the canvas; none for a drawing without extent."""
    if not strokes:
        return np.zeros((0, 4))
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    extent = (high - low).max()
    if extent < 1 / _LARGEST:
        return np.zeros((0, 4))
    scale = (INK_BOX - INK_PEN) / extent
    placed = [(s - (low + high) / 2) * scale + INK_SIZE / 2 for s in strokes]
    return np.concatenate(
        # a stroke of one point is a segment from it to itself
        [np.hstack([p[:-1], p[1:]]) if len(p) > 1 else np.hstack([p, p]) for p in placed]
    )


def _draw(segments: np.ndarray) -> Tensor:
    """Return the ink (1, 56, 56) of segments (S, 4)."""
    axis = torch.arange(INK_SIZE, dtype=torch.float64) + 0.5
    py, px = torch.cartesian_prod(axis, axis).unbind(1)
    nearest = torch.full_like(px, torch.inf)
    for chunk in torch.from_numpy(segments).split(_CHUNK):
        if len(chunk):
            nearest = torch.minimum(nearest, _squared_distance(px, py, chunk).amin(0))
    coverage = (0.5 + INK_PEN / 2 - nearest.sqrt()).clamp(0, 1)
    greys = (255 * coverage + 0.5).floor() / 255
    return greys.view(1, INK_SIZE, INK_SIZE).float()


def _squared_distance(px: Tensor, py: Tensor, segments: Tensor) -> Tensor:
    """Return squared distances (S, P) from points (P,) to segments (S, 4)."""
    x, y, end_x, end_y = segments.unsqueeze(2).unbind(1)
    dx, dy = end_x - x, end_y - y
    length = (dx.square() + dy.square()).clamp(min=1e-12)
    t = (((px - x) * dx + (py - y) * dy) / length).clamp(0, 1)
    return (px - (x + t * dx)).square() + (py - (y + t * dy)).square()
