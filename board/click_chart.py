"""A plotly chart that tells where it was clicked or touched."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import plotly.graph_objects as go
import streamlit as st

from board.live_chart import _plotly_address

_SCRIPT = Path(__file__).parent / "web/click_chart.js"


def click_chart(
    title: str, figure: go.Figure, key: str, clicked: Callable[[Any, Any], None]
) -> None:
    """Draw a figure, or change the one that is there under this key.

    Parameters
    ----------
    title : str
        For screen readers.
    clicked : callable
        Called with x and y of the point or the heatmap's cell, before the page is drawn again.
    """
    component = st.components.v2.component(
        "click_chart",
        html='<div class="click-chart" role="figure"></div>',
        js=_SCRIPT.read_text(encoding="utf-8"),
        isolate_styles=False,  # plotly puts its own into the page
    )

    def tell() -> None:
        place = st.session_state[key].clicked
        if place is not None:
            clicked(place["x"], place["y"])

    data = {"title": title, "figure": figure.to_json(), "plotly": _plotly_address()}
    component(data=data, key=key, width="stretch", on_clicked_change=tell)
