"""Predictions for labelled images."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.evaluations import predictions_of, random_predictions

from mnist_core import MnistCoreError
from mnist_core.data.mnist import Split
from mnist_core.evaluation.predictions import (
    Predictions,
    attributions,
    indices_of_digit,
    predict_split,
)
from mnist_core.evaluation.scores import evaluate_predictions
from mnist_core.models.architectures import build_model


def test_each_image_is_in_its_cell_the_most_confident_first() -> None:
    predictions = random_predictions()
    confusion = evaluate_predictions(predictions).confusion
    found = []
    for true in range(10):
        for predicted in range(10):
            cell = predictions.cell(true, predicted)
            assert len(cell) == confusion[true][predicted]
            confidences = [predictions.confidence(index) for index in cell]
            if true != predicted:
                assert confidences == sorted(confidences, reverse=True)
            for index in cell:
                assert (predictions.true[index], predictions.predicted[index]) == (true, predicted)
                assert predictions.confidence(index) == predictions.probabilities[index].max()
            found += cell
    assert sorted(found) == list(range(len(predictions)))


def test_predictions_are_those_of_the_network(small_splits: tuple[Split, Split]) -> None:
    model, split = build_model("mnist_cnn").eval(), small_splits[1]
    predictions = predict_split(model, split)
    with torch.inference_mode():
        single = model((split.images[7:8] - 0.1307) / 0.3081)
    torch.testing.assert_close(predictions.logits[7:8], single, atol=1e-3, rtol=1e-3)
    maps = attributions(model, split, predictions, [7, 8])
    assert maps.shape == (2, 28, 28)
    for index, attribution in zip((7, 8), maps, strict=True):
        correct = predictions.predicted[index] == predictions.true[index]
        assert attribution.any() != correct
    assert attributions(model, split, predictions, []).shape == (0, 28, 28)


def test_indices_of_a_digit(small_splits: tuple[Split, Split]) -> None:
    split = small_splits[1]
    parts = [indices_of_digit(split, digit) for digit in range(10)]
    assert sorted(index for part in parts for index in part) == list(range(len(split)))
    assert (split.labels[parts[3]] == 3).all()
    assert parts[3] == sorted(parts[3])


def test_an_evaluation_decides_between_nearly_equal_logits() -> None:
    predictions = random_predictions()
    evaluation = evaluate_predictions(predictions)
    index = evaluation.misclassified[-1].index
    other = predictions.logits.clone()
    other[index] = 5.0 * torch.eye(10)[predictions.labels[index]]  # correct on another device
    aligned = evaluation.align(Predictions(other, predictions.labels))
    assert np.array_equal(aligned.predicted, predictions.predicted)


@pytest.mark.parametrize("count", [400, 300])
def test_an_evaluation_of_other_weights_or_images_is_refused(count: int) -> None:
    evaluation = evaluate_predictions(random_predictions())
    with pytest.raises(MnistCoreError, match=r"delete evaluation\.json"):
        evaluation.align(random_predictions(count, seed=1))


@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        (torch.zeros(0, 10), torch.zeros(0, dtype=torch.int64), "no images"),
        (torch.full((2, 10), torch.nan), torch.tensor([1, 2]), "NaN or infinite"),
        (torch.full((2, 10), torch.inf), torch.tensor([1, 2]), "NaN or infinite"),
        (torch.zeros(3, 10), torch.tensor([1, 2]), "2 labels"),
        (torch.zeros(2, 11), torch.tensor([1, 2]), "must return 10 logits"),
        (torch.zeros(2, 10), torch.tensor([1, 10]), "1 to 10"),
    ],
)
def test_invalid_predictions(logits: torch.Tensor, labels: torch.Tensor, message: str) -> None:
    with pytest.raises(MnistCoreError, match=message):
        Predictions(logits, labels)


def test_an_empty_split() -> None:
    empty = Split(torch.zeros(0, 1, 28, 28), torch.zeros(0, dtype=torch.int64))
    with pytest.raises(MnistCoreError, match="no images"):
        predict_split(build_model("mnist_cnn"), empty)


def test_probabilities_are_the_softmax_of_scaled_logits() -> None:
    predictions = predictions_of([3], [3], confidence=2.0)
    expected = np.exp(2.0) / (np.exp(2.0) + 9)
    assert predictions.confidence(0) == pytest.approx(expected)
    expected = np.exp(0.5) / (np.exp(0.5) + 9)
    assert predictions.scaled(4.0)[0, 3] == pytest.approx(expected)


def test_mistakes_by_digit_prediction_and_confidence() -> None:
    logits = torch.zeros(5, 10)
    for row, (digit, value) in enumerate([(3, 1.0), (5, 9.0), (3, 5.0), (2, 9.0), (5, 40.0)]):
        logits[row, digit] = value
    predictions = Predictions(logits, torch.tensor([3, 3, 8, 8, 8]))
    assert predictions.mistakes() == [4, 1, 3, 2], "the most confident first"
    assert predictions.mistakes(true=[3]) == [1]
    assert predictions.mistakes(predicted=[3, 2]) == [3, 2]
    assert predictions.mistakes(true=[8], predicted=[5]) == [4], "a confidence of 1 counts"
    assert predictions.mistakes(confidence=(0.0, 0.99)) == [2]
    assert predictions.mistakes(true=[7]) == []


def test_correct_predictions_are_those_nearest_to_an_error_first() -> None:
    logits = torch.zeros(4, 10)
    # the image with the highest probability is not the one with the largest lead
    for row, (first, second) in enumerate([(5.0, 1.0), (3.0, 2.9), (9.0, 8.0), (2.0, 0.0)]):
        logits[row, 3], logits[row, 7] = first, second
    predictions = Predictions(logits, torch.full((4,), 3))
    leads = np.sort(predictions.probabilities, 1)
    order = np.argsort(leads[:, -1] - leads[:, -2]).tolist()
    assert predictions.cell(3, 3) == order
    assert order[0] == 1
