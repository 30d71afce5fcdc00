"""Calibration: expected calibration error and temperature scaling.

Source: Guo, Pleiss, Sun, Weinberger 2017, "On Calibration of Modern Neural Networks".
"""

import math
import statistics
from collections.abc import Callable

import numpy as np
import torch.nn.functional as F
from pydantic import Field
from torch import Tensor

from mnist_core.errors import MnistCoreError
from mnist_core.evaluation.predictions import Predictions
from mnist_core.utils.json_files import JsonModel

BINS = 15
"""Equal-width bins of confidence, as many as in the paper."""
TEMPERATURES = (0.05, 20.0)
"""Range in which a temperature is searched."""


class ReliabilityBin(JsonModel):
    """The images whose confidence lies in (low, high]; mean confidence and accuracy in [0, 1].

    The two are equal if the network is calibrated.
    """

    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)
    count: int = Field(ge=1)
    confidence: float = Field(ge=0, le=1)
    accuracy: float = Field(ge=0, le=1)


class Calibration(JsonModel):
    """Expected calibration error and reliability bins, before and after temperature scaling.

    ece in [0, 1]; bins in order of confidence, without empty ones. Without a temperature (none was
    fitted on validation), temperature, scaled_ece and scaled_loss (mean cross entropy, nats) are
    None and scaled_bins is empty.
    """

    ece: float = Field(ge=0, le=1)
    bins: tuple[ReliabilityBin, ...]
    temperature: float | None = Field(gt=0)
    scaled_ece: float | None = Field(ge=0, le=1)
    scaled_loss: float | None = Field(ge=0)
    scaled_bins: tuple[ReliabilityBin, ...]


def calibrate(predictions: Predictions, temperature: float | None = None) -> Calibration:
    """Return the calibration of predictions.

    Parameters
    ----------
    temperature : float > 0, optional
        Divisor of the logits; fitted on held-out images, see `fit_temperature`.

    Raises
    ------
    MnistCoreError
        If the temperature is not positive and finite.
    """
    scaled_ece = scaled_loss = None
    scaled_bins: tuple[ReliabilityBin, ...] = ()
    if temperature is not None:
        if not (math.isfinite(temperature) and temperature > 0):
            raise MnistCoreError(f"temperature is {temperature}; it must be a number above 0")
        scaled_bins = reliability(predictions.scaled(temperature), predictions.true)
        scaled_ece = expected_calibration_error(scaled_bins)
        scaled_loss = _loss(predictions.logits, predictions.labels, temperature)
    bins = reliability(predictions.probabilities, predictions.true)
    return Calibration(
        ece=expected_calibration_error(bins),
        bins=bins,
        temperature=temperature,
        scaled_ece=scaled_ece,
        scaled_loss=scaled_loss,
        scaled_bins=scaled_bins,
    )


def reliability(
    probabilities: np.ndarray, labels: np.ndarray, bins: int = BINS
) -> tuple[ReliabilityBin, ...]:
    """Return the bins of the reliability diagram that hold images (Guo et al. 2017, section 2).

    Parameters
    ----------
    probabilities : float array (N, C), rows sum to 1
    labels : int array (N,)
    bins : int >= 1
        Bin m of M holds the images whose highest probability lies in ((m - 1) / M, m / M].
    """
    confidence = np.asarray(probabilities, np.float64).max(1)
    correct = np.asarray(probabilities).argmax(1) == labels
    edges = np.linspace(0, 1, bins + 1)
    member = np.digitize(confidence, edges[1:-1], right=True)
    return tuple(
        ReliabilityBin(
            low=edges[index],
            high=edges[index + 1],
            count=int((member == index).sum()),
            # a row may sum to 1 + 1e-16
            confidence=min(1.0, float(confidence[member == index].mean())),
            accuracy=float(correct[member == index].mean()),
        )
        for index in np.unique(member)
    )


def expected_calibration_error(bins: tuple[ReliabilityBin, ...]) -> float:
    """Return the mean gap between confidence and accuracy, weighted by the bins' images.

    Guo et al. 2017, equation 3; in [0, 1].
    """
    gaps = [row.count * abs(row.confidence - row.accuracy) for row in bins]
    return sum(gaps) / sum(row.count for row in bins)


def fit_temperature(*sets: tuple[Tensor, Tensor]) -> float:
    """Return the temperature with the lowest cross entropy of logits / temperature.

    Guo et al. 2017, section 4.2. Above 1, the network is overconfident. The predicted classes stay
    the same. The loss is convex in 1 / temperature: it has one minimum.

    Parameters
    ----------
    sets : (float tensor (N, 10), int64 tensor (N,))
        Logits and labels of held-out images: neither those of training nor those that are reported
        on. Every set counts the same.

    Returns
    -------
    float in 0.05 to 20
        1 if every prediction is correct: then a lower temperature always lowers the loss.
    """
    if all(bool((logits.argmax(1) == labels).all()) for logits, labels in sets):
        return 1.0
    return minimise(
        lambda temperature: statistics.mean(_loss(*one, temperature) for one in sets), TEMPERATURES
    )


def minimise(loss: Callable[[float], float], bounds: tuple[float, float]) -> float:
    """Return the positive number with the lowest loss, searched on a logarithmic scale."""
    from scipy.optimize import minimize_scalar  # slow to import

    found = minimize_scalar(
        lambda logarithm: loss(math.exp(logarithm)),
        bounds=tuple(map(math.log, bounds)),
        method="bounded",
        options={"xatol": 1e-6},
    )
    return math.exp(found.x)


def _loss(logits: Tensor, labels: Tensor, temperature: float) -> float:
    return F.cross_entropy(logits.detach().double() / temperature, labels).item()
