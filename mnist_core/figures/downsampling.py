"""Fewer points that look the same, and smoothing."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from mnist_core.errors import MnistCoreError

if TYPE_CHECKING:
    from mnist_core.runs.metric_log import Series

MAX_POINTS = 2_000
"""Most points of a line that is drawn; a screen has no more columns."""


def downsample(series: Series, limit: int = MAX_POINTS) -> Series:
    """Return at most `limit` points that look the same: both ends, and each bucket's extremes.

    A single spike among 100,000 points stays. A series that is short enough is returned as it is.

    Raises
    ------
    MnistCoreError
        If limit is below 4.
    """
    if limit < 4:
        raise MnistCoreError(f"limit is {limit}; it must be at least 4")
    values = np.asarray(series.values)
    if len(values) <= limit:
        return series
    # argmin and argmax would return NaN
    low, high = np.nan_to_num(values, nan=np.inf), np.nan_to_num(values, nan=-np.inf)
    kept = [0, len(values) - 1]
    for bucket in np.array_split(np.arange(1, len(values) - 1), (limit - 2) // 2):
        kept += [bucket[low[bucket].argmin()], bucket[high[bucket].argmax()]]
    index = np.unique(kept)
    return dataclasses.replace(series, steps=np.asarray(series.steps)[index], values=values[index])


def smooth(series: Series, weight: float) -> Series:
    """Return an exponential moving average with bias correction (as in TensorBoard).

    A value is the mean since the point before it, and weighs as much as that is long: the few steps
    between the last report of an epoch and its end make no stair.

    Parameters
    ----------
    weight : float in [0, 1)
        Weight of the past. Values that are not finite are skipped and stay.

    Raises
    ------
    MnistCoreError
        If the weight is outside this range.
    """
    if not 0 <= weight < 1:
        raise MnistCoreError(f"smoothing is {weight}; it must be at least 0 and below 1")
    from pandas import Series as Column  # slow to import

    def weighted_sums(column: np.ndarray) -> np.ndarray:
        return Column(column).ewm(alpha=1 - weight, adjust=True).mean().to_numpy()

    values = np.array(series.values, np.float64)
    finite = np.isfinite(values)
    lengths = _lengths(series.steps)[finite]
    values[finite] = weighted_sums(values[finite] * lengths) / weighted_sums(lengths)
    return dataclasses.replace(series, values=values)


def _lengths(steps: np.ndarray) -> np.ndarray:
    """Return how far each point is from the one before, at least a little; the first as the second.

    All of them 1 for less than two points.
    """
    if len(steps) < 2:
        return np.ones(len(steps))
    lengths = np.diff(np.asarray(steps, np.float64))
    lengths = np.insert(lengths, 0, lengths[0])
    return np.maximum(lengths, 1e-6 * max(1.0, lengths.max()))
