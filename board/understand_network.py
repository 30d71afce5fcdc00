"""What the first convolution looks for, and what it makes of an image, epoch by epoch."""

from __future__ import annotations

import numpy as np
import streamlit as st
from torch import Tensor

from board.page_context import PageContext
from board.understand_data import draw, read_held_out
from mnist_core import figures
from mnist_core.evaluation.predictions import images_of
from mnist_core.inference.classifier import load_classifier
from mnist_core.models.architectures import NUM_CLASSES
from mnist_core.runs.conv1_history import Conv1History
from mnist_core.runs.run import Run


def show(context: PageContext, run: Run) -> None:
    """Draw the part."""
    t = context.t
    split = read_held_out(context, run)
    if split is None:
        return
    image, network = st.columns([1, 2])
    with image:
        with st.container(horizontal=True):
            digit = st.selectbox(
                t("Digit"),
                range(NUM_CLASSES),
                key="network-digit",
                width=100,
                persist_state="session",
            )
            indices = images_of(split, digit)
            number = st.number_input(
                t("Which of them"),
                1,
                max(len(indices), 1),
                key=f"network-number-{digit}-of-{len(indices)}",
                width=150,
            )
        if not indices:
            st.info(t("There is no {digit} among the held-out images.", digit=digit))
            return
        index = indices[number - 1]
        frame = split.images[index, 0]
        grid = figures.image_grid(frame[None], [f"{t('image')} {index}"])
        draw(grid, "network-image", t("The chosen image"))
    with network:
        _conv1(context, run, frame, index)


def _conv1(context: PageContext, run: Run, frame: Tensor, index: int) -> None:
    t = context.t
    history = Conv1History(run)
    epochs = history.epochs()
    if epochs:
        epoch = _choose_epoch(context, run, epochs)
        extent, highest = _largest(history, str(run.folder), tuple(epochs), frame, index)
        kernels, maps = history.kernels(epoch), history.maps(frame, epoch)
    elif run.weights_path.is_file():
        st.info(
            t(
                "This run kept no history of its first convolution: an earlier version trained "
                "it. These are its best weights."
            ),
            icon=":material/info:",
        )
        classifier = load_classifier(run.weights_path)
        kernels, maps = classifier.kernels(), classifier.feature_maps(np.asarray(frame))
        extent = highest = None
    else:
        st.info(
            t("There is nothing to see yet: this run has not begun to train."),
            icon=":material/hourglass_empty:",
        )
        return
    st.subheader(t("Kernels of conv1"))
    draw(
        figures.kernels(kernels, extent=extent, translate=t),
        "network-kernels",
        t("The kernels of the first convolution"),
    )
    st.caption(t("What it looks for: ink where orange, none where blue."))
    st.subheader(t("Feature maps"))
    draw(
        figures.feature_maps(maps, highest=highest, translate=t),
        "network-maps",
        t("What the first convolution makes of the image"),
    )
    st.caption(t("What it finds in the image; the brighter, the more."))


def _choose_epoch(context: PageContext, run: Run, epochs: list[int]) -> int:
    t, key = context.t, f"network-epoch-{run.id}"
    best = run.state().best_epoch

    # nothing that changes: Streamlit's lists know an entry by what it says
    def label(epoch: int) -> str:
        return str(epoch) if epoch else t("before training")

    if len(epochs) == 1:
        st.caption(
            t("Epoch: {epoch}. The next comes with the first complete one.", epoch=label(epochs[0]))
        )
        return epochs[0]
    if st.session_state.get(key) not in epochs:  # of a long run, some epochs go again
        st.session_state[key] = best if best in epochs else epochs[-1]
    epoch = st.select_slider(
        t("Epoch"), epochs, format_func=label, key=key, persist_state="session"
    )
    st.caption(t("The best epoch is {n}; its weights are the run's.", n=best))
    return epoch


@st.cache_data(max_entries=64, show_spinner=False)
def _largest(
    _history: Conv1History, folder: str, epochs: tuple[int, ...], _frame: Tensor, index: int
) -> tuple[float, float]:
    """The folder, the epochs and the image's number say what it is of."""
    return _history.largest(_frame)
