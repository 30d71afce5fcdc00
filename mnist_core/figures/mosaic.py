"""Many small pictures on one sheet, drawn as one heatmap."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from mnist_core.errors import MnistCoreError

if TYPE_CHECKING:
    from torch import Tensor

_SCALE_BAR = {
    "thickness": 10,
    "outlinewidth": 0,
    "lenmode": "pixels",
    "len": 130,
    "y": 1,
    "yanchor": "top",
    "nticks": 5,
}


def as_array(values: Tensor | np.ndarray) -> np.ndarray:
    """Return a tensor on any device, or an array, as float32."""
    detached = values.detach().cpu() if hasattr(values, "detach") else values
    return np.asarray(detached, np.float32)


def check_panels(values: Tensor | np.ndarray, expected: str) -> np.ndarray:
    """Return panels (n, H, W) as float32. Raises MnistCoreError for another shape, or none."""
    panels = as_array(values)
    if panels.ndim != 3 or not panels.size:
        raise MnistCoreError(f"{expected}; these are {panels.shape}")
    return panels


def best_columns(count: int) -> int:
    """Return how many of `count` panels to put in a row, at most 8."""
    # full rows where that is possible
    return next((columns for columns in range(8, 3, -1) if count % columns == 0), min(count, 8))


def lay_out(
    panels: np.ndarray, columns: int, gap: int = 1, top: int = 0
) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Return panels (n, H, W) on one sheet with NaN between them, and each one's corner (y, x).

    `top` rows are left free above each panel.
    """
    count, height, width = panels.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    sheet = np.full((rows * (height + top + gap), columns * (width + gap)), np.nan, np.float32)
    corners = []
    for index, panel in enumerate(panels):
        y = index // columns * (height + top + gap) + top
        x = index % columns * (width + gap)
        sheet[y : y + height, x : x + width] = panel
        corners.append((y, x))
    return sheet[: rows * (height + top + gap) - gap, : columns * (width + gap) - gap], corners


def owners(
    sheet: tuple[int, ...], panels: tuple[int, ...], corners: list[tuple[int, int]]
) -> np.ndarray:
    """Return the number of the panel that every pixel of a mosaic belongs to."""
    owner = np.zeros(sheet, np.uint16)
    for index, (y, x) in enumerate(corners):
        owner[y : y + panels[1], x : x + panels[2]] = index
    return owner


def draw_mosaic(
    figure: go.Figure, mosaic: np.ndarray, *, scale: float | None = None, **heatmap: object
) -> go.Figure:
    """Draw a sheet on a figure as a heatmap; `scale` is its pixels on the screen."""
    height, width = mosaic.shape
    figure.add_heatmap(z=mosaic, hoverongaps=False, colorbar=_SCALE_BAR, **heatmap)
    figure.update_xaxes(
        visible=False, fixedrange=True, constrain="domain", range=[-0.5, width - 0.5]
    )
    figure.update_yaxes(
        visible=False,
        fixedrange=True,
        constrain="domain",
        constraintoward="top",
        scaleanchor="x",
        range=[height - 0.5, -0.5],
    )
    # as high as the sheet is at this many pixels of width
    return figure.update_layout(height=int(height * (scale or min(400 / width, 24))) + 16)
