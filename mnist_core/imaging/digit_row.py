"""Several digits in one picture: connected components of the ink, grouped left to right."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from mnist_core.imaging.normalize import fit_canvas
from mnist_core.imaging.segment import find_ink

SMALLEST_PART = 0.2
"""A component whose longest side is less than this part of the highest one's is no digit."""


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


def find_digits(grey: Tensor) -> list[FoundDigit]:
    """Return the digits of a grey image, left to right; none for an image without ink.

    Components of ink above one another are one digit; components beside one another are several.
    Touching digits are one component, and so one digit.

    Parameters
    ----------
    grey : Tensor (1, 1, H, W)
        Floats in [0, 1], as `to_grey` returns.
    """
    ink = find_ink(grey)
    labels, _ = ndimage.label(ink[0, 0].numpy() > 0.3, np.ones((3, 3)))
    slices = ndimage.find_objects(labels)
    sides = [max(s[0].stop - s[0].start, s[1].stop - s[1].start) for s in slices]
    parts = [
        (s[1].start, s[1].stop, number)
        for number, (s, side) in enumerate(zip(slices, sides, strict=True), 1)
        if side >= SMALLEST_PART * max(sides)
    ]
    found = []
    for numbers in _grouped(parts):
        own = ink * torch.from_numpy(np.isin(labels, numbers))
        rows, columns = np.nonzero(own[0, 0].numpy())
        box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        found.append(FoundDigit(tuple(int(n) for n in box), fit_canvas(own)))
    return found


def _grouped(parts: list[tuple[int, int, int]]) -> list[list[int]]:
    """Return the numbers of parts (left, right, number), grouped where their ranges overlap.

    They must share more than a quarter of the narrower one: slanted digits overlap a little.
    """
    groups: list[tuple[int, int, list[int]]] = []
    for left, right, number in sorted(parts):
        if groups:
            first, last, numbers = groups[-1]
            if min(last, right) - left > 0.25 * min(last - first, right - left):
                groups[-1] = (first, max(last, right), [*numbers, number])
                continue
        groups.append((left, right, [number]))
    return [numbers for _, _, numbers in groups]
