"""95% intervals: of proportions, of calibration errors and of medians."""

from collections.abc import Sequence

import numpy as np

from mnist_core.evaluation.calibration import expected_calibration_error, reliability
from mnist_core.evaluation.scorecard.results import Measurement

_RESAMPLES = 200


def wilson_interval(hits: int, count: int) -> tuple[float, float]:
    """Return Wilson's 95% interval of a proportion; (0, 1) of nothing."""
    from scipy.stats import binomtest  # slow to import

    if not count:
        return 0.0, 1.0
    interval = binomtest(hits, count).proportion_ci(method="wilson")
    return float(interval.low), float(interval.high)


def proportion(correct: np.ndarray) -> Measurement:
    """Return the share of True in a bool array (N,), with Wilson's interval."""
    hits, count = int(correct.sum()), len(correct)
    low, high = wilson_interval(hits, count)
    return Measurement(value=hits / count, low=low, high=high, count=count, correct=hits)


def calibration_error(probabilities: np.ndarray, labels: np.ndarray, seed: int) -> Measurement:
    """Return the expected calibration error, with the interval of a basic bootstrap.

    The plug-in estimate is biased upwards, and a percentile interval would be even more so.

    Parameters
    ----------
    probabilities : float array (N, 10)
    labels : int array (N,)
    seed : int
        Of the resampling.
    """
    value = _ece(probabilities, labels)
    rng = np.random.default_rng(seed)
    resampled = [
        _ece(probabilities[index], labels[index])
        for index in rng.integers(len(labels), size=(_RESAMPLES, len(labels)))
    ]
    low, high = np.quantile(resampled, (0.025, 0.975))
    return Measurement(
        value=value,
        low=max(0.0, 2 * value - float(high)),
        high=max(value, 2 * value - float(low)),
        count=len(labels),
    )


def median(values: Sequence[float]) -> Measurement:
    """Return the median, with the interval between the order statistics that hold it."""
    from scipy.stats import binom

    ordered = np.sort(np.asarray(values, np.float64))
    count = len(ordered)
    low, high = (int(binom.ppf(p, count, 0.5)) for p in (0.025, 0.975))
    return Measurement(
        value=float(np.median(ordered)),
        low=float(ordered[max(low - 1, 0)]),
        high=float(ordered[min(high, count - 1)]),
        count=count,
    )


def exact(value: float) -> Measurement:
    """Return a number that is counted, not estimated."""
    return Measurement(value=value, low=value, high=value, count=1)


def _ece(probabilities: np.ndarray, labels: np.ndarray) -> float:
    return expected_calibration_error(reliability(probabilities, labels))
