"""Rows of digits are taken apart into their digits."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.drawings import Drawing, one, paint, seven, zero

from mnist_core import Classifier
from mnist_core.evaluation.pictures import KINDS, draw_row
from mnist_core.imaging.digit_row import PictureInk, find_parts
from mnist_core.imaging.images import to_grey
from mnist_core.imaging.normalize import fit_canvas
from mnist_core.imaging.segment import find_ink
from mnist_core.inference.rows import found_parts

Digits = list[tuple[int, Drawing]]


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_the_digits_of_a_row(clear_digits: Digits, classifier: Classifier, count: int) -> None:
    right = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        chosen = [clear_digits[i] for i in rng.choice(len(clear_digits), count)]
        image, boxes = draw_row([strokes for _, strokes in chosen], rng)
        found = classifier.read_digits(image)
        if len(found) != count:
            continue
        scale = max(1, max(image.size) / 512)
        for digit, box in zip(found, boxes, strict=True):
            assert np.allclose(digit.box, box, atol=3 * scale)
        right += [one.prediction.digit for one in found] == [label for label, _ in chosen]
    assert right >= 9


def test_a_picture_without_ink_has_no_digits() -> None:
    assert find_parts(torch.full((1, 1, 100, 200), 0.7)) is None


def test_one_digit_of_several_strokes_is_one(clear_digits: Digits) -> None:
    hat_apart = [np.array([[60.0, 0.0], [150.0, 5.0]]), seven()[0] / 3 + [0, 20]]
    for strokes in (one(), zero(), seven(), hat_apart):
        image, _ = draw_row([strokes], np.random.default_rng(1))
        assert len(found_parts(find_parts(to_grey(image)))) == 1


def test_inks_of_several_groups_at_once_are_those_of_each(clear_digits: Digits) -> None:
    image, _ = draw_row([clear_digits[i][1] for i in (0, 9, 17)], np.random.default_rng(4))
    parts = find_parts(to_grey(image))
    groups = [[number] for number in range(len(parts.boxes))] + [[0, 1]]
    for group, ink in zip(groups, parts.inks(groups), strict=True):
        assert np.allclose(parts.inks([group])[0], ink, atol=1e-5)


def test_the_digit_of_a_picture_and_its_parts(clear_digits: Digits) -> None:
    rng = np.random.default_rng(5)
    for strokes in (one(), zero(), clear_digits[4][1]):
        for kind in ("pen 12", "ruled box", "specks"):
            grey = to_grey(KINDS[kind](strokes, rng))
            found = PictureInk(grey)
            assert torch.equal(found.canvas, fit_canvas(find_ink(grey)))
            parts = found.parts()
            assert parts is None or len(found_parts(parts)) == 1
    beside = [zero()[0], seven()[0] + [400, 0]]
    parts = PictureInk(to_grey(paint(beside, pen=14, size=(280, 280), scale=0.3))).parts()
    assert len(found_parts(parts)) == 2
    assert PictureInk(torch.full((1, 1, 90, 90), 0.7)).parts() is None
