"""Parts that several pages use."""

from __future__ import annotations

import plotly.graph_objects as go
import streamlit as st

from board.page_context import PageContext


def draw_figure(figure: go.Figure, key: str, alt: str) -> None:
    """Draw a figure with its own template; `alt` describes it for screen readers."""
    st.plotly_chart(figure, theme=None, key=key, config={"displaylogo": False}, alt=alt)


def visible_count(context: PageContext, key: str, total: int, step: int) -> int:
    """Return how many of `total` items to show; draw the button that shows `step` more."""
    key = f"visible-{key}"
    visible = st.session_state.get(key, step)
    if visible < total:
        st.button(
            context.t("Show more ({n} left)", n=total - visible),
            key=f"{key}-more",
            icon=":material/expand_more:",
            on_click=st.session_state.update,
            args=({key: visible + step},),
        )
    return min(visible, total)


def percent(share: float | None) -> str:
    """Return a share in [0, 1] as a percentage; a dash for None."""
    return "–" if share is None else f"{share:.2%}"
