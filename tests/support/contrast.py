"""Contrast of colours, as WCAG 2 defines it."""

from __future__ import annotations

import numpy as np
from plotly.colors import hex_to_rgb

TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
"""From linear sRGB (IEC 61966-2-1)."""


def linear(colour: str) -> np.ndarray:
    """Linear RGB of an sRGB colour."""
    parts = np.array(hex_to_rgb(colour)) / 255
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(colour: str, background: str) -> float:
    """Contrast ratio of two colours."""
    low, high = sorted(float(TO_XYZ[1] @ linear(one)) for one in (colour, background))
    return (high + 0.05) / (low + 0.05)
