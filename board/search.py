"""Search for good hyperparameters: a learning rate, or several at once."""

from __future__ import annotations

import streamlit as st

from board import search_rate, search_sweep
from board.page_context import PageContext

_PARTS = {"rate": ("Learning rate", search_rate.show), "sweep": ("Sweep", search_sweep.show)}
_PART = "part"
"""Key of the chosen part: the widget's, and the address's."""


def show(context: PageContext) -> None:
    """Draw the page."""
    t = context.t
    st.title(t("Search"))
    chosen = st.session_state.get(_PART) or st.query_params.get(_PART)
    st.session_state[_PART] = chosen if chosen in _PARTS else next(iter(_PARTS))
    chosen = st.segmented_control(
        t("What to search for"),
        list(_PARTS),
        format_func=lambda part: t(_PARTS[part][0]),
        required=True,
        key=_PART,
        label_visibility="collapsed",
        persist_state="session",
    )
    st.query_params[_PART] = chosen
    _PARTS[chosen][1](context)
