"""What is measured: a model behind the inference pipeline, as its users call it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from torch import Tensor

from mnist_core.data.mnist import Split
from mnist_core.evaluation.scorecard.results import ModelSummary
from mnist_core.evaluation.scorecard.sets import StrokeSet
from mnist_core.imaging.images import Picture
from mnist_core.inference.classifier import Classifier
from mnist_core.inference.prediction import Prediction
from mnist_core.models.calibration import UNCALIBRATED
from mnist_core.models.forward import predict_logits
from mnist_core.models.registry import weights_path
from mnist_core.models.shapes import count_parameters
from mnist_core.models.weights import load_weights

BLANK = -1
"""In place of a digit: nothing was predicted."""


@dataclass(frozen=True, eq=False)
class SetPredictions:
    """Predictions for N drawings.

    Attributes
    ----------
    digits : int64 array (N,)
        The most probable digit, or `BLANK`.
    accepted : bool array (N,)
        Whether it is taken for a single digit.
    probabilities : float32 array (N, 10)
    frames : uint8 array (N, 28, 28)
    """

    digits: np.ndarray
    accepted: np.ndarray
    probabilities: np.ndarray
    frames: np.ndarray


class Recogniser(Protocol):
    """One column of the scorecard."""

    summary: ModelSummary
    parameters: int
    file_size: int | None
    reads_rows: bool

    def predict_strokes(self, drawings: StrokeSet) -> SetPredictions:
        """Classify drawings by their strokes."""

    def predict_pictures(self, pictures: Sequence[Picture]) -> SetPredictions:
        """Classify pictures."""

    def predict_split(self, split: Split) -> SetPredictions:
        """Classify images that are frames already."""

    def read_row(self, drawing: Picture | Sequence[np.ndarray]) -> str:
        """Return the digits of a row as text, "?" for one that is refused."""


class ModelRecogniser:
    """Shipped, promoted or other weights. Raises MnistCoreError if they cannot be loaded.

    Parameters
    ----------
    name_or_path : str or path
    name : str
        Of the column.
    """

    reads_rows = True

    def __init__(self, name_or_path: str, name: str) -> None:
        path = weights_path(name_or_path)
        self._model, card = load_weights(path)
        self._classifier = Classifier(
            self._model, name=name, architecture=card.architecture, card=card
        )
        self._calibration = card.calibration or UNCALIBRATED
        self.file_size: int | None = path.stat().st_size
        self.parameters = count_parameters(self._model)
        seed = card.config.get("seed")
        self.summary = ModelSummary(
            name=name,
            architecture=card.architecture,
            seed=seed if isinstance(seed, int) else None,
            command=card.command,
        )

    def predict_strokes(self, drawings: StrokeSet) -> SetPredictions:
        """Classify drawings by their strokes."""
        return _collect(self._classifier.classify_strokes_many(drawings.drawings))

    def predict_pictures(self, pictures: Sequence[Picture]) -> SetPredictions:
        """Classify pictures."""
        return _collect(self._classifier.classify_many(pictures))

    def predict_split(self, split: Split) -> SetPredictions:
        """Classify MNIST's images, which are frames already."""
        logits = predict_logits(self._model, split.images)
        return from_probabilities(self._calibration.probabilities(logits), split.images)

    def read_row(self, drawing: Picture | Sequence[np.ndarray]) -> str:
        """Return the digits of a row as text, "?" for one that is refused."""
        read = [one.prediction for one in self._classifier.read_digits(drawing)]
        return "".join(str(one.digit) if one.is_digit else "?" for one in read)


def from_probabilities(probabilities: Tensor, images: Tensor) -> SetPredictions:
    """Return predictions that refuse nothing, of probabilities (N, 10) and frames in [0, 1]."""
    values = probabilities.numpy()
    return SetPredictions(
        values.argmax(1), np.ones(len(values), bool), values, _as_bytes(images[:, 0].numpy())
    )


def _collect(predictions: Sequence[Prediction]) -> SetPredictions:
    return SetPredictions(
        np.array([BLANK if p.digit is None else p.digit for p in predictions], np.int64),
        np.array([p.is_digit for p in predictions], bool),
        np.stack([p.probabilities for p in predictions]),
        _as_bytes(np.stack([p.frame for p in predictions])),
    )


def _as_bytes(frames: np.ndarray) -> np.ndarray:
    return np.rint(255 * frames).clip(0, 255).astype(np.uint8)
