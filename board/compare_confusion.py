"""The difference of two runs' confusion matrices."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from board.page_context import PageContext
from mnist_core.data.mnist import data_is_there, data_root
from mnist_core.errors import MnistCoreError
from mnist_core.evaluation.scores import Evaluation
from mnist_core.figures.comparison import confusion_difference
from mnist_core.runs.compare import run_evaluation
from mnist_core.runs.run import Run
from mnist_core.runs.run_classifier import BEST, run_version

_ASKED = "compare-asked"


def draw_difference(context: PageContext, runs: Mapping[str, Run]) -> None:
    """Draw confusion A minus confusion B, for two of the runs."""
    t = context.t
    if len(runs) < 2:
        st.caption(t("Choose two runs or more."))
        return
    names = list(runs)
    # a run that is no longer among them is not offered
    for key, first in (("compare-a", names[0]), ("compare-b", names[1])):
        if st.session_state.get(key) not in runs:
            st.session_state[key] = first
    left, right = st.columns(2)
    a = left.selectbox("A", names, key="compare-a", persist_state="session")
    b = right.selectbox("B", names, key="compare-b", persist_state="session")
    if a == b:
        st.info(t("A and B are the same run; choose another."), icon=":material/info:")
        return
    evaluations = [_evaluated(context, name, runs[name]) for name in (a, b)]
    first, second = evaluations
    if first is None or second is None:
        return
    try:
        figure = confusion_difference(first, second, translate=t)
    except MnistCoreError as error:
        st.error(str(error), icon=":material/error:")
        return
    _say(context, first, second)
    st.plotly_chart(
        figure,
        theme=None,
        key="compare-difference",
        config={"displaylogo": False},
        alt=t("Confusion of A minus confusion of B"),
    )


def _say(context: PageContext, first: Evaluation, second: Evaluation) -> None:
    t = context.t
    st.markdown(
        t(
            "A reads **{a}** of its held-out images right, B **{b}**. In the cells: A minus B.",
            a=f"{first.accuracy:.2%}",
            b=f"{second.accuracy:.2%}",
        )
    )
    st.caption(
        t(
            "Orange: A does worse there (more errors, or on the diagonal fewer read right). "
            "Blue: A does better. Empty: the same."
        )
    )
    if first.images != second.images:
        st.caption(
            t(
                "A was scored on {a} images, B on {b}: shares of each digit's images are "
                "compared, in percentage points, and of different images.",
                a=f"{first.images:,}",
                b=f"{second.images:,}",
            )
        )


def _evaluated(context: PageContext, name: str, run: Run) -> Evaluation | None:
    """Return a run's evaluation; None, and say so, where there is none yet."""
    t = context.t
    asked = st.session_state.setdefault(_ASKED, set())
    if not run.weights_path.is_file():
        st.info(
            t("{run} has no weights yet: they come with its first complete epoch.", run=name),
            icon=":material/hourglass_empty:",
        )
        return None
    try:
        if run.evaluation_path.is_file():
            return run_evaluation(run)
        if not data_is_there():
            st.error(
                t(
                    "{run} was not evaluated, and MNIST is not in {folder}. Set MNIST_ROOT to the "
                    "folder that holds MNIST/raw, and start the dashboard again.",
                    run=name,
                    folder=data_root(),
                ),
                icon=":material/error:",
            )
            return None
        if run.id not in asked:
            st.info(
                t("{run} is not finished. Its best weights so far can be scored.", run=name),
                icon=":material/info:",
            )
            if not st.button(
                t("Evaluate on the held-out images"),
                icon=":material/play_arrow:",
                key=f"compare-evaluate-{run.id}",
            ):
                return None
            asked.add(run.id)
            st.rerun()
        with st.spinner(t("Reading the held-out images…")):
            return _evaluate(run.folder, run_version(run, BEST), str(data_root()))
    except MnistCoreError as error:
        st.error(str(error), icon=":material/error:")
        return None


@st.cache_data(max_entries=16, show_spinner=False)
def _evaluate(folder: Path, version: str, root: str) -> Evaluation:
    """`version` makes better weights of the same run another entry."""
    return run_evaluation(Run(folder), root)
