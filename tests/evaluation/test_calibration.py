"""Calibration error and temperature scaling."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from support.evaluations import predictions_of, random_predictions

from mnist_core import MnistCoreError
from mnist_core.evaluation.calibration import (
    BINS,
    calibrate,
    expected_calibration_error,
    fit_temperature,
    reliability,
)
from mnist_core.evaluation.predictions import Predictions

THREE = np.array([[0.85, 0.15], [0.13, 0.87], [0.65, 0.35]])


def test_calibration_error_of_a_worked_example() -> None:
    bins = reliability(THREE, np.array([0, 0, 0]), bins=10)  # correct, wrong, correct
    low, high = bins
    assert (low.count, low.accuracy) == (1, 1.0)
    assert (low.low, low.high, low.confidence) == pytest.approx((0.6, 0.7, 0.65))
    assert (high.count, high.accuracy) == (2, 0.5)
    assert (high.low, high.high, high.confidence) == pytest.approx((0.8, 0.9, 0.86))
    # 2/3 of |0.86 - 0.5| and 1/3 of |0.65 - 1|
    assert expected_calibration_error(bins) == pytest.approx(2 / 3 * 0.36 + 1 / 3 * 0.35)


def test_a_confidence_on_an_edge_belongs_to_the_lower_bin() -> None:
    rows = reliability(np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([0, 0]), bins=2)
    assert [(row.low, row.high, row.count) for row in rows] == [(0.0, 0.5, 1), (0.5, 1.0, 1)]


def test_bins_are_those_of_scikit_learn() -> None:
    predictions = random_predictions()
    correct = predictions.predicted == predictions.true
    confidence = predictions.probabilities.max(1)
    accuracy, confidence = calibration_curve(correct, confidence, n_bins=BINS)
    bins = calibrate(predictions).bins
    assert [row.accuracy for row in bins] == pytest.approx(accuracy.tolist())
    assert [row.confidence for row in bins] == pytest.approx(confidence.tolist())
    assert sum(row.count for row in bins) == len(predictions)


def calibrated_predictions(seed: int, factor: float, count: int) -> Predictions:
    """Labels are drawn from the probabilities; the logits are multiplied by a factor."""
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(count, 10, generator=generator, dtype=torch.float64)
    labels = torch.multinomial(logits.softmax(1), 1, generator=generator).flatten()
    return Predictions(factor * logits, labels)


@given(seed=st.integers(0, 1000), factor=st.floats(0.3, 5))
def test_the_temperature_is_the_factor_of_the_logits(seed: int, factor: float) -> None:
    predictions = calibrated_predictions(seed, factor, 3000)
    temperature = fit_temperature((predictions.logits, predictions.labels))
    assert temperature == pytest.approx(factor, rel=0.1)


@given(seed=st.integers(0, 1000), factor=st.floats(1.5, 6))
def test_scaling_improves_an_overconfident_network(seed: int, factor: float) -> None:
    predictions = calibrated_predictions(seed, factor, 500)
    temperature = fit_temperature((predictions.logits, predictions.labels))
    calibration = calibrate(predictions, temperature)
    assert temperature > 1
    assert calibration.scaled_ece < calibration.ece
    assert calibration.scaled_loss < F.cross_entropy(predictions.logits, predictions.labels)
    assert np.array_equal(predictions.scaled(temperature).argmax(1), predictions.predicted)


def test_a_given_temperature_is_used() -> None:
    predictions = predictions_of([3, 4, 5, 6], [3, 9, 5, 6])
    calibration = calibrate(predictions, 2.5)
    expected = F.cross_entropy(predictions.logits / 2.5, predictions.labels).item()
    assert calibration.temperature == 2.5
    assert calibration.scaled_loss == pytest.approx(expected)


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
def test_invalid_temperatures(temperature: float) -> None:
    with pytest.raises(MnistCoreError, match="temperature"):
        calibrate(predictions_of([3], [3]), temperature)
