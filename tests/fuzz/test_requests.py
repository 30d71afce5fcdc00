"""What visitors, forms and command lines may give: an answer, or a reason."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.hostile import almost, is_json, json_values, names_the_cause

from board.try_it.fabric_strokes import pen_strokes, without_last
from mnist_core import MnistCoreError, TrainConfig
from mnist_core.imaging.rasterize import check_strokes, rasterize_strokes
from mnist_core.search.requests import SweepRequest
from mnist_core.search.search_space import parse_grid, parse_values
from mnist_core.training.config import FIELDS
from pad.functions import server_functions
from pad.limits import Limits
from pad.model_registry import ModelRegistry

INK = np.zeros((56, 56), np.uint8)
INK[8:48, 26:31] = 255
SENT = base64.b64encode(INK.tobytes()).decode()
REQUESTS: dict[str, dict[str, Any]] = {
    "classify_ink": {
        "model": "mnist_cnn",
        "version": None,
        "layers": ["conv1"],
        "digit": 0,
        "ink": SENT,
        "strokes": [[1.0, 2.0, 3.0, 4.0], [5.0, 6.0]],
        "explain": True,
    },
    "classify_picture": {"model": "mnist_cnn", "layers": [], "digit": None, "picture": SENT},
    "classify_canvases": {"model": "mnist_cnn", "canvases": SENT},
    "describe_model": {"model": "mnist_cnn"},
    "kernel": {"model": "mnist_cnn", "layer": "conv1", "channel": 0},
}
FUNCTIONS = {function.__name__: function for function in server_functions(ModelRegistry())}


@pytest.mark.parametrize("name", REQUESTS)
def test_functions_of_the_page(name: str) -> None:
    @given(request=almost(REQUESTS[name]).filter(is_json))
    def check(request: Any) -> None:
        reply = FUNCTIONS[name](request)
        text = json.dumps(reply, allow_nan=False)
        if "error" in reply:
            assert 10 < len(reply["error"]) < 500
            assert "Traceback" not in text

    check()
    assert "error" not in FUNCTIONS[name](REQUESTS[name]) or name == "classify_picture"


@given(drawing=json_values)
def test_strokes(drawing: Any) -> None:
    try:
        strokes = check_strokes(drawing)
    except MnistCoreError as error:
        names_the_cause(error)
        return
    assert np.isfinite(rasterize_strokes([strokes])).all()


PATH = {
    "objects": [
        {
            "type": "path",
            "path": [["M", 1, 2], ["Q", 3, 4, 5, 6], ["L", 7, 8]],
            "left": 1,
            "top": 2,
            "width": 6,
            "height": 6,
            "originX": "left",
            "originY": "top",
            "strokeWidth": 3,
            "scaleX": 1,
            "scaleY": 1,
        }
    ]
}


@given(drawing=almost(PATH))
def test_drawings_of_the_canvas_component(drawing: Any) -> None:
    """The component's answer is JSON; whatever it is, strokes come out, or its image is used."""
    if not isinstance(drawing, dict):
        return
    for stroke in pen_strokes(drawing) or ():
        assert np.isfinite(stroke).all()
    without_last(drawing)


texts = st.text(max_size=12) | st.sampled_from(["1e999", "nan", "0x10", "１", "1_0", "-1", "," * 9])


@pytest.mark.parametrize("name", FIELDS)
def test_fields_of_forms(name: str) -> None:
    @given(text=texts)
    def check(text: str) -> None:
        for parse in (
            lambda: parse_values(name, text, TrainConfig()),
            lambda: parse_grid([f"{name}={text}"], TrainConfig()),
            lambda: parse_grid([text], TrainConfig()),
        ):
            refused_or(parse)

    check()


@given(fields=st.dictionaries(st.sampled_from([*SweepRequest.model_fields, "x"]), json_values))
def test_requests_for_sweeps(fields: dict[str, Any]) -> None:
    refused_or(lambda: SweepRequest(**fields))


@given(text=texts, name=st.sampled_from(list(Limits.model_fields)))
def test_limits(text: str, name: str) -> None:
    refused_or(lambda: Limits.from_environment({f"DRAWPAD_{name.upper()}": text}))


def refused_or(parse: Callable[[], Any]) -> None:
    try:
        parse()
    except MnistCoreError as error:
        names_the_cause(error)
