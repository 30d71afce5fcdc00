"""Kernels and feature maps of the first convolution, over the epochs."""

import numpy as np
import streamlit as st
from torch import Tensor

from board.page_context import PageContext
from board.runs.evaluations import read_validation
from board.settings.number_fields import check_number, draw_number
from board.widgets.live_chart import live_chart
from mnist_core import figures
from mnist_core.evaluation.predictions import indices_of_digit
from mnist_core.inference.classifier import load_classifier
from mnist_core.models.network import NUM_CLASSES
from mnist_core.runs.conv1_history import Conv1History
from mnist_core.runs.run import Run
from mnist_core.runs.run_rows import RunRow


def show(context: PageContext, summary: RunRow) -> None:
    """Draw this part of the page."""
    t = context.t
    split = read_validation(context, summary.run)
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
            indices = indices_of_digit(split, digit)
            key = f"network-number-{digit}-of-{len(indices)}"
            st.session_state.setdefault(key, 1)
            number = draw_number(t("Image number"), step=1, integer=True, key=key, width=150)
        if not indices:
            st.info(t("There is no {digit} among the validation images.", digit=digit))
            return
        check_number(t("Image number"), number, 1, len(indices), integer=True)
        index = indices[number - 1]
        frame = split.images[index, 0]
        grid = figures.image_grid(frame[None], [f"{t('image')} {index}"])
        live_chart(t("The selected image"), grid, "network-image")
    with network:
        _conv1(context, summary.run, frame, index)


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
                "This run has no history of its first convolution: it was trained by an earlier "
                "version. Shown are the weights that it keeps."
            ),
            icon=":material/info:",
        )
        classifier = load_classifier(run.weights_path)
        kernels, maps = classifier.kernels(), classifier.feature_maps(np.asarray(frame))
        extent = highest = None
    else:
        st.info(
            t("Nothing to show yet: the training has not started."),
            icon=":material/hourglass_empty:",
        )
        return
    st.subheader(t("Kernels of conv1"))
    live_chart(
        t("The kernels of the first convolution"),
        figures.kernels(kernels, extent=extent, translate=t),
        "network-kernels",
    )
    st.caption(t("Orange: positive weights. Blue: negative weights."))
    st.subheader(t("Feature maps of conv1"))
    live_chart(
        t("The feature maps of the first convolution for the image"),
        figures.feature_maps(maps, highest=highest, translate=t),
        "network-maps",
    )
    st.caption(t("Brighter: a higher activation."))


def _choose_epoch(context: PageContext, run: Run, epochs: list[int]) -> int:
    t, key = context.t, f"network-epoch-{run.id}"
    kept = run.state().best_epoch

    # the labels must not change: Streamlit identifies an option by its label
    def label(epoch: int) -> str:
        return str(epoch) if epoch else t("initial")

    if len(epochs) == 1:
        st.caption(
            t("Epoch: {epoch}. More after the first complete epoch.", epoch=label(epochs[0]))
        )
        return epochs[0]
    if st.session_state.get(key) not in epochs:  # long runs drop some epochs
        st.session_state[key] = kept if kept in epochs else epochs[-1]
    epoch = st.select_slider(
        t("Epoch"), epochs, format_func=label, key=key, persist_state="session"
    )
    st.caption(
        t("The last epoch, {n}, is kept: the run's weights are from it.", n=kept)
        if run.config().keep_epoch == "last"
        else t("The best epoch is {n}: the run's weights are from it.", n=kept)
    )
    return epoch


@st.cache_data(max_entries=64, show_spinner=False)
def _largest(
    _history: Conv1History, folder: str, epochs: tuple[int, ...], _frame: Tensor, index: int
) -> tuple[float, float]:
    """Return the history's largest values; folder, epochs and index identify them in the cache."""
    return _history.largest(_frame)
