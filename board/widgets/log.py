"""The end of a log, for those who open it."""

from collections.abc import Callable

import streamlit as st

from board.translation import Translator
from mnist_core.utils.text import single_line

_KEY = "log_tail"
"""Of the expander: it stays open when another run or search is selected."""


def draw_log(t: Translator, read: Callable[[], str]) -> None:
    """Draw an expander with what `read` returns, which is called only while it is open."""
    place = st.expander(t("Log"), icon=":material/notes:", key=_KEY, on_change="rerun")
    if place.open:
        log = "\n".join(map(single_line, read().splitlines()))
        place.code(log or t("nothing yet"), language=None, wrap_lines=True)
