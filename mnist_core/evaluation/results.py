"""The evaluation of a network on a split, as it is stored."""

from __future__ import annotations

import dataclasses
from typing import Annotated

import numpy as np
from pydantic import Field, model_validator
from typing_extensions import TypedDict

from mnist_core.errors import MnistCoreError
from mnist_core.evaluation.calibration import Calibration
from mnist_core.evaluation.predictions import Predictions
from mnist_core.models.network import NUM_CLASSES
from mnist_core.utils.json_files import JsonModel

_ROUNDING = 1e-3
"""Largest share of images whose prediction may differ from one device to another."""

_Digit = Annotated[int, Field(ge=0, lt=NUM_CLASSES)]
_Count = Annotated[int, Field(ge=0)]
_Share = Annotated[float, Field(ge=0, le=1)]
_TEN = Field(min_length=NUM_CLASSES, max_length=NUM_CLASSES)
ConfusionCounts = Annotated[tuple[Annotated[tuple[_Count, ...], _TEN], ...], _TEN]


class ClassScores(TypedDict):
    """One digit's scores in [0, 1] (0 where a denominator is 0) and number of images."""

    precision: _Share
    recall: _Share
    f1: _Share
    support: _Count


class Confusion(JsonModel):
    """Images of one digit predicted as another; rate is their share of the digit's images."""

    true: _Digit
    predicted: _Digit
    count: _Count
    rate: _Share


class ConfusedPair(JsonModel):
    """Two digits and how often each was predicted as the other; first < second."""

    first: _Digit
    second: _Digit
    first_as_second: _Count
    second_as_first: _Count

    @property
    def total(self) -> int:
        """Both directions together."""
        return self.first_as_second + self.second_as_first


class Misclassified(JsonModel):
    """A misclassified image: its index in the split and its ten probabilities."""

    index: _Count
    label: _Digit
    predicted: _Digit
    probabilities: Annotated[tuple[_Share, ...], _TEN]

    @property
    def confidence(self) -> float:
        """Probability of the predicted digit."""
        return self.probabilities[self.predicted]


class Evaluation(JsonModel):
    """Scores of a network on a split; stored as JSON.

    Attributes
    ----------
    split : str
        Name of the split: "validation", "test" or any other.
    images : int
    accuracy : float in [0, 1]
    loss : float
        Mean cross entropy in nats.
    per_class : dict
        "0".."9" to precision, recall, f1 and support.
    confusion : tuple of tuples
        confusion[true][predicted] counts images.
    pairs : tuple of Confusion
        4 and 9, 3 and 8, 1 and 7, each in both directions.
    most_confused : tuple of ConfusedPair
        The (at most ten) pairs with the most errors, most first; ties in the order of the digits.
    calibration : Calibration
    misclassified : tuple of Misclassified
        Every misclassified image, the most confident first.
    """

    split: str
    images: int = Field(ge=1)
    accuracy: _Share
    loss: float = Field(ge=0)
    per_class: dict[str, ClassScores]
    confusion: ConfusionCounts
    pairs: tuple[Confusion, ...]
    most_confused: tuple[ConfusedPair, ...]
    calibration: Calibration
    misclassified: tuple[Misclassified, ...]

    @model_validator(mode="after")
    def _check_consistency(self) -> Evaluation:
        confusion = np.array(self.confusion)
        wrong = confusion.sum() - confusion.trace()
        if confusion.sum() != self.images or wrong != len(self.misclassified):
            raise ValueError("images, confusion and misclassified do not add up")
        if set(self.per_class) != {str(digit) for digit in range(NUM_CLASSES)}:
            raise ValueError("per_class does not have the keys 0 to 9")
        return self

    def align(self, predictions: Predictions) -> Predictions:
        """Return predictions for the same images that agree with this evaluation image by image.

        On another device, the prediction for an image with two nearly equal logits can differ; the
        evaluation's is used.

        Raises
        ------
        MnistCoreError
            If more differs than rounding explains: other images, or other weights.
        """
        predicted = predictions.true.copy()
        same_images = len(predictions) == self.images and all(
            row.index < self.images and row.label == predicted[row.index]
            for row in self.misclassified
        )
        if same_images:
            for row in self.misclassified:
                predicted[row.index] = row.predicted
        differing = np.count_nonzero(predicted != predictions.predicted)
        if not same_images or differing > max(2, _ROUNDING * self.images):
            raise MnistCoreError(
                "the stored evaluation does not match these weights and images; "
                "delete evaluation.json to evaluate them again"
            )
        return dataclasses.replace(predictions, predicted=predicted)
