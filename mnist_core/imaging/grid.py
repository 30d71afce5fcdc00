"""A picture on a grid of square cells, on which its regions are looked for."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_core.imaging.sampling import sample

GRID = 80
"""Cells along the longest side of a picture."""


class Grid(NamedTuple):
    """A picture on a grid of G x G cells, its upper left corner in cell (0, 0).

    `cells` (B, G, G) are grey values; `valid` and `border` (G, G) are 1 on the picture's cells, and
    on those along its border; `rows`, `columns` are its size in cells, `step` its pixels per cell.
    """

    cells: Tensor
    valid: Tensor
    border: Tensor
    rows: Tensor
    columns: Tensor
    step: Tensor


def make_grid(grey: Tensor, size: int = GRID) -> Grid:
    """Return grey images (B, 1, H, W) on a grid of `size` cells, a multiple of 4, along the longer
    side."""
    # lengths as tensors: in an export they are symbolic
    height, width = (length_of(grey, axis) for axis in (2, 3))
    step = torch.maximum(height, width) / size
    batch = grey.shape[0]
    cells = sample(grey, grey.new_zeros(batch, 2), step.expand(batch), size)
    middles = (torch.arange(size, device=grey.device) + 0.5) * step
    rows, columns = (middles < height).to(grey.dtype), (middles < width).to(grey.dtype)
    valid = rows[:, None] * columns
    border = valid - _without_ends(rows)[:, None] * _without_ends(columns)
    return Grid(cells.squeeze(1).clamp(0, 1), valid, border, rows.sum(), columns.sum(), step)


def length_of(image: Tensor, axis: int) -> Tensor:
    """Return the length of axis 2 or 3 of (B, 1, H, W) as a float tensor."""
    if not torch.compiler.is_compiling():
        return image.new_tensor(image.shape[axis])
    return torch.ones_like(image[0, 0].select(3 - axis, 0)).sum()


def _without_ends(inside: Tensor) -> Tensor:
    """Return (G,) without the first and the last 1."""
    padded = F.pad(inside, (1, 1))
    return inside * padded[:-2] * padded[2:]


def smallness(grid: Grid) -> Tensor:
    """Return 1 for pictures so small that strokes are a pixel wide, 0 for others; between them."""
    return ((0.5 - grid.step) / 0.3).clamp(0, 1)


def noise(grid: Grid) -> Tensor:
    """Return the standard deviation (B,) of normal noise, from differences of adjacent cells."""
    cells = grid.cells
    mixed = cells[:, 1:, 1:] - cells[:, 1:, :-1] - cells[:, :-1, 1:] + cells[:, :-1, :-1]
    valid = grid.valid[1:, 1:] * grid.valid[:-1, :-1]
    # the mean absolute value of normal noise is 0.798 of its standard deviation, here 2 sigma
    return (mixed.abs() * valid).sum((1, 2)) / valid.sum().clamp(min=1) / (2 * 0.798)
