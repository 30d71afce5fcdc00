"""Is a network as sure as it should be? Expected calibration error and temperature scaling.

Source: Guo, Pleiss, Sun, Weinberger 2017, "On Calibration of Modern Neural Networks".
"""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from mnist_core.errors import MnistCoreError

BINS = 15
"""Equal-width bins of confidence, as many as in the paper."""
TEMPERATURES = (0.05, 20.0)
"""Where a temperature is looked for."""


class ReliabilityBin(BaseModel):
    """The images whose confidence lies in (low, high].

    count is at least 1; confidence (mean) and accuracy in [0, 1]. A calibrated network has both
    equal.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    low: float = Field(ge=0, le=1)
    high: float = Field(ge=0, le=1)
    count: int = Field(ge=1)
    confidence: float = Field(ge=0, le=1)
    accuracy: float = Field(ge=0, le=1)


class Calibration(BaseModel):
    """Expected calibration error and reliability bins, as is and after temperature scaling.

    ece in [0, 1]; bins in order of confidence, empty ones left out. Where no temperature is known
    (nothing was fitted on validation), temperature, scaled_ece and scaled_loss (mean cross
    entropy, nats) are None and scaled_bins is empty.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    ece: float = Field(ge=0, le=1)
    bins: tuple[ReliabilityBin, ...]
    temperature: float | None = Field(gt=0)
    scaled_ece: float | None = Field(ge=0, le=1)
    scaled_loss: float | None = Field(ge=0)
    scaled_bins: tuple[ReliabilityBin, ...]


def calibrate(logits: Tensor, labels: Tensor, temperature: float | None = None) -> Calibration:
    """Return the calibration of logits (N, C) for labels (N,) int64.

    Parameters
    ----------
    temperature : float > 0, optional
        What the logits are divided by; fitted on held-out images, see `fit_temperature`.

    Raises
    ------
    MnistCoreError
        If there are no images, the logits are not finite or the temperature is not positive.
    """
    check_logits(logits, labels)
    logits, labels = logits.detach().cpu().double(), labels.cpu()
    before = logits.softmax(1).numpy()
    scaled_ece = scaled_loss = None
    scaled_bins: tuple[ReliabilityBin, ...] = ()
    if temperature is not None:
        if not (math.isfinite(temperature) and temperature > 0):
            raise MnistCoreError(f"temperature is {temperature}; it must be a number above 0")
        after = (logits / temperature).softmax(1).numpy()
        scaled_ece = expected_calibration_error(after, labels.numpy())
        scaled_loss = F.cross_entropy(logits / temperature, labels).item()
        scaled_bins = reliability(after, labels.numpy())
    return Calibration(
        ece=expected_calibration_error(before, labels.numpy()),
        bins=reliability(before, labels.numpy()),
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
    right = np.asarray(probabilities).argmax(1) == labels
    edges = np.linspace(0, 1, bins + 1)
    member = np.digitize(confidence, edges[1:-1], right=True)
    return tuple(
        ReliabilityBin(
            low=edges[index],
            high=edges[index + 1],
            count=int((member == index).sum()),
            # a row may sum to 1 + 1e-16
            confidence=min(1.0, float(confidence[member == index].mean())),
            accuracy=float(right[member == index].mean()),
        )
        for index in np.unique(member)
    )


def expected_calibration_error(
    probabilities: np.ndarray, labels: np.ndarray, bins: int = BINS
) -> float:
    """Return the mean gap between confidence and accuracy over bins, weighted by their images.

    Guo et al. 2017, equation 3. Parameters as for `reliability`; in [0, 1].
    """
    gaps = [
        row.count * abs(row.confidence - row.accuracy)
        for row in reliability(probabilities, labels, bins)
    ]
    return sum(gaps) / len(labels)


def fit_temperature(logits: Tensor, labels: Tensor) -> float:
    """Return the temperature with the least cross entropy of logits / temperature.

    Guo et al. 2017, section 4.2. Above 1 the network was overconfident. Which class is the most
    probable never changes. The loss has one minimum: it is convex in 1 / temperature.

    Parameters
    ----------
    logits : float tensor (N, C)
        Of held-out images: neither those of training nor those that are reported on.
    labels : int64 tensor (N,)

    Returns
    -------
    float in 0.05 to 20
        1 if every image is right: then the loss falls with the temperature for ever.

    Raises
    ------
    MnistCoreError
        If there are no images or the logits are not finite.
    """
    from scipy.optimize import minimize_scalar  # slow to import

    check_logits(logits, labels)
    logits, labels = logits.detach().cpu().double(), labels.cpu()
    if torch.equal(logits.argmax(1), labels):
        return 1.0

    def loss(log_temperature: float) -> float:
        return F.cross_entropy(logits / math.exp(log_temperature), labels).item()

    low, high = map(math.log, TEMPERATURES)
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": 1e-6})
    return math.exp(found.x)


def check_logits(logits: Tensor, labels: Tensor) -> None:
    """Raise MnistCoreError unless logits (N, C) are finite and labels (N,) fit; N at least 1."""
    if not len(labels):
        raise MnistCoreError("there are no images to score; give a split that has some")
    if logits.ndim != 2 or len(logits) != len(labels):
        raise MnistCoreError(
            f"logits of shape {tuple(logits.shape)} for {len(labels)} labels; "
            "the network must give one row of logits for each image"
        )
    if not torch.isfinite(logits).all():
        raise MnistCoreError("the network's logits hold NaN or infinity; train it anew")
    if labels.min() < 0 or labels.max() >= logits.shape[1]:
        raise MnistCoreError(
            f"labels lie in {labels.min()} to {labels.max()}, but there are "
            f"{logits.shape[1]} logits for each image"
        )
