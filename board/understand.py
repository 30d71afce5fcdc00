"""Understand what a run learnt, and where it fails."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from board import (
    understand_confusion,
    understand_network,
    understand_pairs,
    understand_report,
)
from board.page_context import PageContext
from board.runs import look, pick_run
from mnist_core.errors import MnistCoreError
from mnist_core.runs.run import Run

_PARTS: dict[str, Callable[[PageContext, Run], None]] = {
    "Confusion": understand_confusion.show,
    "Pairs": understand_pairs.show,
    "Report": understand_report.show,
    "Network": understand_network.show,
}


def show(context: PageContext) -> None:
    """Draw the page."""
    t = context.t
    st.title(t("Understand a run"))
    run = pick_run(context)
    if run is None:
        return
    seen = look(run)
    if seen.state is None:
        st.error(seen.problem, icon=":material/heart_broken:")
        st.caption(t("Its files stay as they are; other runs are not touched by it."))
        return
    part = st.segmented_control(
        t("What to look at"),
        list(_PARTS),
        default="Confusion",
        required=True,
        format_func=t,
        key="understand-part",
        label_visibility="collapsed",
        persist_state="session",
    )
    try:
        _PARTS[part](context, run)
    except MnistCoreError as error:
        st.error(str(error), icon=":material/error:")
