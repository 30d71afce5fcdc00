"""The page Understand: mistakes, scores and features of a run, each in a part of its own."""

from collections.abc import Callable

import streamlit as st

from board.page_context import PageContext
from board.runs.run_choice import pick_run
from board.understand import confusion as understand_confusion
from board.understand import mistakes as understand_mistakes
from board.understand import network as understand_network
from board.understand import pairs as understand_pairs
from board.understand import projection as understand_projection
from board.understand import report as understand_report
from board.widgets.common import BROKEN, errors_shown, show_error
from mnist_core.runs.run_rows import RunRow

_PARTS: dict[str, Callable[[PageContext, RunRow], None]] = {
    "Confusion": understand_confusion.show,
    "Mistakes": understand_mistakes.show,
    "Pairs": understand_pairs.show,
    "Report": understand_report.show,
    "Network": understand_network.show,
    "Projection": understand_projection.show,
}


def show(context: PageContext) -> None:
    """Draw the page."""
    t = context.t
    head = st.container(horizontal=True, vertical_alignment="center")
    head.title(t("Understand a run"), width="content")
    summary = pick_run(context, place=head.container(width=460))
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
