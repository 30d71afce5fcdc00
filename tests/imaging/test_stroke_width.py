"""The width of strokes: measured, and limited."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from support.drawings import Drawing, one, paint, seven, zero

from mnist_core import Classifier
from mnist_core.imaging.images import to_grey
from mnist_core.imaging.normalize import (
    MAX_STROKE_WIDTH,
    MIN_STROKE_WIDTH,
    fit_canvas,
    fit_frame,
    frame_from_canvas,
    ink_box,
    outline_distance,
    set_thickness,
    stroke_width,
)
from mnist_core.imaging.rasterize import draw_strokes

Digits = list[tuple[int, Drawing]]


@pytest.mark.parametrize("drawing", [one(), zero(), seven()], ids=["one", "zero", "seven"])
@pytest.mark.parametrize(
    ("size", "tolerance"), [(28, 0.06), (56, 0.02), (280, 0.02), (512, 0.02), (1500, 0.02)]
)
def test_synthetic_digits_at_any_resolution(
    classifier: Classifier, drawing: Drawing, size: int, tolerance: float
) -> None:
    expected = classifier.classify_strokes(drawing)
    prediction = classifier.classify(
        paint(drawing, pen=0.07 * size, size=(size, size), scale=size / 500)
    )
    assert prediction.digit == expected.digit
    assert np.abs(prediction.frame - expected.frame).mean() < tolerance


@pytest.mark.parametrize("pen", [12, 20, 28])
def test_stroke_width_of_frames_for_any_pen(
    classifier: Classifier, clear_digits: Digits, pen: int
) -> None:
    predictions = classifier.classify_many(
        [paint(strokes, pen) for _, strokes in clear_digits[::4]]
    )
    frames = torch.from_numpy(np.stack([prediction.frame for prediction in predictions]))[:, None]
    widths = stroke_width(frames)
    assert MIN_STROKE_WIDTH * 0.9 < widths.median() < MAX_STROKE_WIDTH * 1.15
    assert widths.min() > MIN_STROKE_WIDTH * 0.8
    assert widths.max() < 5  # a loop that the pen filled is no stroke to be thinned


def test_thickness_within_the_range_is_not_changed() -> None:
    ink = draw_strokes([zero(), one(), seven()])
    assert torch.allclose(set_thickness(ink), ink, atol=1e-6)


@pytest.mark.parametrize("pen", [5, 40])
def test_thickness_outside_the_range_is_limited(pen: float) -> None:
    ink = fit_canvas(to_grey(paint(zero(), pen)))
    before, after = (
        stroke_width(x).item() / ink_box(x)[1].amax().item() * 20 for x in (ink, set_thickness(ink))
    )
    assert not MIN_STROKE_WIDTH <= before <= MAX_STROKE_WIDTH
    assert MIN_STROKE_WIDTH * 0.8 <= after <= MAX_STROKE_WIDTH * 1.15


@pytest.mark.parametrize("pen", [5, 20, 40])
def test_frames_of_canvases_are_those_of_limited_thickness(pen: float) -> None:
    canvases = torch.cat(
        [fit_canvas(to_grey(paint(strokes, pen))) for strokes in (zero(), one(), seven())]
    )
    mixed = torch.cat([canvases, draw_strokes([zero(), seven()]), torch.zeros(1, 1, 56, 56)])
    before = mixed.clone()
    assert torch.equal(frame_from_canvas(mixed), fit_frame(set_thickness(mixed)))
    assert torch.equal(mixed, before)


def test_outline_distance_of_a_half_plane() -> None:
    ink = torch.zeros(1, 1, 20, 20)
    ink[:, :, :, :10] = 1
    expected = torch.arange(20) - 9.5
    for phase, distance in ((ink, expected), (1 - ink, -expected)):
        found = outline_distance(phase)[0, 0, 10]
        assert torch.allclose(found, distance.clamp(min=-0.5), atol=0.51)
