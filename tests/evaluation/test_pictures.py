"""Generated pictures: reproducible, of accepted sizes, and of what they are named after."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from support.drawings import Drawing, one, seven, zero

from mnist_core.evaluation.pictures import KINDS, draw_row
from mnist_core.imaging.images import to_grey

Digits = list[tuple[int, Drawing]]


def pixels(kind: str, strokes: Drawing, seed: int) -> np.ndarray:
    return np.asarray(KINDS[kind](strokes, np.random.default_rng(seed)))


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_depends_on_the_drawing_and_the_seed_only(kind: str) -> None:
    first = pixels(kind, seven(), 1)
    assert np.array_equal(first, pixels(kind, seven(), 1))
    others = [pixels(kind, seven(), 2), pixels(kind, zero(), 1)]
    assert all(o.shape != first.shape or not np.array_equal(o, first) for o in others)


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_can_be_read(kind: str, clear_digits: Digits) -> None:
    for seed, (_, strokes) in enumerate([*clear_digits[::4], (1, one())]):
        image = KINDS[kind](strokes, np.random.default_rng(seed))
        assert image.mode == "RGB"
        assert 8 <= min(image.size) <= max(image.size) <= 280
        assert np.ptp(to_grey(image).numpy()) > 0.1 or kind == "colour"


@pytest.mark.parametrize("kind", KINDS)
def test_a_drawing_of_one_point_has_a_picture(kind: str) -> None:
    assert pixels(kind, [np.array([[5.0, 5.0]])], 0).size


def test_pens_differ_in_width() -> None:
    inked = [
        (np.abs(picture - picture[0, 0, 0].astype(int))[:, :, 0] > 20).sum()
        for picture in (pixels(f"pen {pen}", zero(), 3) for pen in (12, 20, 28))
    ]
    assert inked[0] < inked[1] < inked[2] < 2.5 * inked[0]


def test_the_boxes_of_a_row_hold_its_digits() -> None:
    image, boxes = draw_row([one(), zero(), seven(), zero()], np.random.default_rng(0))
    picture = np.asarray(image.convert("L"), int)
    ink = np.abs(picture - picture[0, 0]) > 20
    assert len(boxes) == 4
    assert all(a[2] < b[0] for a, b in itertools.pairwise(boxes))
    for left, top, right, bottom in boxes:
        inside = ink[top:bottom, left:right]
        assert inside.any(0).all()
        assert inside.any(1).all()
        ink[top:bottom, left:right] = False
    assert not ink.any()
