"""Paper to draw on, with undo and clear; what is on it, as strokes or as a picture."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import streamlit as st

from board.fabric_strokes import pen_strokes, without_last
from board.translation import Translator

SIDE = 320
"""Of the paper, in pixels: it fits a phone."""
_PEN = 16
_PAPER, _INK = "#fffdf8", "#1c1b22"
_KEY = "canvas"
_SHOWN = "canvas-shown"
_LAST = "canvas-last"


@dataclass(frozen=True)
class Drawing:
    """What is on the paper.

    Attributes
    ----------
    strokes : str
        JSON: a list of strokes, each a list of pen positions (x, y); empty where it is no drawing
        of free strokes.
    picture : bytes
        PNG of the paper.
    """

    strokes: str
    picture: bytes

    @property
    def source(self) -> tuple[str, bytes]:
        """What to read it from: strokes where they are all there is, else the picture."""
        return (self.strokes, b"") if self.strokes else ("", self.picture)


def draw_canvas(t: Translator) -> Drawing | None:
    """Draw the paper; return what is on it, None where it is empty."""
    # it finds its files only while an app runs
    from streamlit_drawable_canvas import st_canvas

    if _KEY not in st.session_state:
        # back from another page: put what was drawn onto the new paper
        before, _ = st.session_state.get(_LAST, ({}, b""))
        st.session_state[_SHOWN] = {"objects": before.get("objects", [])}
    result = st_canvas(
        stroke_width=_PEN,
        stroke_color=_INK,
        background_color=_PAPER,
        width=SIDE,
        height=SIDE,
        initial_drawing=st.session_state[_SHOWN],
        return_image_data=True,
        key=_KEY,
    )
    raw = result.json_data or {}
    kept, picture = st.session_state.get(_LAST, ({}, b""))
    # paper that was only just put there has not sent its picture yet
    picture = result.image_bytes or (picture if raw.get("objects") == kept.get("objects") else b"")
    st.session_state[_LAST] = raw, picture
    empty = not raw.get("objects")
    with st.container(horizontal=True):
        st.button(
            t("Undo"),
            icon=":material/undo:",
            disabled=empty,
            on_click=_show_instead,
            args=(without_last(raw),),
        )
        st.button(
            t("Clear"),
            icon=":material/delete:",
            disabled=empty,
            on_click=_show_instead,
            args=({"objects": []},),
        )
    if empty:
        return None
    strokes = pen_strokes(raw)
    said = json.dumps([stroke.tolist() for stroke in strokes]) if strokes else ""
    return Drawing(said, picture)


def _show_instead(drawing: dict[str, Any]) -> None:
    """Put another drawing onto the paper."""
    # counted: the paper takes a drawing only if it is not the one that it was given before
    turn = st.session_state[_SHOWN].get("turn", 0) + 1
    st.session_state[_SHOWN] = {"objects": drawing["objects"], "turn": turn}
