"""Predictions and evaluations without a network."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from mnist_core.evaluation.predictions import Predictions
from mnist_core.evaluation.results import Evaluation
from mnist_core.evaluation.scores import evaluate_predictions


def predictions_of(true: list[int], predicted: list[int], confidence: float = 5.0) -> Predictions:
    """Return predictions of the given digits; `confidence` is their logit, the others are 0."""
    logits = confidence * F.one_hot(torch.tensor(predicted), 10).float()
    return Predictions(logits, torch.tensor(true))


def random_predictions(count: int = 400, seed: int = 0) -> Predictions:
    """Return predictions with about one error in four, at all confidences."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, 10, (count,), generator=generator)
    logits = torch.randn(count, 10, generator=generator) + 3 * F.one_hot(labels, 10)
    return Predictions(logits, labels)


def random_evaluation(count: int = 400, seed: int = 0) -> Evaluation:
    """Return the evaluation of `random_predictions`."""
    return evaluate_predictions(random_predictions(count, seed))
