"""Search for good hyperparameters: a learning rate, or several fields at once."""

from __future__ import annotations

import streamlit as st

from board import search_range_test, search_sweep
from board.page_context import PageContext

_SECTIONS = {
    "rate": ("Learning rate", search_range_test.show),
    "sweep": ("Hyperparameters", search_sweep.show),
}
_SECTION = "part"
"""Key of the selected section, in the session state and in the address."""


def show(context: PageContext) -> None:
    """Draw the page."""
    t = context.t
    st.title(t("Search"))
    selected = st.session_state.get(_SECTION) or st.query_params.get(_SECTION)
    st.session_state[_SECTION] = selected if selected in _SECTIONS else next(iter(_SECTIONS))
    selected = st.segmented_control(
        t("What to search for"),
        list(_SECTIONS),
        format_func=lambda section: t(_SECTIONS[section][0]),
        required=True,
        key=_SECTION,
        label_visibility="collapsed",
        persist_state="session",
    )
    st.query_params[_SECTION] = selected
    _SECTIONS[selected][1](context)
