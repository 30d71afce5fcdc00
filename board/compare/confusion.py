"""The difference of two runs' confusion matrices."""

from collections.abc import Mapping

import streamlit as st

from board.page_context import PageContext
from board.runs.evaluations import read_evaluation
from board.widgets.common import errors_shown
from board.widgets.live_chart import live_chart
from mnist_core.evaluation.results import Evaluation
from mnist_core.figures import confusion_difference
from mnist_core.runs.run import Run


def draw_difference(context: PageContext, runs: Mapping[str, Run]) -> None:
    """Draw the confusion matrix of A minus that of B, for two of the runs."""
    t = context.t
    if len(runs) < 2:
        st.caption(t("Select at least two runs."))
        return
    names = list(runs)
    # the selected run may no longer be among them
    for key, first in (("compare-a", names[0]), ("compare-b", names[1])):
        if st.session_state.get(key) not in runs:
            st.session_state[key] = first
    left, right = st.columns(2)
    a = left.selectbox("A", names, key="compare-a", persist_state="session")
    b = right.selectbox("B", names, key="compare-b", persist_state="session")
    if a == b:
        st.info(t("A and B are the same run; select another."), icon=":material/info:")
        return
    first, second = (_read(context, name, runs[name]) for name in (a, b))
    if first is None or second is None:
        return
    with errors_shown():
        figure = confusion_difference(first, second, translate=t)
        _explain(context, first, second)
        live_chart(t("Confusion matrix of A minus that of B"), figure, "compare-difference")


def _read(context: PageContext, name: str, run: Run) -> Evaluation | None:
    with errors_shown():
        return read_evaluation(context, run, name)
    return None


def _explain(context: PageContext, first: Evaluation, second: Evaluation) -> None:
    t = context.t
    st.markdown(
        t(
            "Validation accuracy: A **{a}**, B **{b}**. Each cell: A minus B.",
            a=f"{first.accuracy:.2%}",
            b=f"{second.accuracy:.2%}",
        )
    )
    st.caption(
        t(
            "Orange: A is worse (more errors, or on the diagonal fewer correct predictions). "
            "Blue: A is better. Empty: equal."
        )
    )
    if first.images != second.images:
        st.caption(
            t(
                "A was evaluated on {a} images, B on {b}, and these are different images: the "
                "cells compare shares of each digit's images, in percentage points.",
                a=f"{first.images:,}",
                b=f"{second.images:,}",
            )
        )
