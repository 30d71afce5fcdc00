"""Intervals of the scorecard's shares and medians."""

from __future__ import annotations

import numpy as np
import pytest

from mnist_core.evaluation.scorecard.intervals import calibration_error, exact, median, proportion


def test_wilsons_interval() -> None:
    measured = proportion(np.arange(10) < 8)
    assert (measured.value, measured.correct, measured.count) == (0.8, 8, 10)
    # Wilson 1927, as in statsmodels' proportion_confint(8, 10, method="wilson")
    assert measured.low == pytest.approx(0.4901625, abs=1e-6)
    assert measured.high == pytest.approx(0.9433178, abs=1e-6)


def test_the_interval_of_a_calibration_error() -> None:
    rng = np.random.default_rng(0)
    probabilities = np.full((2000, 10), 0.2 / 9)
    probabilities[:, 0] = 0.8
    labels = np.where(rng.random(2000) < 0.7, 0, 1)  # right in 70%, says 80%
    measured = calibration_error(probabilities, labels, seed=0)
    assert measured == calibration_error(probabilities, labels, seed=0)
    assert measured.low < 0.1 < measured.high
    assert measured.high - measured.low == pytest.approx(4 * (0.7 * 0.3 / 2000) ** 0.5, rel=0.3)


def test_the_interval_of_a_median() -> None:
    measured = median(np.random.default_rng(0).permutation(101).astype(float))
    assert measured.value == 50
    assert (measured.low, measured.high) == (40, 60)
    single = median([2.0])
    assert (single.low, single.value, single.high) == (2, 2, 2)
    assert exact(5).low == exact(5).high == 5
