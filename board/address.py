"""The address of a page: its name, and which parameters it has."""

from urllib.parse import unquote, urlsplit

import streamlit as st

from board.page_context import RUN, RUNS, SEARCH_SECTION

_PARAMETERS = {
    RUN: {"watch", "understand", "promote", "try_it"},
    RUNS: {"compare"},
    SEARCH_SECTION: {"search"},
}
"""Pages whose address has a parameter."""


def page_name() -> str:
    """Return the name of the page in the browser's address, which there may not be; "" at first."""
    path = urlsplit(st.context.url or "").path
    return unquote(path.rstrip("/").rpartition("/")[2]).strip()


def remove_parameters_of_others(page: str) -> None:
    """Remove what belongs to other pages from the address; going back, Streamlit leaves it."""
    for parameter, pages in _PARAMETERS.items():
        if page not in pages:
            st.query_params.pop(parameter, None)
