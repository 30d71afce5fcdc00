"""Drawings that are no single digit are refused, with a reason."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from support.drawings import Drawing, one, paint, scribble, seven, zero
from support.rows import row

from mnist_core import Classifier, MnistCoreError, Prediction, RefusalReason, load_classifier
from mnist_core.data.allographs import draw_digit, draw_non_digit
from mnist_core.imaging.rasterize import draw_strokes, rasterize_strokes
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import load_weights

Digits = list[tuple[int, Drawing]]


def prediction(score: float, *, blank: bool = False) -> Prediction:
    frame = np.zeros((28, 28), np.float32)
    return Prediction(np.full(10, 0.1, np.float32), 8, 0.1, frame, blank, score)


@pytest.mark.parametrize(
    ("score", "accepted"), [(0.0, False), (0.499, False), (0.5, True), (1.0, True)]
)
def test_a_digit_has_a_score_of_at_least_one_half(score: float, accepted: bool) -> None:
    assert prediction(score).is_digit is accepted
    assert not prediction(score, blank=True).is_digit


def test_weights_without_calibration_refuse_only_blanks() -> None:
    classifier = load_classifier("mnist_cnn")
    rng = np.random.default_rng(0)
    drawings = [draw_non_digit(rng) for _ in range(20)]
    for found in classifier.classify_strokes_many(drawings):
        assert found.is_digit or found.is_blank
        assert found.digit_score == (0.0 if found.is_blank else 1.0)
    for blank in classifier.classify_strokes_many([[], scribble()]):
        assert blank.reason is RefusalReason.BLANK
        assert (blank.is_digit, blank.digit_score, blank.digit) == (False, 0.0, None)


def test_fields_of_every_prediction(refusing: Classifier) -> None:
    rng = np.random.default_rng(1)
    drawings = [draw_non_digit(rng) for _ in range(20)] + [one(), zero(), seven(), []]
    for found in refusing.classify_strokes_many(drawings):
        assert 0 <= found.digit_score <= 1
        assert type(found.digit_score) is float
        assert found.is_digit == (found.reason is None)
        assert found.probabilities.sum() == pytest.approx(1, abs=1e-5)
        # the closest digit is known for what is refused, too
        assert (found.digit is None) == found.is_blank


def test_digits_are_accepted_and_other_drawings_refused(refusing: Classifier) -> None:
    rng = np.random.default_rng(2)
    digits = refusing.classify_strokes_many([draw_digit(rng, i % 10) for i in range(100)])
    others = refusing.classify_strokes_many([draw_non_digit(rng) for _ in range(100)])
    assert np.mean([found.is_digit for found in digits]) > 0.8
    assert np.mean([found.is_digit for found in others]) < 0.45
    reasons = {found.reason for found in others}
    assert reasons >= {RefusalReason.NOT_A_DIGIT, RefusalReason.SEVERAL_DIGITS}


def test_real_digits_are_accepted(refusing: Classifier, clear_digits: Digits) -> None:
    strokes = [strokes for _, strokes in clear_digits]
    for found in (
        refusing.classify_strokes_many(strokes),
        refusing.classify_many([paint(drawing) for drawing in strokes]),
    ):
        assert np.mean([prediction.is_digit for prediction in found]) > 0.8


@pytest.mark.parametrize("digits", ["00", "66", "000"])
def test_equal_digits_side_by_side_are_closest_to_that_digit(
    refusing: Classifier, clear_digits: Digits, digits: str
) -> None:
    drawings = {str(label): strokes for label, strokes in reversed(clear_digits)}
    found = refusing.classify_strokes(row([drawings[digit] for digit in digits])[0])
    assert found.reason is RefusalReason.SEVERAL_DIGITS
    assert str(found.digit) == digits[0]
    assert found.confidence == found.probabilities.max() > 0.9


def test_two_digits_side_by_side_are_several(refusing: Classifier, clear_digits: Digits) -> None:
    rng = np.random.default_rng(3)
    accepted = [s for _, s in clear_digits if refusing.classify_strokes(s).digit_score > 0.9]
    pairs = [row([accepted[i] for i in rng.choice(len(accepted), 2)])[0] for _ in range(20)]
    reasons = [found.reason for found in refusing.classify_strokes_many(pairs)]
    assert reasons.count(RefusalReason.SEVERAL_DIGITS) >= 14
    joined = [[np.concatenate(strokes)] for strokes in pairs]
    reasons = [found.reason for found in refusing.classify_strokes_many(joined)]
    assert reasons.count(None) <= 6


def test_a_picture_of_two_digits_is_several(refusing: Classifier) -> None:
    strokes = row([seven(), zero()])[0]
    picture = paint(strokes, pen=14, size=(420, 260), scale=0.5)
    for found in (refusing.classify(picture), refusing.classify_with_maps(picture).prediction):
        assert found.reason is RefusalReason.SEVERAL_DIGITS
        assert found.digit_score < 0.5
    alone = paint(zero(), pen=14, size=(420, 260), scale=0.5)
    assert refusing.classify(alone).is_digit


def test_all_ways_to_give_a_drawing_agree(refusing: Classifier, clear_digits: Digits) -> None:
    drawings = [clear_digits[0][1], row([seven(), zero()])[0], scribble()]
    for strokes in drawings:
        found = refusing.classify_strokes(strokes)
        ink = draw_strokes([strokes])[0, 0].numpy()
        for same in (
            refusing.classify_strokes_with_maps(strokes).prediction,
            refusing.classify_ink_with_maps(ink).prediction,
            refusing.classify_strokes_many([one(), strokes])[1],
        ):
            assert same.reason is found.reason
            assert same.digit_score == pytest.approx(found.digit_score, abs=1e-4)


def test_temperature_and_offset_of_the_card_are_used(refusing: Classifier) -> None:
    network, _ = load_weights(weights_path("student"))

    def changed(**values: float) -> Prediction:
        calibration = {**dict(refusing.card.calibration), **values}
        card = refusing.card.updated(calibration=calibration)
        other = Classifier(network, name="x", architecture="mnist_cnn_bn", card=card)
        return other.classify_strokes(seven())

    assert changed(temperature=1000.0).confidence == pytest.approx(0.1, abs=0.05)
    assert changed(temperature=0.05).confidence == pytest.approx(1.0)
    assert changed(digit_offset=-50.0).digit_score < 1e-6
    assert changed(digit_offset=50.0).is_digit


def test_predictions_are_as_they_were() -> None:
    names = [field.name for field in dataclasses.fields(Prediction)]
    assert names[:5] == ["probabilities", "digit", "confidence", "frame", "is_blank"]


def test_a_refusal_is_not_explained_where_that_is_not_wanted(refusing: Classifier) -> None:
    canvas = rasterize_strokes([row([one(), zero()])[0]])[0]
    whole = refusing.classify_ink_with_maps(canvas).prediction
    quick = refusing.classify_ink_with_maps(canvas, explain=False).prediction
    assert whole.reason == "several digits"
    assert quick.reason == "not a digit"
    assert quick.digit_score == whole.digit_score
    blank = refusing.classify_ink_with_maps(np.zeros_like(canvas), explain=False).prediction
    assert blank.reason == "blank"


def dots(count: int) -> list[np.ndarray]:
    """Dots of a hand that does not hold still."""
    return [np.array([[50.0 * x, 0.0], [50.0 * x + 1, 2.0]]) for x in range(count)]


@pytest.mark.parametrize("count", [2, 3, 5])
def test_a_few_dots_are_no_digits(refusing: Classifier, count: int) -> None:
    still = [stroke[:1] for stroke in dots(count)]
    for drawing in (dots(count), still):
        found = refusing.classify_strokes_many([drawing, zero()])
        assert [prediction.reason for prediction in found] == [RefusalReason.NOT_A_DIGIT, None]
        assert not found[0].is_digit
        assert refusing.read_digits(drawing) == []
        ink = rasterize_strokes([drawing])[0]
        for explain in (False, True):
            seen = refusing.classify_ink_with_maps(ink, strokes=drawing, explain=explain).prediction
            assert (seen.is_digit, seen.reason) == (False, RefusalReason.NOT_A_DIGIT)


@pytest.mark.parametrize("count", [6, 9, 14])
def test_many_dots_are_no_row_of_digits(refusing: Classifier, count: int) -> None:
    rng = np.random.default_rng(count)
    for _ in range(5):
        places = rng.uniform(0, 160, (count, 1, 2))
        drawing = [place + rng.uniform(0, 2, (3, 2)) for place in places]
        assert refusing.read_digits(drawing) == []
        assert refusing.classify_strokes(drawing).reason is not RefusalReason.SEVERAL_DIGITS


def test_a_long_row_of_ones_is_no_row_of_dots(refusing: Classifier) -> None:
    ones = [np.array([[30.0 * x, 0.0], [30.0 * x - 4, 30.0]]) for x in range(25)]
    assert len(refusing.read_digits(ones)) == 25


def test_a_digit_of_dots_is_read(refusing: Classifier) -> None:
    (line,) = zero()
    dotted = [line[at : at + 1] for at in range(0, len(line), max(1, len(line) // 30))]
    assert len(dotted) > 5
    assert refusing.classify_strokes(dotted).digit == 0


def test_malformed_strokes_of_ink_are_explained(refusing: Classifier) -> None:
    with pytest.raises(MnistCoreError, match="stroke 0 has shape"):
        refusing.classify_ink_with_maps(np.zeros((56, 56)), strokes=[np.zeros(3)])
