"""The confusion matrix of a run, and the images of each cell."""

import streamlit as st

from board.page_context import PageContext
from board.runs.evaluations import RunPredictions, read_predictions
from board.widgets.common import visible_count
from board.widgets.live_chart import live_chart
from mnist_core import figures
from mnist_core.evaluation.results import Evaluation
from mnist_core.models.network import NUM_CLASSES
from mnist_core.runs.run_rows import RunRow

_TRUE, _PREDICTED = "cell-true", "cell-predicted"
_STEP = 24


def show(context: PageContext, summary: RunRow) -> None:
    """Draw this part of the page."""
    found = read_predictions(context, summary)
    if found is None:
        return
    if _TRUE not in st.session_state:
        st.session_state[_TRUE], st.session_state[_PREDICTED] = _first_cell(found.evaluation)
    matrix, images = st.columns(2)
    with matrix:
        _matrix(context, found.evaluation)
    with images:
        _images(context, summary.run.id, found)


def _matrix(context: PageContext, evaluation: Evaluation) -> None:
    t = context.t
    with st.container(horizontal=True):
        rates = st.toggle(t("Rates"), persist_state="session", key="confusion-rates")
        hidden = st.toggle(t("Hide the diagonal"), persist_state="session", key="confusion-hidden")
    figure = figures.confusion_matrix(
        evaluation.confusion,
        rates=rates,
        hide_diagonal=hidden,
        chosen=(st.session_state[_TRUE], st.session_state[_PREDICTED]),
        translate=t,
    )

    def choose(predicted: int, true: int) -> None:
        st.session_state[_TRUE], st.session_state[_PREDICTED] = true, predicted

    live_chart(t("Confusion matrix"), figure, "confusion", choose)
    st.caption(t("Click or tap a cell to see its images."))


def _images(context: PageContext, run: str, found: RunPredictions) -> None:
    t, predictions = context.t, found.predictions
    digits = list(range(NUM_CLASSES))
    with st.container(horizontal=True):
        true = st.selectbox(t("True digit"), digits, key=_TRUE, width=130, persist_state="session")
        predicted = st.selectbox(
            t("Predicted digit"), digits, key=_PREDICTED, width=150, persist_state="session"
        )
    cell = {"true": true, "predicted": predicted}
    indices = predictions.cell(true, predicted)
    if not indices:
        st.info(t("No {true} was predicted as {predicted}.", **cell), icon=":material/info:")
        return
    place = st.container()
    visible = visible_count(context, f"{run}-{true}-{predicted}", len(indices), _STEP)
    shown = indices[:visible]
    with place:
        st.markdown(
            t.plural(
                len(indices),
                "**{true} predicted as {predicted}**: {n} image",
                "**{true} predicted as {predicted}**: {n} images",
                **cell,
            )
        )
        order = t("Highest confidence first.")
        if true == predicted:
            order = t("Nearest to an error first: the smallest lead over another digit.")
        st.caption(f"{t('Above each image: confidence and index.')} {order}")
        captions = [f"<b>{predictions.confidence(index):.0%}</b> {index}" for index in shown]
        hovers = [f"{t('image')} {index}: {predictions.confidence(index):.2%}" for index in shown]
        grid = figures.image_grid(found.split.images[shown, 0], captions, hovers)
        live_chart(t("The images of the selected cell"), grid, "cell-images")


def _first_cell(evaluation: Evaluation) -> tuple[int, int]:
    """Return the cell with the most errors; (0, 0) if there are none."""
    pairs = evaluation.most_confused
    cells = [(pair.first_as_second, pair.first, pair.second) for pair in pairs]
    cells += [(pair.second_as_first, pair.second, pair.first) for pair in pairs]
    return max(cells, default=(0, 0, 0))[1:]
