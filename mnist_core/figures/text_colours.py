"""The colour of text on a coloured background: black or white, whichever has more contrast.

The higher of the two contrasts is at least 4.58, whatever the background is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeAlias

import numpy as np
from plotly.colors import hex_to_rgb

from mnist_core.figures.theme import (
    BLACK,
    BLACK_THEN_WHITE,
    DARK_COLOURS,
    WHITE,
    WHITE_THEN_BLACK,
)

ColourScale: TypeAlias = Sequence[tuple[float, str]]
"""(place, colour), the places rising from 0 to 1; between two, plotly mixes their sRGB values."""
_TEXT = {
    (False, False): BLACK,
    (False, True): BLACK_THEN_WHITE,
    (True, False): WHITE_THEN_BLACK,
    (True, True): WHITE,
}
"""Colour by whether it is white on a light page, and on a dark one."""
_LUMINANCE = (0.2126, 0.7152, 0.0722)


def text_colours(places: np.ndarray, scale: ColourScale) -> Iterator[tuple[str, np.ndarray]]:
    """Yield each colour of text that is needed, and where: bool, of the shape of `places`.

    Parameters
    ----------
    places : float in [0, 1]
        Of the backgrounds in the scale; NaN where there is none.
    scale : ColourScale
        For light pages; dark ones have the colours of `DARK_COLOURS`.
    """
    dark = [(place, DARK_COLOURS[colour]) for place, colour in scale]
    on_light, on_dark = (_needs_white(places, one) for one in (scale, dark))
    for (light_page, dark_page), colour in _TEXT.items():
        cells = (on_light == light_page) & (on_dark == dark_page) & ~np.isnan(places)
        if cells.any():
            yield colour, cells


def _needs_white(places: np.ndarray, scale: ColourScale) -> np.ndarray:
    """Return where white has more contrast than black, by WCAG 2.2's relative luminance."""
    known, colours = zip(*scale, strict=True)
    channels = np.array([hex_to_rgb(colour) for colour in colours]).T / 255
    luminance = np.zeros(places.shape)
    for weight, channel in zip(_LUMINANCE, channels, strict=True):
        value = np.interp(places, known, channel)
        luminance += weight * np.where(
            value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4
        )
    white, black = 1.05 / (luminance + 0.05), (luminance + 0.05) / 0.05
    return white > black
