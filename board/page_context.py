"""What every page is given: the runs folder, the translation and navigation between pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from board.translation import Translator

RUN = "run"
"""Key of the selected run, in the session state and in the address."""
RUNS = "runs"
"""Key of the runs to compare, in the session state and in the address."""
STUDY = "runs-study"
"""Key of the sweep whose trials alone the page Runs shows, in the session state."""
SEARCH_SECTION = "part"
"""Key of the selected section of the page Search, in the session state and in the address."""


@dataclass(frozen=True)
class PageContext:
    """What a page needs from the dashboard.

    Attributes
    ----------
    root : Path
        Folder of all runs.
    t : Translator
        `t("Stop")` in the user's language.
    pages : mapping of page name to page
    """

    root: Path
    t: Translator
    pages: Mapping[str, StreamlitPage]

    def open_page(self, page: str, run: str | None = None) -> None:
        """Switch to another page, optionally with a run selected there. Does not return."""
        if run is not None:
            st.session_state[RUN] = run
        st.switch_page(self.pages[page])
