"""Rasterisation of pen strokes, with a pen width relative to the drawing's size as in MNIST.

The browser rasterises with the same formula; the results differ by at most one grey level. Imports
no torch: programs that run exported graphs draw as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from mnist_core.errors import MnistCoreError
from mnist_core.imaging.sizes import CANVAS_DIGIT, CANVAS_SIZE, SCALE

if TYPE_CHECKING:
    from torch import Tensor

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

_PIECE = 4.0
"""Longest piece of a segment, in canvas pixels; only the pixels near a piece are visited."""

_DRAWINGS = 32  # rasterised at once: what a processor's cache holds
_PIECES = 8192  # visited at once: long strokes would take gigabytes


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


def draw_strokes(
    drawings: Sequence[Sequence[np.ndarray]], pen_width: float | np.ndarray = PEN_WIDTH
) -> Tensor:
    """Rasterise drawings as `rasterize_strokes`; return a tensor (B, 1, 56, 56)."""
    import torch

    return torch.from_numpy(rasterize_strokes(drawings, pen_width))[:, None]


def rasterize_strokes(
    drawings: Sequence[Sequence[np.ndarray]], pen_width: float | np.ndarray = PEN_WIDTH
) -> np.ndarray:
    """Rasterise drawings.

    Each drawing is scaled so that its longest side, pen included, is `INK_BOX`, and its bounding
    box is centred. A pixel's ink is its coverage by a round pen: 1/2 + pen/2 - its distance to the
    nearest stroke, in [0, 1], rounded to 256 grey levels. A drawing without extent is blank.

    Parameters
    ----------
    drawings : sequence of drawings
        Each a list of (N, 2) arrays (x, y) in any unit, y pointing downwards.
    pen_width : float or array (B,)
        Pen diameter in frame pixels, of all drawings or of each.

    Returns
    -------
    float32 (B, 56, 56) in [0, 1], ink light on dark

    Raises
    ------
    MnistCoreError
        For malformed strokes.
    """
    pens = SCALE * np.broadcast_to(np.asarray(pen_width, np.float64), len(drawings))
    canvases = [np.zeros((0, INK_SIZE, INK_SIZE), np.float32)]
    for first in range(0, len(drawings), _DRAWINGS):
        pen = pens[first : first + _DRAWINGS]
        segments = [
            _segments(check_strokes(strokes), width)
            for strokes, width in zip(drawings[first : first + _DRAWINGS], pen, strict=True)
        ]
        canvases.append(_draw(segments, pen))
    return np.concatenate(canvases)


def _segments(strokes: list[np.ndarray], pen: float) -> np.ndarray:
    """Return segments (S, 4) as x0, y0, x1, y1 on the canvas; none for a drawing without extent."""
    if not strokes:
        return np.zeros((0, 4))
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    extent = (high - low).max()
    if extent < 1 / _LARGEST:
        return np.zeros((0, 4))
    scale = (INK_BOX - pen) / extent
    placed = [(s - (low + high) / 2) * scale + INK_SIZE / 2 for s in strokes]
    return np.concatenate(
        # a stroke of one point is a segment from it to itself
        [np.hstack([p[:-1], p[1:]]) if len(p) > 1 else np.hstack([p, p]) for p in placed]
    )


def _draw(segments: list[np.ndarray], pen: np.ndarray) -> np.ndarray:
    """Return the ink (B, 56, 56) of each drawing's segments (S, 4), with pens of diameters (B,)."""
    drawing = np.repeat(np.arange(len(segments)), [len(s) for s in segments])
    start, end, drawing = _pieces(np.concatenate(segments), drawing)
    reach = int(np.ceil(_PIECE / 2 + pen.max(initial=0) / 2 + 0.5))
    window = np.arange(-reach, reach + 1)
    middle = np.floor((start + end) / 2).astype(np.int64)
    x = (middle[:, :1] + window).clip(0, INK_SIZE - 1)  # (S, W)
    y = (middle[:, 1:] + window).clip(0, INK_SIZE - 1)
    nearest = np.full(len(segments) * INK_SIZE**2, np.inf)
    for first in range(0, len(start), _PIECES):
        some = slice(first, first + _PIECES)
        column, line, number = x[some, None, :], y[some, :, None], drawing[some, None, None]
        squared = _squared_distance(column + 0.5, line + 0.5, start[some], end[some])
        pixel = (number * INK_SIZE + line) * INK_SIZE + column
        np.minimum.at(nearest, pixel.ravel(), squared.ravel())
    coverage = 0.5 + pen[:, None, None] / 2 - np.sqrt(nearest.reshape(-1, INK_SIZE, INK_SIZE))
    return (np.floor(255 * coverage.clip(0, 1) + 0.5) / 255).astype(np.float32)


def _pieces(segments: np.ndarray, drawing: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Cut segments (S, 4) into equal pieces; return their starts, ends (P, 2) and drawings (P,)."""
    start, along = segments[:, :2], segments[:, 2:] - segments[:, :2]
    count = np.ceil(np.hypot(*along.T) / _PIECE).clip(1).astype(np.int64)
    whole = np.repeat(np.arange(len(segments)), count)
    number = np.arange(len(whole)) - np.repeat(np.cumsum(count) - count, count)
    step = (along / count[:, None])[whole]
    begin = start[whole] + number[:, None] * step
    return begin, begin + step, drawing[whole]


def _squared_distance(
    x: np.ndarray, y: np.ndarray, start: np.ndarray, end: np.ndarray
) -> np.ndarray:
    """Return squared distances (P, W, W) from points to the segments from start to end (P, 2)."""
    x0, y0 = start[:, 0, None, None], start[:, 1, None, None]
    dx, dy = (end - start).T[:, :, None, None]
    length = np.maximum(dx * dx + dy * dy, 1e-12)
    x, y = x - x0, y - y0
    t = ((x * dx + y * dy) / length).clip(0, 1)
    return (x - t * dx) ** 2 + (y - t * dy) ** 2
