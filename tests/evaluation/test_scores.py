from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from sklearn.calibration import calibration_curve
from torch import Tensor, nn

from mnist_core import MnistCoreError
from mnist_core.data.mnist import MEAN, STD, Split
from mnist_core.evaluation.calibration import (
    BINS,
    calibrate,
    expected_calibration_error,
    fit_temperature,
    reliability,
)
from mnist_core.evaluation.scores import Evaluation, evaluate
from mnist_core.models.architectures import DigitNet
from mnist_core.models.card import read_card
from mnist_core.models.forward import predict_logits
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import load_weights

SHIPPED = weights_path("mnist_cnn")


@pytest.fixture(scope="module")
def network() -> DigitNet:
    return load_weights(SHIPPED)[0]


@pytest.fixture(scope="module")
def validation(train_validation: tuple[Split, Split]) -> Split:
    return train_validation[1]


@pytest.fixture(scope="module")
def logits(network: DigitNet, validation: Split) -> Tensor:
    return predict_logits(network, validation.images)


@pytest.fixture(scope="module")
def evaluation(network: DigitNet, validation: Split) -> Evaluation:
    return evaluate(network, validation)


class Replay(nn.Module):
    """Answers the frame whose pixels are all n with row n of a table."""

    def __init__(self, logits: Tensor) -> None:
        super().__init__()
        self.logits = logits

    def forward(self, frames: Tensor) -> Tensor:
        return self.logits[(frames[:, 0, 0, 0] * STD + MEAN).round().long()]


def read_as(true: list[int], predicted: list[int], sure: float = 5.0) -> tuple[Replay, Split]:
    """A network and a split on which it reads `predicted` where the label is `true`."""
    logits = sure * F.one_hot(torch.tensor(predicted), 10).float()
    frames = torch.arange(len(true)).float().view(-1, 1, 1, 1).expand(-1, 1, 28, 28)
    return Replay(logits), Split(frames, torch.tensor(true))


# --- scores --------------------------------------------------------------------------------------


def test_shipped_weights_score_what_their_card_says(evaluation: Evaluation) -> None:
    card = read_card(SHIPPED)["validation"]
    assert (evaluation.accuracy, evaluation.loss) == pytest.approx(
        (card["accuracy"], card["loss"]), abs=2e-4
    )
    assert (evaluation.split, evaluation.images) == ("validation", 5_000)


def test_scores_of_each_digit(evaluation: Evaluation) -> None:
    confusion = np.array(evaluation.confusion)
    for digit, scores in evaluation.per_class.items():
        d = int(digit)
        recall, precision = (confusion[d, d] / confusion.sum(axis)[d] for axis in (1, 0))
        f1 = 2 * precision * recall / (precision + recall)
        assert scores == pytest.approx(
            {"precision": precision, "recall": recall, "f1": f1, "support": confusion[d].sum()}
        )


def test_classic_pairs_in_both_directions() -> None:
    model, split = read_as([4, 4, 4, 4, 9, 3, 8, 1, 7, 7], [9, 4, 4, 4, 9, 8, 8, 1, 1, 7])
    found = {
        (pair.true, pair.predicted): (pair.count, pair.rate)
        for pair in evaluate(model, split).pairs
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
    model, split = read_as([2, 2, 7, 5, 6, 0, 0, 1], [7, 7, 2, 6, 5, 0, 9, 1])
    found = [
        (pair.first, pair.second, pair.first_as_second, pair.second_as_first, pair.total)
        for pair in evaluate(model, split).most_confused
    ]
    assert found == [(2, 7, 2, 1, 3), (5, 6, 1, 1, 2), (0, 9, 1, 0, 1)]


def test_no_more_than_ten_pairs_and_a_tie_goes_by_the_digits() -> None:
    true = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 9, 8]
    predicted = [9, 8, 7, 6, 5, 4, 3, 2, 1, 2, 3, 8, 9]
    pairs = evaluate(*read_as(true, predicted)).most_confused
    assert [(pair.first, pair.second) for pair in pairs] == [
        (8, 9),
        *[(0, digit) for digit in range(1, 10)],
    ]


def test_misclassified_images(evaluation: Evaluation, logits: Tensor, validation: Split) -> None:
    wrong = set(torch.nonzero(logits.argmax(1) != validation.labels).flatten().tolist())
    assert {row.index for row in evaluation.misclassified} == wrong
    assert len(wrong) > 5
    for row in evaluation.misclassified:
        assert row.label == validation.labels[row.index]
        assert row.probabilities == pytest.approx(logits[row.index].softmax(0).tolist(), abs=1e-6)
        assert row.predicted == np.argmax(row.probabilities)
    confidences = [row.confidence for row in evaluation.misclassified]
    assert confidences == sorted(confidences, reverse=True)


# --- what is odd ---------------------------------------------------------------------------------


def test_everything_is_right() -> None:
    result = evaluate(*read_as([0, 1, 2, 3], [0, 1, 2, 3]))
    assert (result.accuracy, result.misclassified, result.most_confused) == (1.0, (), ())
    assert all(pair.count == 0 for pair in result.pairs)
    assert result.calibration.temperature == 1.0
    assert result.calibration.scaled_bins == result.calibration.bins


@pytest.mark.parametrize("predicted", [3, 8])
def test_a_single_image_and_digits_that_are_absent(predicted: int) -> None:
    result = evaluate(*read_as([3], [predicted]))
    right = predicted == 3
    assert (result.images, result.accuracy) == (1, float(right))
    assert result.per_class["3"] == {
        "precision": right,
        "recall": right,
        "f1": right,
        "support": 1,
    }
    assert result.per_class["5"] == {"precision": 0, "recall": 0, "f1": 0, "support": 0}
    assert [pair.rate for pair in result.pairs if pair.true == 3] == [float(not right)]
    assert [pair.rate for pair in result.pairs if pair.true == 9] == [0.0]


def test_an_empty_split() -> None:
    empty = Split(torch.zeros(0, 1, 28, 28), torch.zeros(0, dtype=torch.int64))
    with pytest.raises(MnistCoreError, match="test split is empty"):
        evaluate(Replay(torch.zeros(1, 10)), empty, name="test")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_logits_that_are_not_finite(value: float) -> None:
    model, split = read_as([1, 2], [1, 2])
    model.logits[1, 4] = value
    with pytest.raises(MnistCoreError, match="NaN or infinity"):
        evaluate(model, split)


def test_a_network_with_other_outputs() -> None:
    model, split = read_as([1, 2], [1, 2])
    model.logits = torch.zeros(2, 11)
    with pytest.raises(MnistCoreError, match="11 logits; it must give ten"):
        evaluate(model, split)


# --- JSON ----------------------------------------------------------------------------------------


def test_json_and_back(evaluation: Evaluation, tmp_path: Path) -> None:
    path = tmp_path / "new" / "evaluation.json"
    evaluation.write(path)
    assert Evaluation.read(path) == evaluation
    assert json.loads(path.read_text())["confusion"] == [list(row) for row in evaluation.confusion]


def test_json_without_a_temperature_and_back(tmp_path: Path) -> None:
    result = evaluate(*read_as([3, 4], [3, 9]), name="test")
    result.write(tmp_path / "e.json")
    assert Evaluation.read(tmp_path / "e.json") == result


def _without_loss(content: dict) -> None:
    del content["loss"]


def _with_more(content: dict) -> None:
    content["per_class"]["3"]["note"] = 1


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
        (_with_more, "per_class.3.note"),
        (_with_nine_digits, "confusion"),
        (_with_an_image_less, "add up"),
        (_with_text, "accuracy"),
    ],
)
def test_json_of_another_shape(
    evaluation: Evaluation, tmp_path: Path, damage: Callable[[dict], None], place: str
) -> None:
    content = evaluation.model_dump(mode="json")
    damage(content)
    path = tmp_path / "e.json"
    path.write_text(json.dumps(content))
    with pytest.raises(MnistCoreError, match=r"e\.json: JSON, but not an evaluation") as caught:
        Evaluation.read(path)
    assert place in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"accuracy: 1"])
def test_a_file_that_is_not_json(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "e.json").write_bytes(content)
    with pytest.raises(MnistCoreError, match=r"e\.json: not JSON"):
        Evaluation.read(tmp_path / "e.json")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(MnistCoreError, match=r"none\.json: cannot be read \(No such file"):
        Evaluation.read(tmp_path / "none.json")
    with pytest.raises(MnistCoreError, match="cannot be read"):
        Evaluation.read(tmp_path)


# --- calibration ---------------------------------------------------------------------------------

THREE = np.array([[0.85, 0.15], [0.13, 0.87], [0.65, 0.35]])


def test_calibration_error_by_hand() -> None:
    labels = np.array([0, 0, 0])  # right, wrong, right
    low, high = reliability(THREE, labels, bins=10)
    assert (low.count, low.accuracy) == (1, 1.0)
    assert (low.low, low.high, low.confidence) == pytest.approx((0.6, 0.7, 0.65))
    assert (high.count, high.accuracy) == (2, 0.5)
    assert (high.low, high.high, high.confidence) == pytest.approx((0.8, 0.9, 0.86))
    # 2/3 of |0.86 - 0.5| and 1/3 of |0.65 - 1|
    expected = 2 / 3 * 0.36 + 1 / 3 * 0.35
    assert expected_calibration_error(THREE, labels, bins=10) == pytest.approx(expected)


def test_a_confidence_on_an_edge_belongs_below() -> None:
    rows = reliability(np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([0, 0]), bins=2)
    assert [(row.low, row.high, row.count) for row in rows] == [(0.0, 0.5, 1), (0.5, 1.0, 1)]


def test_bins_are_those_of_scikit_learn(
    evaluation: Evaluation, logits: Tensor, validation: Split
) -> None:
    probabilities = logits.double().softmax(1)
    right = probabilities.argmax(1) == validation.labels
    accuracy, confidence = calibration_curve(right, probabilities.amax(1), n_bins=BINS)
    bins = evaluation.calibration.bins
    assert [row.accuracy for row in bins] == pytest.approx(accuracy.tolist())
    assert [row.confidence for row in bins] == pytest.approx(confidence.tolist())
    assert sum(row.count for row in bins) == 5_000


def honest_logits(seed: int, count: int = 3000) -> tuple[Tensor, Tensor]:
    """Logits whose probabilities are true: labels are drawn from them."""
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(count, 10, generator=generator, dtype=torch.float64)
    labels = torch.multinomial(logits.softmax(1), 1, generator=generator).flatten()
    return logits, labels


@given(seed=st.integers(0, 1000), factor=st.floats(0.3, 5))
def test_the_temperature_undoes_what_the_logits_were_multiplied_by(
    seed: int, factor: float
) -> None:
    logits, labels = honest_logits(seed)
    assert fit_temperature(factor * logits, labels) == pytest.approx(factor, rel=0.1)


@given(seed=st.integers(0, 1000), factor=st.floats(1.5, 6))
def test_an_overconfident_network_is_cooled(seed: int, factor: float) -> None:
    logits, labels = honest_logits(seed, 500)
    logits = factor * logits
    temperature = fit_temperature(logits, labels)
    scaled = logits / temperature
    assert temperature > 1
    assert F.cross_entropy(scaled, labels) < F.cross_entropy(logits, labels)
    assert torch.equal(scaled.argmax(1), logits.argmax(1))
    before, after = (
        expected_calibration_error(z.softmax(1).numpy(), labels.numpy()) for z in (logits, scaled)
    )
    assert after < before


def test_shipped_weights_on_validation(evaluation: Evaluation) -> None:
    calibration = evaluation.calibration
    assert 1 < calibration.temperature < 1.5
    assert calibration.scaled_loss < evaluation.loss
    assert calibration.scaled_ece < calibration.ece < 0.01
    assert sum(row.count for row in calibration.scaled_bins) == evaluation.images


def test_nothing_is_fitted_on_the_test_set() -> None:
    model, split = read_as([3, 4, 5, 6], [3, 9, 5, 6])
    assert evaluate(model, split).calibration.temperature is not None
    calibration = evaluate(model, split, name="test").calibration
    assert calibration.temperature is calibration.scaled_loss is calibration.scaled_ece is None
    assert calibration.scaled_bins == ()


def test_a_temperature_that_is_given_is_used() -> None:
    model, split = read_as([3, 4, 5, 6], [3, 9, 5, 6])
    calibration = evaluate(model, split, name="test", temperature=2.5).calibration
    assert calibration.temperature == 2.5
    expected = F.cross_entropy(model.logits / 2.5, split.labels).item()
    assert calibration.scaled_loss == pytest.approx(expected)


@pytest.mark.parametrize("temperature", [0.0, -1.0, float("nan"), float("inf")])
def test_temperatures_that_are_none(temperature: float) -> None:
    logits, labels = honest_logits(0, 5)
    with pytest.raises(MnistCoreError, match="temperature"):
        calibrate(logits, labels, temperature)


@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        (torch.zeros(0, 10), torch.zeros(0, dtype=torch.int64), "no images"),
        (torch.full((2, 10), torch.nan), torch.tensor([1, 2]), "NaN"),
        (torch.zeros(3, 10), torch.tensor([1, 2]), "2 labels"),
        (torch.zeros(2, 10), torch.tensor([1, 10]), "1 to 10"),
    ],
)
def test_temperature_of_logits_that_are_none(logits: Tensor, labels: Tensor, message: str) -> None:
    with pytest.raises(MnistCoreError, match=message):
        fit_temperature(logits, labels)
