"""The ink of a digit is found in every kind of picture."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from support.drawings import Drawing, one, paint, seven, zero
from torch import Tensor

from mnist_core import Classifier
from mnist_core.evaluation.pictures import KINDS
from mnist_core.imaging.images import to_grey
from mnist_core.imaging.normalize import fit_canvas
from mnist_core.imaging.rasterize import draw_strokes
from mnist_core.imaging.segment import INK_SIDE, LONGEST_SIDE, find_ink

Digits = list[tuple[int, Drawing]]


def overlap(first: Tensor, second: Tensor) -> float:
    """Intersection over union of two canvases."""
    return float(torch.minimum(first, second).sum() / torch.maximum(first, second).sum())


@pytest.mark.parametrize("kind", KINDS)
def test_digits_are_read_in_every_kind_of_picture(
    kind: str, clear_digits: Digits, classifier: Classifier
) -> None:
    some = clear_digits[::4]  # one of each digit
    pictures = [
        KINDS[kind](strokes, np.random.default_rng(seed)) for seed, (_, strokes) in enumerate(some)
    ]
    right = [
        prediction.digit == label
        for prediction, (label, _) in zip(classifier.classify_many(pictures), some, strict=True)
    ]
    assert sum(right) >= len(some) - 1


@pytest.mark.parametrize(
    "kind", ["ruled box", "form cell", "strip", "framed", "page edge", "neighbour", "specks"]
)
def test_only_the_digit_is_ink(kind: str, clear_digits: Digits) -> None:
    for seed, (_, strokes) in enumerate(clear_digits[::5]):
        canvas = fit_canvas(find_ink(to_grey(KINDS[kind](strokes, np.random.default_rng(seed)))))
        # the pen is as wide as in the picture
        widths = np.linspace(1, 5, 9)
        drawn = draw_strokes([strokes] * 9, widths)
        assert max(overlap(canvas[0], expected) for expected in drawn) > 0.6


def test_the_ink_fills_its_image() -> None:
    for drawing in (one(), zero(), seven()):
        ink = find_ink(to_grey(paint(drawing)))
        assert ink.shape == (1, 1, INK_SIDE, INK_SIDE)
        inked = (ink[0, 0] > 0.5).nonzero()
        sides = inked.amax(0) - inked.amin(0) + 1
        assert abs(int(sides.max()) - LONGEST_SIDE) <= 3


@given(
    st.tuples(st.integers(8, 90), st.integers(8, 90)),
    st.integers(0, 2**31),
    st.sampled_from(["noise", "blocks", "line", "ramp"]),
)
def test_any_picture_has_finite_ink(size: tuple[int, int], seed: int, content: str) -> None:
    random = np.random.default_rng(seed)
    if content == "noise":
        picture = random.random(size)
    elif content == "blocks":
        picture = np.kron(random.random((3, 3)), np.ones((30, 30)))[: size[0], : size[1]]
    elif content == "line":
        picture = np.zeros(size)
        picture[random.integers(size[0])] = 1
    else:
        picture = np.linspace(0, 1, size[1]) * np.ones(size)
    grey = torch.tensor(picture, dtype=torch.float32)[None, None]
    ink = find_ink(grey)
    assert ink.shape == (1, 1, INK_SIDE, INK_SIDE)
    assert ink.isfinite().all()
    assert ink.min() >= 0
    assert ink.max() <= 1


@given(st.floats(0.15, 0.85), st.floats(0.1, 1), st.booleans(), st.integers(0, 3))
def test_contrast_polarity_and_quarter_turns_do_not_matter(
    level: float, contrast: float, light: bool, turns: int
) -> None:
    plain = torch.from_numpy(np.asarray(paint(zero()), np.float32) / 255)[None, None]
    ink = plain if light else -plain
    contrast = min(contrast, 1 - level if light else level)
    found = find_ink((level + contrast * ink).clamp(0, 1).rot90(turns, (2, 3)))
    assert overlap(found, find_ink(plain).rot90(turns, (2, 3))) > 0.9


@pytest.mark.parametrize("kind", ["pen 20", "strip", "tiny", "cut to ink", "colour"])
def test_a_batch_is_found_as_its_pictures_are(kind: str, clear_digits: Digits) -> None:
    strokes = [strokes for _, strokes in clear_digits[::8]]
    pictures = [KINDS[kind](s, np.random.default_rng(1)).resize((60, 80)) for s in strokes]
    grey = torch.cat([to_grey(picture) for picture in pictures])
    together = find_ink(grey)
    for alone, expected in zip(grey.split(1), together, strict=True):
        assert torch.allclose(find_ink(alone)[0], expected, atol=1e-4)
