"""What every page is given: where the runs are, the words, and the way to other pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from board.words import Words

RUN = "run"
"""Key of the chosen run: the widget's, and the address's."""


@dataclass(frozen=True)
class Desk:
    """A page's surroundings.

    Attributes
    ----------
    root : Path
        Folder of all runs.
    t : Words
        `t("Stop")` in the reader's language.
    pages : mapping of name to page
    """

    root: Path
    t: Words
    pages: Mapping[str, StreamlitPage]

    def go(self, page: str, run: str | None = None) -> None:
        """Open another page, with a run chosen there. Does not return."""
        if run is not None:
            st.session_state[RUN] = run
        st.switch_page(self.pages[page])
