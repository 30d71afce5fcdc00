"""Scores of a network on a labelled split."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
from torch import nn

from mnist_core.data.mnist import Split
from mnist_core.evaluation.calibration import calibrate, fit_temperature
from mnist_core.evaluation.predictions import Predictions, predict_split
from mnist_core.evaluation.results import (
    ClassScores,
    ConfusedPair,
    Confusion,
    Evaluation,
    Misclassified,
)
from mnist_core.models.network import NUM_CLASSES
from mnist_core.models.scoring import Scores, score_logits

CLASSIC_PAIRS = ((4, 9), (3, 8), (1, 7))
"""The digits that networks and people most often confuse."""
_MOST_CONFUSED = 10


def score(model: nn.Module, split: Split) -> Scores:
    """Return accuracy, loss and confusion of a network on a split.

    Raises MnistCoreError if the split is empty, or the logits are not finite or not ten for
    each image.
    """
    predictions = predict_split(model, split)
    return score_logits(predictions.logits, predictions.labels)


def evaluate(
    model: nn.Module, split: Split, *, name: str = "validation", temperature: float | None = None
) -> Evaluation:
    """Evaluate a network on a split.

    Parameters
    ----------
    model : nn.Module
        Maps normalised frames (B, 1, 28, 28) to logits (B, 10).
    split : Split
        On the model's device.
    name : str
        Name of the split.
    temperature : float > 0, optional
        Fitted on validation with `fit_temperature`. By default it is fitted on the split itself if
        that is "validation"; for another split there is none: nothing is fitted on a test set.

    Raises
    ------
    MnistCoreError
        If the split is empty, or the logits are not finite or not ten for each image.
    """
    return evaluate_predictions(predict_split(model, split), name=name, temperature=temperature)


def evaluate_predictions(
    predictions: Predictions, *, name: str = "validation", temperature: float | None = None
) -> Evaluation:
    """Evaluate predictions that were made already; otherwise as `evaluate`."""
    if temperature is None and name == "validation":
        temperature = fit_temperature((predictions.logits, predictions.labels))
    scores = score_logits(predictions.logits, predictions.labels)
    confusion = scores.confusion
    return Evaluation(
        split=name,
        images=len(predictions),
        accuracy=scores.accuracy,
        loss=scores.loss,
        per_class=_per_class(np.array(confusion)),
        confusion=confusion,
        pairs=tuple(
            _direction(confusion, *pair)
            for digits in CLASSIC_PAIRS
            for pair in permutations(digits)
        ),
        most_confused=_most_confused(confusion),
        calibration=calibrate(predictions, temperature),
        misclassified=_misclassified(predictions),
    )


def _per_class(confusion: np.ndarray) -> dict[str, ClassScores]:
    correct, support, predicted = confusion.diagonal(), confusion.sum(1), confusion.sum(0)
    # as sklearn's with zero_division=0; a second to import, in every process that trains
    columns = (
        correct / np.maximum(predicted, 1),
        correct / np.maximum(support, 1),
        2 * correct / np.maximum(predicted + support, 1),
        support,
    )
    return {
        str(digit): ClassScores(
            precision=float(precision), recall=float(recall), f1=float(f1), support=int(support)
        )
        for digit, (precision, recall, f1, support) in enumerate(zip(*columns, strict=True))
    }


def _direction(confusion: tuple[tuple[int, ...], ...], true: int, predicted: int) -> Confusion:
    count, support = confusion[true][predicted], sum(confusion[true])
    return Confusion(true=true, predicted=predicted, count=count, rate=count / max(support, 1))


def _most_confused(confusion: tuple[tuple[int, ...], ...]) -> tuple[ConfusedPair, ...]:
    pairs = [
        ConfusedPair(
            first=first,
            second=second,
            first_as_second=confusion[first][second],
            second_as_first=confusion[second][first],
        )
        for first, second in combinations(range(NUM_CLASSES), 2)
    ]
    # sorted() is stable: ties stay in the order of the digits
    ranked = sorted((pair for pair in pairs if pair.total), key=lambda pair: -pair.total)
    return tuple(ranked[:_MOST_CONFUSED])


def _misclassified(predictions: Predictions) -> tuple[Misclassified, ...]:
    wrong = np.flatnonzero(predictions.true != predictions.predicted)
    order = wrong[np.argsort(-predictions.probabilities[wrong].max(1), kind="stable")]
    return tuple(
        Misclassified(
            index=int(index),
            label=int(predictions.true[index]),
            predicted=int(predictions.predicted[index]),
            probabilities=np.clip(predictions.probabilities[index], 0, 1).tolist(),
        )
        for index in order
    )
