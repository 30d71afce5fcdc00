"""The parts of the digits in a picture. Imports no torch."""

from collections.abc import Callable, Sequence
from math import ceil

import numpy as np

from mnist_core.imaging.sizes import GRID

SMALLEST_DIGIT = 0.4  # of the largest digit's longest side; what is smaller is punctuation
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
        self._indices, self._count, self._draw = np.flatnonzero(kept), len(kept), draw
        height, width = size
        self.boxes = [
            (
                max(0, int(left)),
                max(0, int(top)),
                min(width, ceil(right)),
                min(height, ceil(bottom)),
            )
            for left, top, right, bottom in (sides[self._indices].astype(float) * step).tolist()
        ]

    def inks(self, groups: Sequence[Sequence[int]]) -> np.ndarray:
        """Return the ink of each group of parts on a canvas: float32 (G, 56, 56) in [0, 1]."""
        chosen = np.zeros((len(groups), self._count), bool)
        for row, numbers in zip(chosen, groups, strict=True):
            row[self._indices[list(numbers)]] = True
        return self._draw(chosen)
