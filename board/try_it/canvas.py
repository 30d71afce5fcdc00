"""A canvas to draw on, with undo and clear; the drawing as strokes or as an image."""

import json
from dataclasses import dataclass
from typing import Any

import streamlit as st

from board.translation import Translator
from board.try_it.fabric_strokes import pen_strokes, without_last

SIDE = 320
"""Side of the canvas in pixels; it fits a phone."""
_PEN_WIDTH = 16
_BACKGROUND, _PEN_COLOUR = "#fffdf8", "#1c1b22"
_KEY = "canvas"
_INITIAL = "canvas-initial"
_LAST = "canvas-last"


@dataclass(frozen=True)
class Drawing:
    """What is on the canvas.

    Attributes
    ----------
    strokes : str
        JSON: a list of strokes, each a list of pen positions (x, y); empty if the drawing is not
        made of free-hand strokes only.
    picture : bytes
        PNG of the canvas.
    """

    strokes: str
    picture: bytes

    @property
    def source(self) -> tuple[str, bytes]:
        """What to classify: the strokes if there are any, else the image."""
        return (self.strokes, b"") if self.strokes else ("", self.picture)


def draw_canvas(t: Translator) -> Drawing | None:
    """Draw the canvas; return what is on it, None if it is empty."""
    # it can find its files only while an app is running
    from streamlit_drawable_canvas import st_canvas

    if _KEY not in st.session_state:
        # back from another page: restore the drawing
        before, _ = st.session_state.get(_LAST, ({}, b""))
        st.session_state[_INITIAL] = {"objects": before.get("objects", [])}
    result = st_canvas(
        stroke_width=_PEN_WIDTH,
        stroke_color=_PEN_COLOUR,
        background_color=_BACKGROUND,
        width=SIDE,
        height=SIDE,
        initial_drawing=st.session_state[_INITIAL],
        return_image_data=True,
        key=_KEY,
    )
    raw = result.json_data or {}
    last, picture = st.session_state.get(_LAST, ({}, b""))
    # a restored canvas has not sent its image yet
    picture = result.image_bytes or (picture if raw.get("objects") == last.get("objects") else b"")
    st.session_state[_LAST] = raw, picture
    empty = not raw.get("objects")
    with st.container(horizontal=True):
        for label, icon, drawing in (
            (t("Undo"), ":material/undo:", without_last(raw)),
            (t("Clear"), ":material/delete:", {"objects": []}),
        ):
            st.button(label, icon=icon, disabled=empty, on_click=_replace, args=(drawing,))
    if empty:
        return None
    strokes = pen_strokes(raw)
    return Drawing(json.dumps([s.tolist() for s in strokes]) if strokes else "", picture)


def _replace(drawing: dict[str, Any]) -> None:
    """Replace the drawing on the canvas."""
    # the counter makes it differ from the last one: the component ignores an equal drawing
    turn = st.session_state[_INITIAL].get("turn", 0) + 1
    st.session_state[_INITIAL] = {"objects": drawing["objects"], "turn": turn}
