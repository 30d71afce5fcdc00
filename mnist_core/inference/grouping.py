"""Grouping of the parts of a row (strokes, or components of ink) into digits.

The parts are ordered from left to right; a digit is a run of neighbours. Of all ways to cut the
row, the one with the lowest total cost is chosen by dynamic programming (as in segmentation-based
recognition of numerals, e.g. Matan et al. 1991, "Multi-digit recognition using a space displacement
neural network"). The cost of a digit is how little it looks like one, plus the gaps inside it and
its width; the cost of a cut is the overlap of the digits on both sides of it. Parts that touch are
not cut apart: an H is no row of three ones, and digits that touch are refused.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

MAX_PARTS = 5
"""Most parts of one digit, unless it is the whole row."""

MAX_ROW_PARTS = 60
"""Parts of a row with more parts are joined across the smallest gaps first."""

MERGE_OVERLAP = 0.6
"""Parts whose horizontal extents overlap by this share of the narrower one are one part."""

_GAP_COST = 3.0  # per gap of a row's height inside a digit
_OVERLAP_COST = 5.0  # per overlap of a row's height between two digits
_DIGIT_COST = 0.3  # of each digit: of two ways to read a row, the one with fewer digits
_WIDE_COST = 1.0  # per row's height that a digit of several parts is wider than high
_TOUCH_COST = 20.0  # of a cut between parts that touch: more than any other
_NARROWEST = 0.1  # of the row's height: the width that a vertical line counts as


class Box(NamedTuple):
    """A bounding box in the unit of the drawing or in pixels of the picture, y downwards."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Its horizontal extent."""
        return self.right - self.left

    @property
    def height(self) -> float:
        """Its vertical extent."""
        return self.bottom - self.top

    def union(self, other: Box) -> Box:
        """Return the smallest box around both."""
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


class Part(NamedTuple):
    """Things that belong together: their indices in the drawing, and their box."""

    indices: tuple[int, ...]
    box: Box

    def joined(self, other: Part) -> Part:
        """Return both as one part."""
        return Part(tuple(sorted((*self.indices, *other.indices))), self.box.union(other.box))


def row_parts(boxes: Sequence[Box]) -> list[Part]:
    """Return the parts of a row from left to right; boxes that overlap horizontally are merged."""
    parts = [Part((index,), box) for index, box in enumerate(boxes)]
    narrowest = _NARROWEST * row_height(parts)
    count = 0
    while count != len(parts):
        count = len(parts)
        parts = _merge_overlapping(parts, narrowest)
    parts.sort(key=lambda part: part.box.left + part.box.right)
    while len(parts) > MAX_ROW_PARTS:
        at = min(range(len(parts) - 1), key=lambda i: _gap(parts[i].box, parts[i + 1].box))
        parts[at : at + 2] = [parts[at].joined(parts[at + 1])]
    return parts


def _merge_overlapping(parts: list[Part], narrowest: float) -> list[Part]:
    """One pass from left to right; a merged part may overlap others, so passes are repeated."""
    merged: list[Part] = []
    for part in sorted(parts, key=lambda part: part.box.left):
        for index, other in enumerate(merged):
            if _overlap_share(other.box, part.box, narrowest) >= MERGE_OVERLAP:
                merged[index] = other.joined(part)
                break
        else:
            merged.append(part)
    return merged


def _overlap_share(one: Box, other: Box, narrowest: float) -> float:
    """Return the overlap of two horizontal extents relative to the narrower one."""
    wide = [_widened(box, narrowest) for box in (one, other)]
    # far from the origin, widening a box may be lost to rounding
    return -_gap(*wide) / max(narrowest, min(box.width for box in wide))


def _widened(box: Box, narrowest: float) -> Box:
    missing = max(0.0, narrowest - box.width) / 2
    return box._replace(left=box.left - missing, right=box.right + missing)


def _gap(left: Box, right: Box) -> float:
    """Return the horizontal gap between two boxes; below 0 where they overlap."""
    return max(left.left, right.left) - min(left.right, right.right)


def row_height(parts: Sequence[Part]) -> float:
    """Return the height of the tallest part, or the width of the widest where all are flat."""
    tallest = max((part.box.height for part in parts), default=0.0)
    widest = max((part.box.width for part in parts), default=0.0)
    return max(tallest, 0.2 * widest, 1e-9)


def candidates(count: int) -> list[tuple[int, int]]:
    """Return the runs (first, end) of parts that may be a digit; the whole row is one of them."""
    runs = [
        (first, end)
        for first in range(count)
        for end in range(first + 1, min(first + MAX_PARTS, count) + 1)
    ]
    whole = (0, count)
    return runs if whole in runs or not count else [*runs, whole]


def best_runs(
    parts: Sequence[Part],
    qualities: dict[tuple[int, int], float],
    touching: Collection[tuple[int, int]] = (),
) -> list[tuple[int, int]]:
    """Return the runs into which a row is cut, from left to right.

    Parameters
    ----------
    parts : sequence of Part
        From left to right.
    qualities : dict
        Of each run of `candidates`, the probability that it is one digit, in (0, 1].
    touching : collection of (int, int)
        Parts that touch each other, the left one first.
    """
    height = row_height(parts)
    best: list[tuple[float, int]] = [(0.0, 0)] + [(math.inf, 0)] * len(parts)
    for (first, end), quality in sorted(qualities.items(), key=lambda item: item[0][1]):
        box = _box(parts[first:end])
        cost = best[first][0] + _DIGIT_COST - math.log(quality)
        cost += _gap_cost(parts, first, end, height)
        if end - first > 1:
            cost += _WIDE_COST * max(0.0, box.width - box.height) / height
        if first:
            cost += _OVERLAP_COST * max(0.0, -_gap(_box(parts[:first]), box)) / height
            cost += _TOUCH_COST * any(i < first <= j < end for i, j in touching)
        best[end] = min(best[end], (cost, first))
    runs, end = [], len(parts)
    while end:
        first = best[end][1]
        runs.append((first, end))
        end = first
    return runs[::-1]


def _gap_cost(parts: Sequence[Part], first: int, end: int, height: float) -> float:
    gaps = 0.0
    right = parts[first].box.right if first < end else 0.0
    for part in parts[first + 1 : end]:
        gaps += max(0.0, part.box.left - right)
        right = max(right, part.box.right)
    return _GAP_COST * gaps / height


def _box(parts: Sequence[Part]) -> Box:
    return functools.reduce(Box.union, (part.box for part in parts))


def run_part(parts: Sequence[Part], run: tuple[int, int]) -> Part:
    """Return the parts of a run as one part."""
    return functools.reduce(Part.joined, parts[slice(*run)])
