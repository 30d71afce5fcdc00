"""Many small images of one size in one heatmap."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import plotly.graph_objects as go

from mnist_core.errors import MnistCoreError
from mnist_core.figures.theme import as_array, format_image_axes

if TYPE_CHECKING:
    from torch import Tensor

_COLOUR_BAR = {
    "thickness": 10,
    "outlinewidth": 0,
    "lenmode": "pixels",
    "len": 130,
    "y": 1,
    "yanchor": "top",
    "nticks": 5,
}


class Mosaic(NamedTuple):
    """Panels on one sheet.

    values : float32 (H, W), NaN between the panels
    owners : uint16 (H, W), the number of the panel that a pixel belongs to; 0 between them
    corners : the upper left pixel (y, x) of each panel
    """

    values: np.ndarray
    owners: np.ndarray
    corners: list[tuple[int, int]]


def check_panels(values: Tensor | np.ndarray, expected: str) -> np.ndarray:
    """Return panels (n, H, W) as float32. Raises MnistCoreError for another shape, or none."""
    panels = as_array(values)
    if panels.ndim != 3 or not panels.size:
        raise MnistCoreError(f"{expected}; these are {panels.shape}")
    return panels


def best_columns(count: int) -> int:
    """Return the number of columns for `count` panels: at most 8, and full rows if possible."""
    return next((columns for columns in range(8, 3, -1) if count % columns == 0), min(count, 8))


def make_mosaic(panels: np.ndarray, columns: int, gap: int = 1, top: int = 0) -> Mosaic:
    """Arrange panels (n, H, W) in rows, `gap` pixels apart, with `top` free rows above each."""
    count, height, width = panels.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    shape = rows * (height + top + gap) - gap, columns * (width + gap) - gap
    mosaic = Mosaic(np.full(shape, np.nan, np.float32), np.zeros(shape, np.uint16), [])
    for index, panel in enumerate(panels):
        y = index // columns * (height + top + gap) + top
        x = index % columns * (width + gap)
        mosaic.values[y : y + height, x : x + width] = panel
        mosaic.owners[y : y + height, x : x + width] = index
        mosaic.corners.append((y, x))
    return mosaic


def draw_mosaic(
    figure: go.Figure, values: np.ndarray, *, scale: float | None = None, **heatmap: object
) -> go.Figure:
    """Draw a mosaic (H, W) as a heatmap; `scale` is the size of its pixels on the screen."""
    height, width = values.shape
    figure.add_heatmap(z=values, hoverongaps=False, colorbar=_COLOUR_BAR, **heatmap)
    format_image_axes(figure, values.shape)
    return figure.update_layout(height=int(height * (scale or min(400 / width, 24))) + 16)
