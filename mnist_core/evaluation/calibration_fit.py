"""Fitting of a network's calibration: temperature, and scale and offset of its digit score."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mnist_core.data.allographs import NON_DIGIT
from mnist_core.errors import MnistCoreError
from mnist_core.evaluation.calibration import (
    expected_calibration_error,
    fit_temperature,
    minimise,
    reliability,
)
from mnist_core.models.calibration import LogitCalibration, digit_log_odds

KEEP = 0.97
"""Share of each source's digits that the digit score accepts."""

_SCALES = (0.01, 20.0)  # range in which the scale of the log-odds is searched


@dataclass(frozen=True, eq=False)
class CalibrationSource:
    """A network's logits for one kind of validation data.

    Attributes
    ----------
    name : str
    logits : float Tensor (N, 10)
    labels : int array (N,)
        Digits, or `NON_DIGIT`.
    """

    name: str
    logits: Tensor
    labels: np.ndarray

    @property
    def is_digit(self) -> np.ndarray:
        """Bool array (N,)."""
        return self.labels != NON_DIGIT

    def calibration_error(self, calibration: LogitCalibration) -> float | None:
        """Return the expected calibration error of the digits' probabilities; None: no digits."""
        if not self.is_digit.any():
            return None
        logits = self.logits[self.is_digit].double()
        probabilities = calibration.probabilities(logits).cpu().numpy()
        return expected_calibration_error(reliability(probabilities, self.labels[self.is_digit]))

    def accepted(self, calibration: LogitCalibration, *, digits: bool) -> float | None:
        """Return the share of digits (or of non-digits) that is accepted; None: there are none."""
        chosen = self.is_digit == digits
        if not chosen.any():
            return None
        score = calibration.digit_score(self.logits[chosen].double())
        return float((score >= 0.5).double().mean())


def fit_calibration(
    sources: Sequence[CalibrationSource], *, keep: float = KEEP, refuses: bool = True
) -> LogitCalibration:
    """Return the calibration with the lowest cross entropy; every source counts the same.

    The digit score's offset is not free: the score is 0.5 where of each source at least the share
    `keep` of its digits lies above it. Its scale then has the lowest cross entropy of digit or not.

    Parameters
    ----------
    sources : sequence of CalibrationSource
        Of held-out data. At least one has digits; if it refuses, at least one has non-digits.
    keep : float in (0, 1)
    refuses : bool
        False for a network that was not trained with non-digits: only its temperature is fitted.

    Raises
    ------
    MnistCoreError
        If `keep` is out of range, digits or non-digits are missing, or logits are not finite.
    """
    if not 0 < keep < 1:
        raise MnistCoreError(f"keep is {keep}; it must lie between 0 and 1")
    if not all(bool(source.logits.isfinite().all()) for source in sources):
        raise MnistCoreError("the network's logits are NaN or infinite; train it again")
    with_digits = [source for source in sources if source.is_digit.any()]
    if not with_digits:
        raise MnistCoreError("there are no digits to calibrate on")
    temperature = fit_temperature(*map(_digits, with_digits))
    if not refuses:
        return LogitCalibration(temperature=temperature)
    digits = [_log_odds(source, digits=True) for source in with_digits]
    others = [_log_odds(s, digits=False) for s in sources if not s.is_digit.all()]
    if not others:
        raise MnistCoreError("there are no drawings of non-digits to calibrate on")
    threshold = min(float(np.quantile(odds, 1 - keep, method="lower")) for odds in digits)

    def loss(scale: float) -> float:
        # log(1 + exp(-z)) of digits and log(1 + exp(z)) of others, each half of the total
        accepted = [np.logaddexp(0, -scale * (odds - threshold)).mean() for odds in digits]
        refused = [np.logaddexp(0, scale * (odds - threshold)).mean() for odds in others]
        return float(np.mean(accepted) + np.mean(refused))

    scale = minimise(loss, _SCALES)
    return LogitCalibration(
        temperature=temperature, digit_scale=scale, digit_offset=-scale * threshold
    )


def _digits(source: CalibrationSource) -> tuple[Tensor, Tensor]:
    """Return the logits and labels of a source's digits."""
    labels = torch.from_numpy(source.labels[source.is_digit]).to(source.logits.device)
    return source.logits[source.is_digit], labels


def _log_odds(source: CalibrationSource, *, digits: bool) -> np.ndarray:
    return digit_log_odds(source.logits[source.is_digit == digits].double()).cpu().numpy()
