"""Dots side by side, such as a colon: no digit, though a network may take them for one."""

from collections.abc import Sequence

import numpy as np

MOST_DOTS = 5
"""Of more dots, a digit can be made."""

_DOT = 0.06
"""Largest extent of a dot, relative to that of the whole drawing."""


def are_dots(strokes: Sequence[np.ndarray]) -> bool:
    """Return whether a drawing, a list of arrays (N, 2), is of two to five dots and nothing else.

    A dot is a stroke that is tiny beside the whole drawing; of a single stroke that is not known.
    Strokes without positions are not counted.
    """
    given = [np.reshape(stroke, (-1, 2)) for stroke in strokes if np.size(stroke)]
    if not 2 <= len(given) <= MOST_DOTS:
        return False
    whole = _extent(np.concatenate(given))
    return whole > 0 and all(_extent(stroke) <= _DOT * whole for stroke in given)


def _extent(points: np.ndarray) -> float:
    return float(np.ptp(points, axis=0).max())
