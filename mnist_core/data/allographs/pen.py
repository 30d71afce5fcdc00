"""A random pen: the primitives from which templates draw strokes.

Coordinates are x to the right and y downwards; a digit is one unit high.
"""

from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Stroke = np.ndarray
"""Pen positions (N, 2) as (x, y), float64."""
Drawing = list[Stroke]
Point = tuple[float, float]
T = TypeVar("T")

_STEP = 0.05  # distance between two pen positions on a curve, in digit heights


class Pen:
    """Draws strokes whose points vary at random.

    Parameters
    ----------
    rng : numpy.random.Generator
    jitter : float
        Standard deviation of each control point, in digit heights.
    """

    def __init__(self, rng: np.random.Generator, jitter: float = 0.03) -> None:
        self.rng = rng
        self.jitter = jitter

    def between(self, low: float, high: float) -> float:
        """Return a uniform random number."""
        return low + (high - low) * self.rng.random()

    def chance(self, probability: float) -> bool:
        """Return True with this probability."""
        return self.rng.random() < probability

    def choose(self, options: Sequence[T], weights: Sequence[float] | None = None) -> T:
        """Return one option, with probabilities proportional to `weights`."""
        if weights is None:
            return options[int(self.rng.random() * len(options))]
        limits = np.cumsum(weights)
        index = int(np.searchsorted(limits, self.rng.random() * limits[-1], side="right"))
        return options[min(index, len(options) - 1)]

    def curve(self, *points: Point) -> Stroke:
        """Return a cubic spline through the points, with jitter (centripetal parametrisation)."""
        knots = self._jittered(points)
        length = np.hypot(*np.diff(knots, axis=0).T)
        keep = np.concatenate([[True], length > 1e-6])
        knots, length = knots[keep], length[keep[1:]]
        if len(knots) < 3:
            return knots
        parameter = np.concatenate([[0.0], np.cumsum(np.sqrt(length))])
        samples = max(3, int(length.sum() / _STEP) + 1)
        return _natural_spline(parameter, knots, np.linspace(0, parameter[-1], samples))

    def line(self, *points: Point) -> Stroke:
        """Return a polyline through the points, with jitter; its corners are sometimes rounded."""
        corners = self._jittered(points)
        if len(corners) < 3 or self.chance(0.5):
            return corners
        cut = self.between(0.1, 0.35)
        middle = corners[1:-1]
        before = middle + cut * (corners[:-2] - middle)
        after = middle + cut * (corners[2:] - middle)
        rounded = np.stack([before, (before + after + 2 * middle) / 4, after], 1).reshape(-1, 2)
        return np.concatenate([corners[:1], rounded, corners[-1:]])

    def arc(
        self,
        centre: Point,
        radii: Point,
        start: float,
        sweep: float,
        growth: float = 1.0,
    ) -> Stroke:
        """Return an elliptic arc from angle `start` over `sweep` degrees, both clockwise from the
        right; its radii grow linearly to `growth` times their size."""
        samples = max(6, int(abs(np.radians(sweep)) * max(radii) / _STEP) + 1)
        t = np.linspace(0, 1, samples)
        angle = np.radians(start + sweep * t)
        size = (1 + (growth - 1) * t)[:, None]
        around = np.stack([np.cos(angle) * radii[0], np.sin(angle) * radii[1]], 1)
        return np.asarray(centre) + self.rng.normal(0, self.jitter, 2) + size * around

    def _jittered(self, points: Sequence[Point]) -> np.ndarray:
        return np.asarray(points, float) + self.rng.normal(0, self.jitter, (len(points), 2))


def _natural_spline(parameter: np.ndarray, knots: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Return the points (M, 2) at `at` of the natural cubic spline through knots (N, 2).

    As scipy's CubicSpline, whose checks of its arguments took a sixth of the time of a drawing.
    """
    step = np.diff(parameter)[:, None]
    slope = np.diff(knots, axis=0) / step
    inner = step[1:-1, 0]
    matrix = np.diag(2 * (step[:-1] + step[1:])[:, 0]) + np.diag(inner, 1) + np.diag(inner, -1)
    second = np.zeros_like(knots)  # second derivatives: 0 at both ends
    second[1:-1] = np.linalg.solve(matrix, 6 * np.diff(slope, axis=0))
    piece = np.clip(np.searchsorted(parameter, at, side="right") - 1, 0, len(step) - 1)
    x, h = (at - parameter[piece])[:, None], step[piece]
    first = slope[piece] - h * (2 * second[piece] + second[piece + 1]) / 6
    third = (second[piece + 1] - second[piece]) / h
    return knots[piece] + x * (first + x * (second[piece] / 2 + x * third / 6))


def join(*strokes: Stroke) -> Stroke:
    """Return strokes drawn without lifting the pen."""
    return np.concatenate(strokes)
