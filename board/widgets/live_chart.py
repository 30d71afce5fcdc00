"""A plotly chart that is updated in place, keeps its zoom, and reports clicks.

Streamlit's own chart is rebuilt in the browser whenever its figure changes, reports no clicks on
the cells of a heatmap, and has the same colours on a light page as on a dark one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import plotly
import plotly.graph_objects as go
import streamlit as st
import streamlit.components.v1 as components

from board.widgets.image_sheet import ImageSheet
from mnist_core.figures import DARK_COLOURS

_WEB = Path(__file__).parents[1] / "web"


def live_chart(
    title: str,
    figure: go.Figure | str,
    key: str,
    clicked: Callable[[Any, Any], None] | None = None,
    images: ImageSheet | None = None,
) -> None:
    """Draw a figure, or update the existing one with this key.

    Parameters
    ----------
    title : str
        For screen readers.
    figure : plotly figure, or its JSON
        A zoom is reset when its `uirevision` changes.
    clicked : callable, optional
        Called with x and y of the point or the heatmap's cell, before the page is drawn again. The
        chart then has no toolbar.
    images : ImageSheet, optional
        Shown one at a time beside the pointer: that whose number is the point's `customdata`.
    """
    component = st.components.v2.component(
        "live_chart",
        html='<div class="live-chart" role="figure"></div>',
        css=(_WEB / "live_chart.css").read_text(encoding="utf-8"),
        js=(_WEB / "live_chart.js").read_text(encoding="utf-8"),
        isolate_styles=False,  # plotly adds its own to the page
    )

    def report_click() -> None:
        place = st.session_state[key].clicked
        if clicked is not None and place is not None:
            clicked(place["x"], place["y"])

    data = {
        "title": title,
        "figure": figure if isinstance(figure, str) else figure.to_json(),
        "plotly": _plotly_address(),
        "clickable": clicked is not None,
        "images": images and asdict(images),
        "colours": DARK_COLOURS,
    }
    component(data=data, key=key, width="stretch", on_clicked_change=report_click)


@st.cache_resource(show_spinner=False)
def _plotly_address() -> str:
    """Let Streamlit serve the plotly.js of the Python package; return its address."""
    folder = Path(plotly.__file__).parent / "package_data"
    served = components.declare_component("plotly_js", path=str(folder))
    return f"component/{served.name}/plotly.min.js"
