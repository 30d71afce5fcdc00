"""By how much the cells of a grid deviate from the paper around them."""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_core.imaging.grid import Grid, smallness
from mnist_core.imaging.regions import dilate

MIN_CONTRAST = 0.04
"""Smallest difference between ink and paper, in grey values of [0, 1]."""

_REACH = 6
"""Pairs of cells; paper is wider than four times as many cells, strokes are narrower."""

_FLAT_PART = 0.15
"""Part of a picture that must be flat paper, or dark and light cells are told by their middle."""

_INK_PART, _SMALL_INK_PART = 0.45, 0.25
"""Part of the largest deviation that is ink; in small pictures, where strokes are a pixel wide."""


class Deviation(NamedTuple):
    """Deviations of cells from the paper.

    `dark`, `light` (B, G, G) say by how much a cell is darker, or lighter; of both, at most one is
    not 0 where flat paper is known. `above`, `below` (B, G, G) are the grey values of paper around
    dark, and around light cells; `known` (B,) says whether there is flat paper.
    """

    dark: Tensor
    light: Tensor
    above: Tensor
    below: Tensor
    known: Tensor

    @property
    def largest(self) -> Tensor:
        """The deviation (B, G, G), darker or lighter."""
        return torch.maximum(self.dark, self.light)

    def only(self, sign: Tensor, where: Tensor) -> Deviation:
        """Return it without cells of the other sign than `sign` (B,), `where` (B,) says so."""
        sign = torch.where(where, sign, 0)[:, None, None]
        return self._replace(dark=self.dark * (sign <= 0), light=self.light * (sign >= 0))


def deviations(grid: Grid, valid: Tensor) -> Deviation:
    """Return the deviations of the valid (B, G, G) cells.

    A morphological closing removes dark strokes, an opening light ones. What it removes counts only
    if it also differs from the flat paper nearby: light gaps between dark strokes do not. A picture
    without flat paper is one that is cut to its ink: dark cells and light ones are then told by the
    middle of all grey values, and either may be ink.
    """
    cells = grid.cells
    above, below = _closing_and_opening(cells, valid)
    largest = torch.maximum(above - cells, cells - below) * valid
    flat = (largest < 0.25 * largest.amax((1, 2), keepdim=True)) * valid
    # in small pictures strokes are as wide as the window
    known = (flat.sum((1, 2)) > _FLAT_PART * valid.sum((1, 2))) & (grid.step > 0.3)
    everywhere = known[:, None, None]
    paper = _flat_paper(cells, flat)
    lightest = (cells * valid).amax((1, 2), keepdim=True)
    darkest = 1 - ((1 - cells) * valid).amax((1, 2), keepdim=True)
    above = torch.where(everywhere, above, lightest)
    below = torch.where(everywhere, below, darkest)
    dark = (above - cells).clamp(min=0) * valid
    light = (cells - below).clamp(min=0) * valid
    dark = dark * ((paper - cells > 0.4 * dark) | ~everywhere)
    light = light * ((cells - paper > 0.4 * light) | ~everywhere)
    return Deviation(dark, light, above, below, known)


def _closing_and_opening(cells: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
    """Return the closing and the opening of the valid cells, at half the resolution."""
    weight = F.avg_pool2d(valid[:, None], 2)[:, 0]
    half = F.avg_pool2d((cells * valid)[:, None], 2)[:, 0] / weight.clamp(min=0.25)
    inside = (weight > 0).to(cells.dtype)
    both, inside = torch.cat([half, 1 - half]), torch.cat([inside, inside])
    raised = dilate(both * inside, _REACH)
    closed = 1 - dilate((1 - raised) * inside, _REACH)
    closed = F.interpolate(closed[:, None], size=cells.shape[1:], mode="bilinear")[:, 0]
    closing, opening = closed.chunk(2)
    return closing, 1 - opening


def _flat_paper(cells: Tensor, flat: Tensor) -> Tensor:
    """Return the mean grey value (B, G, G) of flat cells around each cell, of near ones mostly."""
    blocks = F.avg_pool2d(torch.stack([cells * flat, flat], 1), 4)
    place = torch.arange(blocks.shape[-1], device=cells.device, dtype=cells.dtype)
    squared = (place[:, None] - place).square()
    near, far = (-squared / 18).exp(), (-squared / 288).exp()
    sums = near @ blocks @ near + 0.01 * (far @ blocks @ far)
    mean = sums[:, :1] / sums[:, 1:].clamp(min=1e-6)
    return F.interpolate(mean, size=cells.shape[1:], mode="bilinear")[:, 0]


def kinds_of(deviation: Deviation, grid: Grid) -> Tensor:
    """Return the kinds (B, G, G) of cells: -1 for dark ones, 1 for light ones, 0 for paper."""
    both = torch.stack([deviation.dark, deviation.light], 1)
    strongest = F.avg_pool2d(both, 3, 1, 1).amax((2, 3), keepdim=True)
    strongest = torch.maximum(strongest, 0.4 * strongest.amax(1, keepdim=True))
    part = _INK_PART + (_SMALL_INK_PART - _INK_PART) * smallness(grid.step)
    dark, light = (both / (part * strongest).clamp(min=MIN_CONTRAST / 2)).unbind(1)
    return torch.where(dark >= light, -1.0, 1.0) * (torch.maximum(dark, light) > 1)
