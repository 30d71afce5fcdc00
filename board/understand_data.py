"""What the parts of the page Understand look at: held-out images, and the answers to them."""

from __future__ import annotations

from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from board.page_context import PageContext
from mnist_core.data.mnist import Split, data_is_there, data_root, load_train_validation
from mnist_core.evaluation.predictions import Answers, answer
from mnist_core.models.weights import Network, load_weights
from mnist_core.runs.run import Run

_ASKED = "understand-asked"


def read_held_out(context: PageContext, run: Run) -> Split | None:
    """Return the images that the run held out; None, and say so, where MNIST is missing.

    Raises MnistCoreError if the run's configuration or the data is damaged.
    """
    if not data_is_there():
        st.error(
            context.t(
                "MNIST is not in {folder}, so there are no images to look at. Set MNIST_ROOT to "
                "the folder that holds MNIST/raw, and start the dashboard again; a training "
                "downloads it, once, where there is a network.",
                folder=data_root(),
            ),
            icon=":material/error:",
        )
        return None
    return _held_out(str(data_root()), run.config().validation_size)


def read_answers(context: PageContext, run: Run) -> tuple[Network, Answers] | None:
    """Return the run's best network and its answers to the held-out images.

    None, and say so, where there is none yet. A run that was not evaluated is, on request.

    Raises
    ------
    MnistCoreError
        If weights, configuration or data are damaged.
    """
    t = context.t
    try:
        written = run.weights_path.stat().st_mtime_ns
    except OSError:
        st.info(
            t("This run has no weights yet: they come with its first complete epoch."),
            icon=":material/hourglass_empty:",
        )
        return None
    split = read_held_out(context, run)
    if split is None:
        return None
    asked = st.session_state.setdefault(_ASKED, set())
    if not run.evaluation_path.is_file() and run.id not in asked:
        st.info(
            t(
                "This run is not evaluated yet: that comes at its end. Its best weights so far can "
                "be looked at."
            ),
            icon=":material/info:",
        )
        if not st.button(t("Evaluate on the held-out images"), icon=":material/play_arrow:"):
            return None
        asked.add(run.id)
        st.rerun()
    with st.spinner(t("Reading the held-out images…")):
        found = _answers(run.weights_path, written, str(data_root()), len(split))
    st.caption(
        t(
            "Of {n} held-out images, which the run did not train on. The test set is not shown: "
            "nothing may be chosen by looking at it.",
            n=f"{len(split):,}",
        )
    )
    return found


def draw(figure: go.Figure, key: str, alt: str) -> None:
    """Draw a figure as it is, under this key; `alt` says to screen readers what it is."""
    st.plotly_chart(figure, theme=None, key=key, config={"displaylogo": False}, alt=alt)


def shown_so_far(context: PageContext, key: str, many: int, step: int) -> int:
    """Return how many of `many` things to show; draw the button that shows `step` more."""
    key = f"shown-{key}"
    shown = st.session_state.get(key, step)
    if shown < many:
        st.button(
            context.t("Show more ({n} left)", n=many - shown),
            key=f"{key}-more",
            icon=":material/expand_more:",
            on_click=st.session_state.update,
            args=({key: shown + step},),
        )
    return min(shown, many)


@st.cache_resource(max_entries=2, show_spinner=False)
def _held_out(root: str, size: int) -> Split:
    return load_train_validation("cpu", root, validation_size=size)[1]


@st.cache_resource(max_entries=8, show_spinner=False)
def _answers(weights: Path, written: int, root: str, size: int) -> tuple[Network, Answers]:
    """`written`, the time, makes other weights in the same place another entry."""
    network = load_weights(weights)[0]
    return network, answer(network, _held_out(root, size))
