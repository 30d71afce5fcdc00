"""The evaluation of a network, and its JSON file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support
from support.evaluations import predictions_of, random_evaluation, random_predictions

from mnist_core.data.mnist import Split
from mnist_core.evaluation.results import Evaluation
from mnist_core.evaluation.scores import evaluate, evaluate_predictions, score
from mnist_core.models.card_file import read_card
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import load_weights
from mnist_core.utils.json_files import DamagedFileError, MissingFileError, read_json, write_json


def test_shipped_weights_score_what_their_card_says(train_validation: tuple[Split, Split]) -> None:
    path = weights_path("mnist_cnn")
    network, validation = load_weights(path)[0], train_validation[1]
    evaluation = evaluate(network, validation)
    card = read_card(path).validation
    assert (evaluation.accuracy, evaluation.loss) == pytest.approx(
        (card.accuracy, card.loss), abs=2e-4
    )
    assert (evaluation.split, evaluation.images) == ("validation", 5_000)
    calibration = evaluation.calibration
    assert 1 < calibration.temperature < 1.5
    assert calibration.scaled_loss < evaluation.loss
    assert calibration.scaled_ece < calibration.ece < 0.01
    scores = score(network, validation)
    assert (scores.accuracy, scores.loss) == (evaluation.accuracy, evaluation.loss)


def test_scores_of_each_digit() -> None:
    evaluation = random_evaluation()
    confusion = np.array(evaluation.confusion)
    for digit, scores in evaluation.per_class.items():
        d = int(digit)
        recall, precision = (confusion[d, d] / confusion.sum(axis)[d] for axis in (1, 0))
        f1 = 2 * precision * recall / (precision + recall)
        assert scores == pytest.approx(
            {"precision": precision, "recall": recall, "f1": f1, "support": confusion[d].sum()}
        )


@pytest.mark.parametrize(
    ("true", "predicted"), [([3, 3, 4, 5, 5, 5], [3, 4, 4, 4, 6, 5]), ([0, 0], [9, 9])]
)
def test_scores_are_those_of_sklearn(true: list[int], predicted: list[int]) -> None:
    found = evaluate_predictions(predictions_of(true, predicted)).per_class
    expected = precision_recall_fscore_support(true, predicted, labels=range(10), zero_division=0)
    for digit, scores in enumerate(zip(*expected, strict=True)):
        assert tuple(found[str(digit)].values()) == pytest.approx(scores)


def test_classic_pairs_in_both_directions() -> None:
    predictions = predictions_of([4, 4, 4, 4, 9, 3, 8, 1, 7, 7], [9, 4, 4, 4, 9, 8, 8, 1, 1, 7])
    found = {
        (pair.true, pair.predicted): (pair.count, pair.rate)
        for pair in evaluate_predictions(predictions).pairs
    }
    assert found == {
        (4, 9): (1, 0.25),
        (9, 4): (0, 0.0),
        (3, 8): (1, 1.0),
        (8, 3): (0, 0.0),
        (1, 7): (0, 0.0),
        (7, 1): (1, 0.5),
    }


def test_most_confused_pairs() -> None:
    predictions = predictions_of([2, 2, 7, 5, 6, 0, 0, 1], [7, 7, 2, 6, 5, 0, 9, 1])
    found = [
        (pair.first, pair.second, pair.first_as_second, pair.second_as_first, pair.total)
        for pair in evaluate_predictions(predictions).most_confused
    ]
    assert found == [(2, 7, 2, 1, 3), (5, 6, 1, 1, 2), (0, 9, 1, 0, 1)]


def test_at_most_ten_pairs_and_ties_in_the_order_of_the_digits() -> None:
    true = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 9, 8]
    predicted = [9, 8, 7, 6, 5, 4, 3, 2, 1, 2, 3, 8, 9]
    pairs = evaluate_predictions(predictions_of(true, predicted)).most_confused
    assert [(pair.first, pair.second) for pair in pairs] == [
        (8, 9),
        *[(0, digit) for digit in range(1, 10)],
    ]


def test_misclassified_images_the_most_confident_first() -> None:
    predictions = random_predictions()
    rows = evaluate_predictions(predictions).misclassified
    wrong = np.flatnonzero(predictions.predicted != predictions.true)
    assert sorted(row.index for row in rows) == wrong.tolist()
    assert len(wrong) > 5
    for row in rows:
        assert row.label == predictions.true[row.index]
        assert row.probabilities == pytest.approx(predictions.probabilities[row.index])
        assert row.predicted == np.argmax(row.probabilities)
    confidences = [row.confidence for row in rows]
    assert confidences == sorted(confidences, reverse=True)


def test_no_errors() -> None:
    result = evaluate_predictions(predictions_of([0, 1, 2, 3], [0, 1, 2, 3]))
    assert (result.accuracy, result.misclassified, result.most_confused) == (1.0, (), ())
    assert all(pair.count == 0 for pair in result.pairs)
    assert result.calibration.temperature == 1.0
    assert result.calibration.scaled_bins == result.calibration.bins


@pytest.mark.parametrize("predicted", [3, 8])
def test_a_single_image_and_absent_digits(predicted: int) -> None:
    result = evaluate_predictions(predictions_of([3], [predicted]))
    correct = predicted == 3
    assert (result.images, result.accuracy) == (1, float(correct))
    assert result.per_class["3"] == {
        "precision": correct,
        "recall": correct,
        "f1": correct,
        "support": 1,
    }
    assert result.per_class["5"] == {"precision": 0, "recall": 0, "f1": 0, "support": 0}
    assert [pair.rate for pair in result.pairs if pair.true == 3] == [float(not correct)]
    assert [pair.rate for pair in result.pairs if pair.true == 9] == [0.0]


def test_nothing_is_fitted_on_the_test_set() -> None:
    predictions = predictions_of([3, 4, 5, 6], [3, 9, 5, 6])
    assert evaluate_predictions(predictions).calibration.temperature is not None
    calibration = evaluate_predictions(predictions, name="test").calibration
    assert calibration.temperature is calibration.scaled_loss is calibration.scaled_ece is None
    assert calibration.scaled_bins == ()


# --- JSON ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["validation", "test"])
def test_json_round_trip(name: str, tmp_path: Path) -> None:
    evaluation = evaluate_predictions(random_predictions(), name=name)
    path = tmp_path / "evaluation.json"
    write_json(path, evaluation)
    assert read_json(path, Evaluation) == evaluation
    assert json.loads(path.read_text())["confusion"] == [list(row) for row in evaluation.confusion]


def _without_loss(content: dict) -> None:
    del content["loss"]


def _with_nine_digits(content: dict) -> None:
    content["confusion"].pop()


def _with_an_image_less(content: dict) -> None:
    content["confusion"][0][0] -= 1


def _with_text(content: dict) -> None:
    content["accuracy"] = "good"


@pytest.mark.parametrize(
    ("damage", "place"),
    [
        (_without_loss, "loss"),
        (_with_nine_digits, "confusion"),
        (_with_an_image_less, "add up"),
        (_with_text, "accuracy"),
    ],
)
def test_damaged_json(tmp_path: Path, damage: Callable[[dict], None], place: str) -> None:
    content = random_evaluation().model_dump(mode="json")
    damage(content)
    path = tmp_path / "e.json"
    path.write_text(json.dumps(content))
    with pytest.raises(DamagedFileError, match=rf"e\.json: this file is damaged.*{place}"):
        read_json(path, Evaluation)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match=r"none\.json"):
        read_json(tmp_path / "none.json", Evaluation)
