"""A picture on a grid of square cells, on which its regions are looked for."""

from functools import lru_cache
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_core.imaging.branch import change_if
from mnist_core.imaging.sampling import cubic_weights
from mnist_core.imaging.sizes import GRID

_LOCAL_MEAN = (161 / 192, 3 / 32, -5 / 384)
"""Weights of a pixel, of the next and the second next on each side in the mean of their bicubic
interpolation over the pixel's area."""


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
    if torch.compiler.is_compiling() or grey.device.type != "cpu" or grey.dtype != torch.float32:
        layout = _make_layout(grey, size)
    else:
        layout = _known_layout(*grey.shape[2:], size)
    grey = sharpened(grey, layout.step)
    cells = layout.row_weights @ grey.squeeze(1) @ layout.column_weights.T
    return Grid(cells.clamp(0, 1), *layout[2:])


class _Layout(NamedTuple):
    """What depends on the size of a picture only: the weights (G, H), (G, W) of its pixels in each
    row and column of cells, and the fields of its `Grid`."""

    row_weights: Tensor
    column_weights: Tensor
    valid: Tensor
    border: Tensor
    rows: Tensor
    columns: Tensor
    step: Tensor


@lru_cache(maxsize=8)
def _known_layout(height: int, width: int, size: int) -> _Layout:
    # not in inference mode: the tensors are used in others as well
    with torch.inference_mode(False), torch.no_grad():
        return _make_layout(torch.zeros(1, 1, height, width), size)


def _make_layout(grey: Tensor, size: int) -> _Layout:
    height, width = (length_of(grey, axis) for axis in (2, 3))
    step = torch.maximum(height, width) / size
    row_weights, column_weights = (
        cubic_weights(length, grey.new_zeros(1), step.expand(1), size)[0]
        for length in grey.shape[2:]
    )
    middles = (torch.arange(size, device=grey.device) + 0.5) * step
    rows, columns = (middles < height).to(grey.dtype), (middles < width).to(grey.dtype)
    valid = rows[:, None] * columns
    border = valid - _without_ends(rows)[:, None] * _without_ends(columns)
    return _Layout(row_weights, column_weights, valid, border, rows.sum(), columns.sum(), step)


def length_of(image: Tensor, axis: int) -> Tensor:
    """Return the length of axis 2 or 3 of (B, 1, H, W) as a float tensor."""
    if not torch.compiler.is_compiling():
        return image.new_tensor(image.shape[axis])
    return torch.ones_like(image[0, 0].select(3 - axis, 0)).sum()


def _without_ends(inside: Tensor) -> Tensor:
    """Return (G,) without the first and the last 1."""
    padded = F.pad(inside, (1, 1))
    return inside * padded[:-2] * padded[2:]


def smallness(step: Tensor) -> Tensor:
    """Return 1 for pictures so small that strokes are a pixel wide, 0 for others; between them.

    `step` is the pixels per cell.
    """
    return ((0.5 - step) / 0.3).clamp(0, 1)


def sharpened(grey: Tensor, step: Tensor) -> Tensor:
    """Return small pictures (B, 1, H, W) sharpened by what enlarging would blur; others unchanged.

    A pixel of a small picture is the mean of what it covers; bicubic enlargement alone lowers the
    contrast of such means. This is one step of iterative back-projection (Irani and Peleg 1991).
    The result may lie outside [0, 1]. `step` is the pixels per cell.
    """
    small = smallness(step)
    if torch.compiler.is_compiling():
        return change_if(small > 0, _sharpened, grey, small)
    return _sharpened(grey, small) if bool(small > 0) else grey


def _sharpened(grey: Tensor, amount: Tensor) -> Tensor:
    rows, columns = (_local_means(grey, axis) for axis in (2, 3))
    return grey + amount * (grey - rows @ grey @ columns.T)


def _local_means(grey: Tensor, axis: int) -> Tensor:
    """Return the weights (N, N) of an axis's pixels in the mean of each one's area."""
    place = torch.arange(grey.shape[axis], device=grey.device)
    distance = (place[:, None] - place).abs()
    weights = grey.new_zeros(()).expand_as(distance)
    for offset, weight in enumerate(_LOCAL_MEAN):
        weights = torch.where(distance == offset, weight, weights)
    return weights / weights.sum(1, keepdim=True)


def noise(grid: Grid) -> Tensor:
    """Return the standard deviation (B,) of normal noise, from differences of adjacent cells."""
    cells = grid.cells
    mixed = cells[:, 1:, 1:] - cells[:, 1:, :-1] - cells[:, :-1, 1:] + cells[:, :-1, :-1]
    valid = grid.valid[1:, 1:] * grid.valid[:-1, :-1]
    # the mean absolute value of normal noise is 0.798 of its standard deviation, here 2 sigma
    return (mixed.abs() * valid).sum((1, 2)) / valid.sum().clamp(min=1) / (2 * 0.798)
