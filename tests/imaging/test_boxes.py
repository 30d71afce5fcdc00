"""Digits in ruled boxes of any shape."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw
from support.drawings import Drawing, seven, zero

from mnist_core.inference import Classifier

CROSSED_SEVEN = [*seven(), np.array([[160.0, 300.0], [185.0, 282.0], [252.0, 282.0]])]
"""Its bar does not touch it, and lies in its bounding box."""


def in_box(strokes: Drawing, size: tuple[int, int], margin: int, line: int) -> Image.Image:
    picture = Image.new("L", size, 255)
    draw = ImageDraw.Draw(picture)
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    scale = 0.6 * min(size) / (high - low).max()
    for stroke in strokes:
        placed = (stroke - (low + high) / 2) * scale + np.array(size) / 2
        draw.line([(float(x), float(y)) for x, y in placed], 0, max(4, min(size) // 28))
    width, height = size
    draw.rectangle((margin, margin, width - margin - 1, height - margin - 1), None, 0, line)
    return picture


@pytest.mark.parametrize("size", [(373, 280), (280, 373), (420, 280), (200, 300), (280, 280)])
def test_the_box_is_not_read(classifier: Classifier, size: tuple[int, int]) -> None:
    boxes = [(margin, line) for margin in (6, 14) for line in (1, 2, 5)]
    for strokes, digit in ((seven(), 7), (zero(), 0)):
        pictures = [in_box(strokes, size, *box) for box in boxes]
        read = [(p.digit, p.is_digit) for p in classifier.classify_many(pictures)]
        assert read == [(digit, True)] * len(boxes)


def test_a_seven_around_its_bar_is_no_box(classifier: Classifier) -> None:
    for size in ((280, 280), (342, 318), (498, 288)):
        picture = in_box(CROSSED_SEVEN, size, 10, 3)
        assert classifier.classify(picture).digit == 7
