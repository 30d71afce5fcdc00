"""The pad's server: refusals, and rows of digits."""

from __future__ import annotations

import base64
import io
from typing import Any

import numpy as np
import pytest
from support.drawings import Drawing, paint, seven, zero
from support.rows import H, row

from mnist_core.imaging.rasterize import draw_strokes
from pad.functions import server_functions
from pad.limits import Limits
from pad.model_registry import ModelRegistry

LIMITS = Limits()


@pytest.fixture(scope="module")
def functions() -> dict[str, Any]:
    """The server's functions."""
    return {function.__name__: function for function in server_functions(ModelRegistry())}


def ink_request(strokes: Drawing, /, **changes: Any) -> dict[str, Any]:
    ink = (255 * draw_strokes([strokes])[0, 0].numpy()).round().astype(np.uint8)
    return {
        "model": "student",
        "layers": ["conv1"],
        "ink": base64.b64encode(ink.tobytes()).decode(),
        "strokes": [stroke.ravel().tolist() for stroke in strokes],
        **changes,
    }


def picture_request(strokes: Drawing, /, **changes: Any) -> dict[str, Any]:
    file = io.BytesIO()
    paint(strokes, pen=14, size=(420, 260), scale=0.5).save(file, "PNG")
    picture = base64.b64encode(file.getvalue()).decode()
    return {"model": "student", "layers": [], "picture": picture, **changes}


def test_a_row_of_strokes(functions: dict[str, Any]) -> None:
    strokes, _ = row([seven(), zero(), seven()])
    reply = functions["classify_ink"](ink_request(strokes))
    assert [digit["digit"] for digit in reply["row"]["digits"]] == [7, 0, 7]
    assert all(digit["is_digit"] for digit in reply["row"]["digits"])
    # the one with the last stroke is looked at
    assert (reply["row"]["looked_at"], reply["digit"]) == (2, 7)
    box = reply["row"]["digits"][0]["box"]
    assert box == pytest.approx([*strokes[0].min(0), *strokes[0].max(0)], abs=0.1)
    middle = functions["classify_ink"](ink_request(strokes, digit=1))
    assert (middle["row"]["looked_at"], middle["digit"]) == (1, 0)
    assert middle["frame"] != reply["frame"]
    assert middle["maps"]["conv1"]["pixels"] != reply["maps"]["conv1"]["pixels"]
    # a digit of an earlier drawing
    assert functions["classify_ink"](ink_request(strokes, digit=9))["row"]["looked_at"] == 2


def test_a_row_in_a_picture(functions: dict[str, Any]) -> None:
    strokes, _ = row([seven(), zero()])
    reply = functions["classify_picture"](picture_request(strokes, digit=1))
    assert [digit["digit"] for digit in reply["row"]["digits"]] == [7, 0]
    assert reply["digit"] == 0
    assert reply["size"] == [420, 260]
    left, top, right, bottom = reply["row"]["digits"][0]["box"]
    assert 0 < left < right < 210
    assert 0 < top < bottom < 260


def test_a_single_digit_is_no_row(functions: dict[str, Any]) -> None:
    for name, request in (
        ("classify_ink", ink_request(zero())),
        ("classify_picture", picture_request(zero())),
    ):
        reply = functions[name](request)
        assert "row" not in reply
        assert (reply["digit"], reply["is_digit"], reply["reason"]) == (0, True, None)
        assert reply["digit_score"] > 0.5


def test_what_is_no_digit(functions: dict[str, Any]) -> None:
    reply = functions["classify_ink"](ink_request(H))
    assert "row" not in reply
    assert (reply["is_digit"], reply["blank"]) == (False, False)
    assert reply["reason"] in ("not a digit", "several digits")
    assert reply["digit"] in range(10)
    blank = functions["classify_ink"](ink_request([]))
    assert (blank["reason"], blank["digit_score"]) == ("blank", 0)


def test_weights_that_cannot_refuse_see_no_rows(functions: dict[str, Any]) -> None:
    strokes, _ = row([seven(), zero()])
    reply = functions["classify_ink"](ink_request(strokes, model="mnist_cnn"))
    assert "row" not in reply
    assert reply["is_digit"] is True


@pytest.mark.parametrize(
    "changes",
    [
        {"strokes": 5},
        {"strokes": [[1, "a"]]},
        {"strokes": [[float("nan"), 0.0]]},
        {"strokes": [[1e9, 0.0]]},
        {"strokes": [[0.0, 1.0]] * (LIMITS.max_strokes + 1)},
        {"strokes": [[0.0] * (LIMITS.max_stroke_numbers + 1)]},
        {"strokes": [[0.0] * (LIMITS.max_drawing_numbers // 100)] * 101},
        {"digit": -1},
        {"digit": "first"},
    ],
)
def test_malformed_strokes_get_a_message(functions: dict[str, Any], changes: Any) -> None:
    reply = functions["classify_ink"](ink_request(seven(), **changes))
    assert set(reply) == {"error"}


def test_strokes_of_odd_length_and_without_points(functions: dict[str, Any]) -> None:
    strokes = [[0.0, 0.0, 0.0, 100.0, 5.0], [], [3.0], [60.0, 0.0, 60.0, 100.0]]
    reply = functions["classify_ink"](ink_request(H, strokes=strokes))
    assert "error" not in reply


def test_dots_at_one_place_far_away(functions: dict[str, Any]) -> None:
    reply = functions["classify_ink"](ink_request(H, strokes=[[1e6, -1e6]] * 2))
    assert "error" not in reply
