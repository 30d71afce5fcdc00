"""Rows of real digits are read from left to right, from strokes and from pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from support.drawings import Drawing, one, paint, scribble, seven, zero
from support.rows import H, row

from mnist_core import (
    Classifier,
    MnistCoreError,
    Prediction,
    ReadDigit,
    RefusalReason,
    read_digits,
)
from mnist_core.inference.rows import read_stroke_row

Digits = list[tuple[int, Drawing]]


def paint_row(strokes: Drawing) -> Image.Image:
    width = int(np.concatenate(strokes)[:, 0].max() * 0.5) + 40
    return paint(strokes, pen=14, size=(width, 260), scale=0.5)


def digits_of(found: list[ReadDigit]) -> list[int | None]:
    return [digit.prediction.digit for digit in found]


@pytest.fixture(params=["default", "refusing"])
def reader(
    request: pytest.FixtureRequest, classifier: Classifier, refusing: Classifier
) -> Classifier:
    return {"default": classifier, "refusing": refusing}[request.param]


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_rows_of_real_digits(reader: Classifier, clear_digits: Digits, count: int) -> None:
    rng = np.random.default_rng(count)
    right = grouped = 0
    for _ in range(8):
        chosen = [clear_digits[i] for i in rng.choice(len(clear_digits), count, replace=False)]
        strokes, groups = row([strokes for _, strokes in chosen])
        found = reader.read_digits(strokes)
        grouped += [digit.strokes for digit in found] == groups
        pictured = reader.read_digits(paint_row(strokes))
        right += len(pictured) == count
        for digit, group in zip(found, groups, strict=False):
            if digit.strokes == group:
                points = np.concatenate([strokes[i] for i in group])
                assert digit.box == pytest.approx((*points.min(0), *points.max(0)))
    assert grouped >= 7
    assert right >= 7


def test_the_digits_are_read(classifier: Classifier, clear_digits: Digits) -> None:
    for start in range(0, 36, 4):
        chosen = clear_digits[start : start + 40 : 13]
        strokes, _ = row([strokes for _, strokes in chosen])
        labels = [label for label, _ in chosen]
        assert digits_of(classifier.read_digits(strokes)) == labels
        assert digits_of(classifier.read_digits(paint_row(strokes))) == labels


def test_each_digit_is_read_as_it_is_alone(classifier: Classifier, clear_digits: Digits) -> None:
    chosen = [clear_digits[8][1], clear_digits[20][1]]
    found = classifier.read_digits(row(chosen)[0])
    for digit, strokes in zip(found, chosen, strict=True):
        alone = classifier.classify_strokes(strokes)
        assert np.allclose(digit.prediction.probabilities, alone.probabilities, atol=1e-4)


CROSSED_SEVEN = [
    np.array([[0.0, 0.0], [60.0, 2.0], [25.0, 100.0]]),
    np.array([[15.0, 50.0], [60.0, 46.0]]),
]
FIVE_WITH_A_HAT = [
    np.array([[10, 5], [6, 42], [35, 38], [55, 60], [40, 95], [2, 90.0]]),
    np.array([[14.0, 3.0], [62.0, 0.0]]),
]
FOUR_OF_TWO_STROKES = [
    np.array([[15.0, 0.0], [0.0, 60.0], [55.0, 58.0]]),
    np.array([[42.0, 35.0], [38.0, 100.0]]),
]
ONE_WITH_A_FOOT = [
    np.array([[8.0, 20.0], [28.0, 0.0], [28.0, 98.0]]),
    np.array([[6.0, 100.0], [50.0, 100.0]]),
]


@pytest.mark.parametrize(
    "strokes", [CROSSED_SEVEN, FIVE_WITH_A_HAT, FOUR_OF_TWO_STROKES, ONE_WITH_A_FOOT]
)
@pytest.mark.parametrize("place", [0, 1])
def test_strokes_of_one_digit_stay_together(
    reader: Classifier, strokes: Drawing, place: int
) -> None:
    drawings = [zero(), zero()]
    drawings[place] = strokes
    together, groups = row(drawings)
    assert [digit.strokes for digit in reader.read_digits(together)] == groups
    assert len(reader.read_digits(strokes)) == 1


def test_the_order_of_drawing_does_not_matter(classifier: Classifier) -> None:
    strokes, groups = row([seven(), CROSSED_SEVEN, zero()])
    order = [3, 1, 0, 2]
    found = classifier.read_digits([strokes[i] for i in order])
    assert [tuple(sorted(order[i] for i in digit.strokes)) for digit in found] == groups


def test_touching_digits_are_refused(refusing: Classifier, clear_digits: Digits) -> None:
    """Drawn without lifting the pen: none is read as one digit that is not there."""
    rng = np.random.default_rng(5)
    several = accepted = 0
    for _ in range(20):
        chosen = [clear_digits[i][1] for i in rng.choice(len(clear_digits), 2)]
        (found,) = refusing.read_digits([np.concatenate(row(chosen, gap=10)[0])])
        accepted += found.prediction.is_digit
        several += found.prediction.reason is RefusalReason.SEVERAL_DIGITS
    assert accepted <= 6
    assert several >= 6


def test_strokes_that_touch_are_not_taken_apart(reader: Classifier) -> None:
    (found,) = reader.read_digits(H)
    assert found.strokes == (0, 1, 2)


def test_strokes_that_do_not_touch_are_taken_apart() -> None:
    apart = [stroke * [k, 1] for k, stroke in zip((1, 2, 1), H, strict=True)]
    assert len(read_stroke_row(H, equally_sure)) == 1
    assert len(read_stroke_row(apart, equally_sure)) == 2


@pytest.mark.parametrize("flat_score", [0.05, 0.5, 0.9])
def test_strokes_that_almost_touch_are_taken_apart_only_into_digits(flat_score: float) -> None:
    def score(canvas: np.ndarray) -> float:
        tall, wide = ((canvas.max(axis) > 0.5).sum() > 20 for axis in (1, 0))
        return (0.001 if wide else 0.9) if tall else flat_score

    def classify(canvases: np.ndarray) -> list[Prediction]:
        scores = map(score, canvases)
        return [
            replace(p, digit_score=s) for p, s in zip(equally_sure(canvases), scores, strict=True)
        ]

    for gap, count in ((8, 2 if flat_score > 0.5 else 1), (40, 2)):
        strokes = [H[0], np.array([[gap, 50.0], [gap + 60, 50.0]])]
        assert len(read_stroke_row(strokes, classify)) == count


def equally_sure(canvases: np.ndarray) -> list[Prediction]:
    probabilities, frame = np.full(10, 0.1, np.float32), np.zeros((28, 28), np.float32)
    return [Prediction(probabilities, 1, 0.9, frame, False, 0.9) for _ in canvases]


EMPTY: list[Drawing] = [[], [np.zeros((0, 2))], [np.array([[5.0, 5.0]])]]


@pytest.mark.parametrize("strokes", EMPTY)
def test_nothing_is_drawn(classifier: Classifier, strokes: Drawing) -> None:
    assert classifier.read_digits(strokes) == []


def test_a_picture_without_ink(classifier: Classifier) -> None:
    assert classifier.read_digits(np.full((60, 90), 200, np.uint8)) == []


def test_a_small_mark_beside_digits_is_left_out() -> None:
    strokes, _ = row([seven(), zero()])
    right, low = np.concatenate(strokes).max(0)
    height = np.ptp(np.concatenate(strokes)[:, 1])
    for size, count in ((0.15, 2), (0.35, 2), (0.5, 3)):
        comma = np.array([[0.3, -0.7], [0.0, 0.3]]) * size * height + (right + 0.5 * height, low)
        found = read_stroke_row([*strokes, comma], equally_sure)
        assert [digit.strokes for digit in found] == [(0,), (1,), (2,)][:count]


def test_empty_strokes_do_not_shift_the_indices(classifier: Classifier) -> None:
    strokes, _ = row([seven(), zero()])
    found = classifier.read_digits([np.zeros((0, 2)), strokes[0], np.zeros((0, 2)), strokes[1]])
    assert [digit.strokes for digit in found] == [(1,), (3,)]


def test_a_digit_beside_wide_ones_that_touch_is_kept(classifier: Classifier) -> None:
    bar = np.array([[80.0, 250.0], [1300.0, 250.0]])
    touching = [zero()[0] + [x, 0] for x in (-60, 300, 660)]
    found = classifier.read_digits(paint_row([*touching, bar, seven()[0] + [1250, 0]]))
    assert len(found) == 2
    assert found[1].prediction.digit == 7


def test_boxes_are_in_pixels_of_the_picture(classifier: Classifier) -> None:
    """Also of a picture that is scaled down before it is read."""
    strokes, _ = row([seven(), zero()])
    for factor in (0.5, 2.0):
        width = int(np.concatenate(strokes)[:, 0].max() * factor) + int(80 * factor)
        size = (width, int(520 * factor))
        picture = paint(strokes, pen=20 * factor, size=size, scale=factor)
        found = classifier.read_digits(np.asarray(picture))
        for digit, stroke in zip(found, strokes, strict=True):
            expected = np.array([*stroke.min(0) - 10, *stroke.max(0) + 10]) * factor
            assert np.allclose(digit.box, expected, atol=5 * factor + 4)
            assert digit.strokes == ()
            again = classifier.classify_ink_with_maps(digit.ink).prediction
            assert again.digit == digit.prediction.digit


def test_a_scribble_does_not_take_long(classifier: Classifier) -> None:
    rng = np.random.default_rng(0)
    many = [rng.random((2, 2)) * [500, 50] for _ in range(400)]
    assert len(classifier.read_digits(many)) >= 1
    assert classifier.read_digits(scribble()) == []


@pytest.mark.parametrize(
    "drawing", [[np.zeros((3, 3))], [np.array([[np.nan, 1]])], "strokes", None, np.zeros(5)]
)
def test_malformed_drawings(classifier: Classifier, drawing: object) -> None:
    with pytest.raises(MnistCoreError):
        classifier.read_digits(drawing)


@pytest.mark.parametrize("drawing", ["seven.png", b"bytes", None, Path("seven.png")])
def test_a_drawing_of_another_kind_names_both_kinds(
    classifier: Classifier, drawing: object
) -> None:
    message = f"must be a PIL image, an array, or a list of strokes, got {type(drawing).__name__}"
    with pytest.raises(MnistCoreError, match=message):
        classifier.read_digits(drawing)


def test_a_tensor_is_a_picture_as_for_classify(classifier: Classifier) -> None:
    picture = np.asarray(paint([*seven()]))
    (digit,) = classifier.read_digits(torch.from_numpy(picture.copy()))
    assert digit.prediction.digit == 7


def test_the_function_of_the_package(classifier: Classifier) -> None:
    strokes, _ = row([one(), zero()])
    read: Callable[..., list[ReadDigit]] = read_digits
    assert digits_of(read(strokes)) == digits_of(read(strokes, classifier)) == [1, 0]
