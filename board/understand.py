"""The page Understand: confusion, most confused pairs, scores and first-layer features of a run."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from board import understand_confusion, understand_network, understand_pairs, understand_report
from board.page_context import PageContext
from board.runs import RunSummary, pick_run
from board.widgets import BROKEN, errors_shown, show_error

_PARTS: dict[str, Callable[[PageContext, RunSummary], None]] = {
    "Confusion": understand_confusion.show,
    "Pairs": understand_pairs.show,
    "Report": understand_report.show,
    "Network": understand_network.show,
}


def show(context: PageContext) -> None:
    """Draw the page."""
    t = context.t
    st.title(t("Understand a run"))
    summary = pick_run(context)
    if summary is None:
        return
    if summary.state is None:
        show_error(summary.problem, BROKEN)
        st.caption(t("Its files are left unchanged; other runs are not affected."))
        return
    part = st.segmented_control(
        t("Part"),
        list(_PARTS),
        default="Confusion",
        required=True,
        format_func=t,
        key="understand-part",
        label_visibility="collapsed",
        persist_state="session",
    )
    with errors_shown():
        _PARTS[part](context, summary)
