"""Rows of drawings for tests."""

from __future__ import annotations

import numpy as np

from support.drawings import Drawing

H: Drawing = [
    np.array([[0.0, 0.0], [0.0, 100.0]]),
    np.array([[60.0, 0.0], [60.0, 100.0]]),
    np.array([[0.0, 50.0], [60.0, 50.0]]),
]
"""The letter."""


def row(drawings: list[Drawing], gap: float = 60) -> tuple[Drawing, list[tuple[int, ...]]]:
    """Return drawings side by side, 300 units high, and each one's indices of strokes."""
    strokes: Drawing = []
    groups, right = [], 40.0
    for drawing in drawings:
        points = np.concatenate(drawing)
        low, high = points.min(0), points.max(0)
        scale = 300 / (high - low).max()
        groups.append(tuple(range(len(strokes), len(strokes) + len(drawing))))
        strokes += [(stroke - low) * scale + [right, 100] for stroke in drawing]
        right += float((high - low)[0] * scale) + gap
    return strokes, groups
