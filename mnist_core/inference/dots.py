"""Dots side by side, such as a colon: no digit, though a network may take them for one."""

from collections.abc import Sequence

import numpy as np
from scipy.spatial import KDTree

MOST_DOTS = 5
"""Of more dots, a digit can be made."""

_DOT = 0.06
"""Largest extent of a dot, relative to that of the whole drawing."""

_APART = 5.0
"""Least median distance of a dot from its nearest neighbour, relative to the largest dot's extent;
the digits of a row are closer."""


def are_dots(strokes: Sequence[np.ndarray]) -> bool:
    """Return whether a drawing, a list of arrays (N, 2), is of two or more dots and nothing else.

    A dot is a stroke whose extent is small against that of the drawing, and against the median
    distance of a stroke from its nearest neighbour. Strokes without positions are not counted.
    """
    given = _given(strokes)
    if len(given) < 2:
        return False
    whole, largest = _extent(np.concatenate(given)), max(map(_extent, given))
    if whole == 0 or largest > _DOT * whole:
        return False
    centres = np.array([(stroke.min(0) + stroke.max(0)) / 2 for stroke in given])
    distances, _ = KDTree(centres).query(centres, k=2)
    return float(np.median(distances[:, 1])) >= _APART * largest


def are_few_dots(strokes: Sequence[np.ndarray]) -> bool:
    """Return whether a drawing is of two to five dots, as `are_dots`: of more, a digit is made."""
    return len(_given(strokes)) <= MOST_DOTS and are_dots(strokes)


def _given(strokes: Sequence[np.ndarray]) -> list[np.ndarray]:
    return [np.reshape(stroke, (-1, 2)) for stroke in strokes if np.size(stroke)]


def _extent(points: np.ndarray) -> float:
    return float(np.ptp(points, axis=0).max())
