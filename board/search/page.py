"""Search for good hyperparameters: a learning rate, or several fields at once."""

import streamlit as st

from board.page_context import SEARCH_SECTION, PageContext
from board.search import range_test as search_range_test
from board.search import sweep as search_sweep

_SECTIONS = {
    "rate": ("Learning rate", search_range_test.show),
    "sweep": ("Hyperparameters", search_sweep.show),
}


def show(context: PageContext) -> None:
    """Draw the page."""
    t = context.t
    st.title(t("Search"))
    selected = st.session_state.get(SEARCH_SECTION) or st.query_params.get(SEARCH_SECTION)
    st.session_state[SEARCH_SECTION] = selected if selected in _SECTIONS else next(iter(_SECTIONS))
    selected = st.segmented_control(
        t("What to search for"),
        list(_SECTIONS),
        format_func=lambda section: t(_SECTIONS[section][0]),
        required=True,
        key=SEARCH_SECTION,
        label_visibility="collapsed",
        persist_state="session",
    )
    st.query_params[SEARCH_SECTION] = selected
    _SECTIONS[selected][1](context)
