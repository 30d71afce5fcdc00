"""Fitting of temperature and digit score."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from mnist_core import MnistCoreError
from mnist_core.data.allographs import NON_DIGIT
from mnist_core.evaluation.calibration_fit import CalibrationSource, fit_calibration
from mnist_core.models.calibration import UNCALIBRATED


def source(
    seed: int, count: int = 4000, *, factor: float = 1.0, shift: float = 0.0, digits: bool = True
) -> CalibrationSource:
    """Labels are drawn from the probabilities; the logits are multiplied by a factor, then shifted:
    a shift changes the log-odds of being a digit, and no probability of a digit."""
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(count, 10, generator=generator, dtype=torch.float64)
    labels = torch.multinomial(logits.softmax(1), 1, generator=generator).flatten().numpy()
    if not digits:
        labels = np.full(count, NON_DIGIT)
    return CalibrationSource("made", factor * logits + shift, labels)


def test_the_temperature_undoes_a_factor() -> None:
    for factor in (0.4, 1.0, 2.5):
        found = fit_calibration([source(0, factor=factor)], refuses=False)
        assert found.temperature == pytest.approx(factor, rel=0.05)
        assert not found.can_refuse


def test_calibration_lowers_the_calibration_error() -> None:
    made = source(1, factor=2.0)
    fitted = fit_calibration([made], refuses=False)
    assert made.calibration_error(fitted) < 0.03 < made.calibration_error(UNCALIBRATED)


@pytest.mark.parametrize("keep", [0.9, 0.97, 0.995])
def test_each_kind_of_digits_is_kept(keep: float) -> None:
    easy, hard = source(2, shift=6), source(3, shift=2)
    others = source(9, shift=-4, digits=False)
    calibration = fit_calibration([easy, hard, others], keep=keep)
    assert calibration.digit_scale > 0
    assert hard.accepted(calibration, digits=True) == pytest.approx(keep, abs=0.001)
    assert easy.accepted(calibration, digits=True) > keep
    assert others.accepted(calibration, digits=False) < 0.1
    assert hard.accepted(calibration, digits=False) is None
    assert others.accepted(calibration, digits=True) is None
    assert others.calibration_error(calibration) is None


def test_the_digit_score_is_the_share_of_digits() -> None:
    """The log-odds overlap; among drawings of one score, the share of digits is that score."""
    generator = torch.Generator().manual_seed(4)
    odds = torch.randn(40_000, generator=generator, dtype=torch.float64) * 3
    is_digit = torch.rand(len(odds), generator=generator) < (2 * odds).sigmoid()
    logits = torch.full((len(odds), 10), -30.0, dtype=torch.float64)
    logits[:, 0] = odds
    labels = np.where(is_digit, 0, NON_DIGIT)
    # the threshold that keeps this share of digits is where digits and others are equally many
    keep = float((odds[is_digit] > 0).double().mean())
    calibration = fit_calibration([CalibrationSource("made", logits, labels)], keep=keep)
    score = calibration.digit_score(logits)
    for low in (0.1, 0.3, 0.5, 0.7):
        inside = (score > low) & (score < low + 0.2)
        assert is_digit[inside].double().mean() == pytest.approx(low + 0.1, abs=0.05)


def test_every_source_counts_the_same() -> None:
    few, many = source(5, 500, factor=2.0), source(6, 20_000, factor=1.0)
    both = fit_calibration([few, many], refuses=False).temperature
    assert 1.2 < both < 1.8


def test_predictions_without_errors_keep_temperature_1() -> None:
    logits = 5 * torch.eye(10)
    made = CalibrationSource("made", logits, np.arange(10))
    assert fit_calibration([made], refuses=False).temperature == 1.0


def test_unusable_validation_data() -> None:
    digits, others = source(7, 50), source(8, 50, digits=False)
    for keep in (0.0, 1.0, -1.0, float("nan")):
        with pytest.raises(MnistCoreError, match="keep"):
            fit_calibration([digits, others], keep=keep)
    with pytest.raises(MnistCoreError, match="no digits"):
        fit_calibration([others])
    with pytest.raises(MnistCoreError, match="non-digits"):
        fit_calibration([digits])
    broken = CalibrationSource("broken", torch.full((3, 10), torch.nan), np.arange(3))
    with pytest.raises(MnistCoreError, match="NaN"):
        fit_calibration([digits, broken, others])
