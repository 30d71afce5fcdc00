"""A plotly chart that changes in place: no flicker, and a zoom stays.

Streamlit's own chart is made anew in the browser whenever its figure changes.
"""

from __future__ import annotations

from pathlib import Path

import plotly
import streamlit as st
import streamlit.components.v1 as components

_SCRIPT = Path(__file__).parent / "web/live_chart.js"


@st.cache_resource(show_spinner=False)
def _plotly_address() -> str:
    """Let Streamlit serve the plotly.js that comes with the Python package; return where."""
    folder = Path(plotly.__file__).parent / "package_data"
    served = components.declare_component("plotly_js", path=str(folder))
    return f"component/{served.name}/plotly.min.js"


def live_chart(title: str, figure: str, key: str) -> None:
    """Draw a figure (JSON of plotly), or change the one that is there under this key.

    Its `uirevision` says when a zoom no longer fits.
    """
    component = st.components.v2.component(
        "live_chart",
        html='<div class="live-chart" role="figure"></div>',
        js=_SCRIPT.read_text(encoding="utf-8"),
        isolate_styles=False,  # plotly puts its own into the page
    )
    data = {"title": title, "figure": figure, "plotly": _plotly_address()}
    component(data=data, key=key, width="stretch")
