"""Calibration: from a network's logits to digit probabilities and a digit score.

The logit of "no digit" is fixed at 0 (a softmax over eleven classes does not change when all
logits are shifted), so the log-odds of being a digit are the logsumexp of the ten digits' logits.
Sources: Guo et al. 2017, "On Calibration of Modern Neural Networks" (temperature); Platt 1999,
"Probabilistic Outputs for Support Vector Machines" (scale and offset of the log-odds).

Imports no torch: the calibration is part of a model's card, which programs without torch read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from mnist_core.utils.json_files import JsonModel

if TYPE_CHECKING:
    from torch import Tensor


class LogitCalibration(JsonModel):
    """How logits (B, 10) become probabilities; fitted on validation images and drawings.

    Attributes
    ----------
    temperature : float > 0
        Divisor of the logits in the digits' softmax.
    digit_scale : float > 0 or None
    digit_offset : float or None
        digit_score = sigmoid(digit_scale * logsumexp(logits) + digit_offset). None for a network
        that cannot refuse: its digit score is 1.
    """

    temperature: float = Field(1.0, gt=0)
    digit_scale: float | None = Field(None, gt=0)
    digit_offset: float | None = None

    @model_validator(mode="after")
    def _both_or_neither(self) -> Self:
        if (self.digit_scale is None) != (self.digit_offset is None):
            raise ValueError("digit_scale and digit_offset are given together or not at all")
        return self

    @property
    def can_refuse(self) -> bool:
        """Whether digit scores below 1 are possible."""
        return self.digit_scale is not None

    def probabilities(self, logits: Tensor) -> Tensor:
        """Return the digits' probabilities (B, 10), which sum to 1."""
        return (logits / self.temperature).softmax(1)

    def digit_score(self, logits: Tensor) -> Tensor:
        """Return the probability (B,) that it is a single digit."""
        log_odds = digit_log_odds(logits)
        if self.digit_scale is None or self.digit_offset is None:
            return log_odds.new_ones(log_odds.shape)
        return (self.digit_scale * log_odds + self.digit_offset).sigmoid()


UNCALIBRATED = LogitCalibration()
"""Temperature 1, never refuses."""


def digit_log_odds(logits: Tensor) -> Tensor:
    """Return the log-odds (B,) of being a digit, of logits (B, 10), before calibration."""
    return logits.logsumexp(1)
