"""The address of a page: which parameters it has."""

import streamlit as st

from board.page_context import RUN, RUNS, SEARCH_SECTION

_PARAMETERS = {
    RUN: {"watch", "understand", "promote", "try_it"},
    RUNS: {"compare"},
    SEARCH_SECTION: {"search"},
}
"""Pages whose address has a parameter."""


def remove_parameters_of_others(page: str) -> None:
    """Remove what belongs to other pages from the address; going back, Streamlit leaves it."""
    for parameter, pages in _PARAMETERS.items():
        if page not in pages:
            st.query_params.pop(parameter, None)
