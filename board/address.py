"""The address of a page: which parameters it has, and its entry in the browser's history."""

from pathlib import Path

import streamlit as st

from board.page_context import RUN, RUNS, SEARCH_SECTION

_SCRIPT = Path(__file__).parent / "web/address.js"
_PARAMETERS = {
    RUN: {"watch", "understand", "promote", "try_it"},
    RUNS: {"compare"},
    SEARCH_SECTION: {"search"},
}
"""Pages whose address has a parameter."""


def keep_one_entry_per_page() -> None:
    """Let the browser's history have one entry for a page, whatever its address says."""
    script = _SCRIPT.read_text(encoding="utf-8")
    st.html(f"<script>{script}</script>", unsafe_allow_javascript=True)


def remove_parameters_of_others(page: str) -> None:
    """Remove what belongs to other pages from the address; going back, Streamlit leaves it."""
    for parameter, pages in _PARAMETERS.items():
        if page not in pages:
            st.query_params.pop(parameter, None)
