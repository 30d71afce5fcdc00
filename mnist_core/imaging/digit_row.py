"""Several digits in one picture: the regions of ink, grouped left to right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from mnist_core.imaging.grid import GRID, Grid, make_grid
from mnist_core.imaging.normalize import fit_canvas
from mnist_core.imaging.segment import Located, box_of, enlarge, locate
from mnist_core.imaging.selection import is_surroundings

_LARGEST_GRID = 512
_COUNT = 64  # regions that are looked at
_SMALLEST_PART = 0.2  # of the longest side of the largest region; what is smaller is a speck
SMALLEST_DIGIT = 0.4  # of the largest digit's longest side; what is smaller is punctuation
_SHARED = 0.25  # of the narrower one's width is above the other: one digit; slanted ones share less


class FoundDigit(NamedTuple):
    """One digit of a picture.

    Attributes
    ----------
    box : (left, top, right, bottom)
        In pixels of the grey image; right and bottom excluded.
    ink : Tensor (1, 1, 56, 56)
        The digit's ink on a canvas, float32 in [0, 1], light on dark, as `fit_canvas` returns.
    """

    box: tuple[int, int, int, int]
    ink: Tensor


class InkParts:
    """The regions of ink in a picture that are digits or parts of digits.

    Attributes
    ----------
    boxes : list of (left, top, right, bottom)
        In pixels of the grey image; right and bottom excluded.
    """

    def __init__(self, grey: Tensor, grid: Grid, located: Located, parts: list[_Part]) -> None:
        self._grey, self._grid, self._located, self._parts = grey, grid, located, parts
        self.boxes = [self.box([number]) for number in range(len(parts))]

    def box(self, numbers: Sequence[int]) -> tuple[int, int, int, int]:
        """Return the box around some parts, in pixels."""
        height, width = self._grey.shape[-2:]
        corners = box_of(self._located.regions, self._chosen(numbers))
        low, high = (corner[0] * self._grid.step for corner in corners)
        return (
            max(0, int(low[1])),
            max(0, int(low[0])),
            min(width, int(high[1].ceil())),
            min(height, int(high[0].ceil())),
        )

    def inks(self, groups: Sequence[Sequence[int]]) -> Tensor:
        """Return the ink of each group of parts on a canvas: (G, 1, 56, 56), as of `fit_canvas`."""
        with torch.inference_mode():
            chosen = torch.cat([self._chosen(numbers) for numbers in groups])
            return fit_canvas(enlarge(self._grey, self._grid, self._located, chosen))

    def groups(self) -> list[list[int]]:
        """Return the parts of each digit, left to right: those that lie above one another."""
        numbers = {part.index: number for number, part in enumerate(self._parts)}
        groups = _grouped(self._parts)
        largest = max((_longest(group) for group in groups), default=0)
        return [
            [numbers[part.index] for part in group]
            for group in groups
            if _longest(group) >= SMALLEST_DIGIT * largest
        ]

    def _chosen(self, numbers: Sequence[int]) -> Tensor:
        chosen = torch.zeros_like(self._located.chosen)
        chosen[0, [self._parts[number].index for number in numbers]] = True
        return chosen


class PictureInk:
    """The ink of a picture of one digit, and what else is in the picture.

    Attributes
    ----------
    canvas : Tensor (1, 1, 56, 56)
        The digit's ink, float32 in [0, 1], as `fit_canvas` of `find_ink` returns it.

    Parameters
    ----------
    grey : Tensor (1, 1, H, W)
        Floats in [0, 1], as `to_grey` returns.
    """

    def __init__(self, grey: Tensor) -> None:
        self._grey = grey
        with torch.inference_mode():
            self._grid = make_grid(grey)
            self._located = locate(self._grid)
            self.canvas = fit_canvas(enlarge(grey, self._grid, self._located, self._located.chosen))

    def parts(self) -> InkParts | None:
        """Return the parts of all digits as `find_parts`, or None if there is one part only.

        Long pictures are searched again.
        """
        if _grid_size(self._grey) != GRID:
            return find_parts(self._grey)
        if not self._located.regions.several:
            return None
        return _ink_parts(self._grey, self._grid, self._located)


def find_parts(grey: Tensor) -> InkParts | None:
    """Return the parts of the digits of a grey image (1, 1, H, W); None for one without ink."""
    with torch.inference_mode():
        grid = make_grid(grey, _grid_size(grey))
        return _ink_parts(grey, grid, locate(grid, _COUNT))


def _grid_size(grey: Tensor) -> int:
    """Return as many cells for each digit of a row as for a digit alone."""
    height, width = grey.shape[-2:]
    return min(_LARGEST_GRID, 4 * round(GRID * max(height, width) / min(height, width) / 4))


def _ink_parts(grey: Tensor, grid: Grid, located: Located) -> InkParts | None:
    if not located.found:
        return None
    with torch.inference_mode():
        surroundings = is_surroundings(located.regions, grid)
        return InkParts(grey, grid, located, _parts(located, surroundings))


def find_digits(grey: Tensor) -> list[FoundDigit]:
    """Return the digits of a grey image, left to right; none for an image without ink.

    Regions of ink above one another are one digit; regions beside one another are several.
    Touching digits are one region, and so one digit.

    Parameters
    ----------
    grey : Tensor (1, 1, H, W)
        Floats in [0, 1], as `to_grey` returns.
    """
    parts = find_parts(grey)
    if parts is None:
        return []
    groups = parts.groups()
    inks = parts.inks(groups).split(1)
    return [FoundDigit(parts.box(group), ink) for group, ink in zip(groups, inks, strict=True)]


class _Part(NamedTuple):
    left: float
    right: float
    top: float
    bottom: float
    index: int


def _parts(located: Located, surroundings: Tensor) -> list[_Part]:
    """Return the regions that belong to digits: of one kind, large enough, not cut off."""
    regions, main = located.regions, located.main
    kept = (
        (regions.kind == regions.kind.gather(1, main))
        & (regions.longest >= _SMALLEST_PART * regions.longest.gather(1, main))
        & (located.contrast > 0.5 * located.contrast.gather(1, main))
        & ((regions.contact == 0) | (regions.contact.gather(1, main) > 0))
        & ~surroundings
        & (regions.area > 0)
    ) | located.chosen
    sides = torch.stack([regions.left, regions.right, regions.top, regions.bottom], 2)[0]
    return [_Part(*sides[index].tolist(), index) for index in kept[0].nonzero()[:, 0].tolist()]


def _longest(group: list[_Part]) -> float:
    width = max(part.right for part in group) - min(part.left for part in group)
    return max(width, max(part.bottom for part in group) - min(part.top for part in group))


def _grouped(parts: list[_Part]) -> list[list[_Part]]:
    """Return parts, grouped where one is above the other, left to right."""
    groups: list[list[_Part]] = []
    for part in sorted(parts):
        if groups:
            left = min(other.left for other in groups[-1])
            right = max(other.right for other in groups[-1])
            shared = min(right, part.right) - part.left
            if shared > _SHARED * min(right - left, part.right - part.left):
                groups[-1].append(part)
                continue
        groups.append([part])
    return groups
