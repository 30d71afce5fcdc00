"""Rows of digits are taken apart into their digits."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.drawings import Drawing, one, seven, zero

from mnist_core import Classifier
from mnist_core.evaluation.pictures import draw_row
from mnist_core.imaging.digit_row import find_digits
from mnist_core.imaging.images import to_grey

Digits = list[tuple[int, Drawing]]


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_the_digits_of_a_row(clear_digits: Digits, classifier: Classifier, count: int) -> None:
    right = 0
    for seed in range(10):
        rng = np.random.default_rng(seed)
        chosen = [clear_digits[i] for i in rng.choice(len(clear_digits), count)]
        image, boxes = draw_row([strokes for _, strokes in chosen], rng)
        found = find_digits(to_grey(image))
        if len(found) != count:
            continue
        scale = max(1, max(image.size) / 512)
        for digit, box in zip(found, boxes, strict=True):
            assert np.allclose(np.array(digit.box) * scale, box, atol=3 * scale)
        read = classifier._classify(torch.cat([digit.ink for digit in found]))
        right += [r.digit for r in read] == [label for label, _ in chosen]
    assert right >= 9


def test_a_picture_without_ink_has_no_digits() -> None:
    assert find_digits(torch.full((1, 1, 100, 200), 0.7)) == []


def test_one_digit_of_several_strokes_is_one(clear_digits: Digits) -> None:
    hat_apart = [np.array([[60.0, 0.0], [150.0, 5.0]]), seven()[0] / 3 + [0, 20]]
    for strokes in (one(), zero(), seven(), hat_apart):
        image, _ = draw_row([strokes], np.random.default_rng(1))
        assert len(find_digits(to_grey(image))) == 1
