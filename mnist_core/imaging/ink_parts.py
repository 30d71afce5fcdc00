"""The parts of the digits in a picture, and how they are grouped. Imports no torch."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from mnist_core.imaging.sizes import GRID

SMALLEST_DIGIT = 0.4  # of the largest digit's longest side; what is smaller is punctuation
_SHARED = 0.25  # of the narrower one's width is above the other: one digit; slanted ones share less


_LARGEST_GRID = 512


def grid_size(height: int, width: int) -> int:
    """Return as many cells for each digit of a row as for a digit alone."""
    return min(_LARGEST_GRID, 4 * round(GRID * max(height, width) / min(height, width) / 4))


class InkParts:
    """The regions of ink in a picture that are digits or parts of digits.

    Attributes
    ----------
    boxes : list of (left, top, right, bottom)
        In pixels of the grey image; right and bottom excluded.

    Parameters
    ----------
    kept : bool (K,)
        Which of the regions are parts of digits.
    sides : float (K, 4)
        Left, top, right and bottom of the regions' boxes in cells.
    step : float
        Pixels per cell.
    size : (height, width)
        Of the grey image.
    draw : callable
        bool (N, K) -> float32 (N, 56, 56): the ink of some regions on a canvas, for each row.
    """

    def __init__(
        self,
        kept: np.ndarray,
        sides: np.ndarray,
        step: float,
        size: tuple[int, int],
        draw: Callable[[np.ndarray], np.ndarray],
    ) -> None:
        self._count = len(kept)
        self._step, self._size, self._draw = step, size, draw
        self._parts = [_Part(*sides[i].tolist(), int(i)) for i in np.flatnonzero(kept)]
        self.boxes = [self.box([number]) for number in range(len(self._parts))]

    def box(self, numbers: Sequence[int]) -> tuple[int, int, int, int]:
        """Return the box around some parts, in pixels."""
        parts = [self._parts[number] for number in numbers]
        height, width = self._size
        return (
            max(0, int(min(part.left for part in parts) * self._step)),
            max(0, int(min(part.top for part in parts) * self._step)),
            min(width, int(np.ceil(max(part.right for part in parts) * self._step))),
            min(height, int(np.ceil(max(part.bottom for part in parts) * self._step))),
        )

    def inks(self, groups: Sequence[Sequence[int]]) -> np.ndarray:
        """Return the ink of each group of parts on a canvas: float32 (G, 56, 56) in [0, 1]."""
        chosen = np.zeros((len(groups), self._count), bool)
        for row, numbers in zip(chosen, groups, strict=True):
            row[[self._parts[number].index for number in numbers]] = True
        return self._draw(chosen)

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


class _Part(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float
    index: int


def _longest(group: list[_Part]) -> float:
    width = max(part.right for part in group) - min(part.left for part in group)
    return max(width, max(part.bottom for part in group) - min(part.top for part in group))


def _grouped(parts: list[_Part]) -> list[list[_Part]]:
    """Return parts, grouped where one is above the other, left to right."""
    groups: list[list[_Part]] = []
    for part in sorted(parts, key=lambda part: (part.left, part.right)):
        if groups:
            left = min(other.left for other in groups[-1])
            right = max(other.right for other in groups[-1])
            shared = min(right, part.right) - part.left
            if shared > _SHARED * min(right - left, part.right - part.left):
                groups[-1].append(part)
                continue
        groups.append([part])
    return groups
