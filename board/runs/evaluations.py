"""A run's evaluation and per-image predictions, as the pages Understand and Compare show them."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

import streamlit as st

from board.access.visitors import check_may_change
from board.page_context import PageContext
from board.runs.actions import act_button
from board.widgets.markdown import code_markdown
from mnist_core.data.mnist import Split, data_root, has_training_set, load_validation
from mnist_core.evaluation.predictions import Predictions, predict_split
from mnist_core.evaluation.results import Evaluation
from mnist_core.models.card_file import read_card
from mnist_core.models.weights import Network, load_weights
from mnist_core.runs.evaluation import run_evaluation
from mnist_core.runs.run import Run
from mnist_core.runs.run_classifier import BEST, run_version
from mnist_core.runs.run_rows import RunRow

_REQUESTED = "evaluations-requested"


@dataclass(frozen=True, eq=False)
class RunPredictions:
    """The network that a run keeps, and its predictions for the validation images.

    The predictions agree with the run's evaluation image by image.
    """

    network: Network
    split: Split
    predictions: Predictions
    evaluation: Evaluation


def read_evaluation(context: PageContext, run: Run, name: str) -> Evaluation | None:
    """Return a run's evaluation; None, with the reason on the page, if there is none yet.

    An unfinished run is evaluated on request. `name` is shown as plain text.

    Raises
    ------
    MnistCoreError
        If weights, evaluation, configuration or data are damaged.
    """
    t = context.t
    if not run.weights_path.is_file():
        if run.read_state().best_epoch:
            read_card(run.weights_path)  # raises: they were deleted, or replaced by something else
        _explain(
            name,
            t("No weights yet: they are written at the end of the first epoch."),
            ":material/hourglass_empty:",
        )
        return None
    if run.evaluation_path.is_file():
        return run_evaluation(run)
    if not mnist_is_found(context):
        return None
    requested = st.session_state.setdefault(_REQUESTED, set())
    if run.id not in requested:
        _explain(
            name,
            t(
                "Not evaluated yet: that is done at the end of the run. The weights that it has "
                "kept so far can be evaluated now."
            ),
            ":material/info:",
        )
        act_button(
            t("Evaluate on the validation images"),
            ":material/play_arrow:",
            partial(requested.add, run.id),
            key=f"evaluate-{run.id}",
        )
        return None
    check_may_change()  # it writes into the run's folder
    with st.spinner(t("Evaluating the validation images …")):
        return _evaluate(run.folder, run_version(run, BEST), str(data_root()))


def read_predictions(context: PageContext, summary: RunRow) -> RunPredictions | None:
    """Return a run's predictions; None, with the reason on the page, if there are none yet.

    Raises MnistCoreError as `read_evaluation` does.
    """
    run = summary.run
    evaluation = read_evaluation(context, run, summary.label)
    if evaluation is None:
        return None
    split = read_validation(context, run)
    if split is None:
        return None
    with st.spinner(context.t("Evaluating the validation images …")):
        network, predictions = _predict(
            run.weights_path, run_version(run, BEST), str(data_root()), len(split)
        )
    show_image_count(context, len(split))
    return RunPredictions(network, split, evaluation.align(predictions), evaluation)


def read_validation(context: PageContext, run: Run) -> Split | None:
    """Return the run's validation images; None, with the reason on the page, without MNIST.

    Raises MnistCoreError if the run's configuration or the data is damaged.
    """
    if not mnist_is_found(context):
        return None
    return _validation(str(data_root()), run.config().validation_size)


def show_image_count(context: PageContext, images: int) -> None:
    """Draw a caption that says which images the scores are of."""
    st.caption(
        context.t(
            "Of {n} validation images, which the run was not trained on. The test set is never "
            "shown: nothing may be chosen by its results.",
            n=f"{images:,}",
        )
    )


def mnist_is_found(context: PageContext) -> bool:
    """Return whether MNIST is in the data folder; if not, the page says what to do."""
    if has_training_set():
        return True
    st.error(
        context.t(
            "MNIST is not in {folder}. Set MNIST_ROOT to the folder that contains MNIST/raw and "
            "restart the dashboard; with an internet connection, a training downloads it.",
            folder=code_markdown(data_root()),
        ),
        icon=":material/error:",
    )
    return False


def _explain(name: str, reason: str, icon: str) -> None:
    with st.container(border=True):
        st.text(name)
        st.info(reason, icon=icon)


@st.cache_data(max_entries=16, show_spinner=False)
def _evaluate(folder: Path, version: str, root: str) -> Evaluation:
    """Evaluate a run; `version` changes with its weights."""
    return run_evaluation(Run(folder), root)


@st.cache_resource(max_entries=2, show_spinner=False)
def _validation(root: str, size: int) -> Split:
    return load_validation("cpu", root, size=size)


@st.cache_resource(max_entries=8, show_spinner=False)
def _predict(weights: Path, version: str, root: str, size: int) -> tuple[Network, Predictions]:
    """Predict the validation images; `version` changes with the weights."""
    network = load_weights(weights)[0]
    return network, predict_split(network, _validation(root, size))
