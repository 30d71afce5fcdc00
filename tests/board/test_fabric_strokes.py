"""Drawings of a web canvas as strokes."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest
from support.drawings import Drawing, zero

from board.try_it.fabric_strokes import pen_strokes, without_last
from mnist_core import Classifier


def canvas(*strokes: np.ndarray) -> dict:
    """Return what Fabric.js 7 stores for strokes that were drawn with its pencil."""
    objects = []
    for stroke in strokes:
        path = [["M", *stroke[0]]]
        for here, after in pairwise(stroke):
            path.append(["Q", *here, *((here + after) / 2)])
        path.append(["L", *stroke[-1]])
        low, high = stroke.min(0), stroke.max(0)
        (left, top), (width, height) = (low + high) / 2, high - low
        objects.append(
            {
                "type": "Path",
                "originX": "center",
                "originY": "center",
                "left": left,
                "top": top,
                "width": width,
                "height": height,
                "strokeWidth": 16,
                "scaleX": 1,
                "scaleY": 1,
                "angle": 0,
                "flipX": False,
                "path": path,
            }
        )
    return json.loads(json.dumps({"version": "7.4.0", "objects": objects}))


def test_strokes_of_a_canvas_are_classified_as_the_strokes(
    clear_digits: list[tuple[int, Drawing]], classifier: Classifier
) -> None:
    for label, strokes in clear_digits[::2]:
        drawn = pen_strokes(canvas(*strokes))
        assert drawn is not None
        assert len(drawn) == len(strokes)
        prediction = classifier.classify_strokes(drawn)
        direct = classifier.classify_strokes(strokes)
        assert prediction.digit == label == direct.digit
        assert np.allclose(prediction.frame, direct.frame, atol=0.02)


@pytest.mark.parametrize(
    "change",
    [
        {"left": 50},
        {"scaleX": 2},
        {"angle": 30},
        {"flipX": True},
        {"type": "Rect"},
        {"path": [["C", 1, 2, 3, 4, 5, 6]]},
        {"path": "nonsense"},
        {"path": []},
        {"width": None},
    ],
)
def test_other_objects_and_transformed_strokes_have_no_strokes(change: dict) -> None:
    drawing = canvas(*zero(), *zero())
    drawing["objects"][1].update(change)
    assert pen_strokes(drawing) is None
    remaining = pen_strokes(without_last(drawing))
    assert remaining is not None
    assert len(remaining) == 1


def test_a_click_is_a_dot(classifier: Classifier) -> None:
    # the length of the line that Fabric.js draws
    drawn = pen_strokes(canvas(np.array([[99.998, 50.0], [100.002, 50.0]])))
    assert drawn is not None
    assert classifier.classify_strokes(drawn).is_blank


def test_an_empty_canvas_has_no_strokes() -> None:
    assert pen_strokes(None) == pen_strokes({}) == pen_strokes({"objects": []}) == []
    assert without_last(None)["objects"] == []
