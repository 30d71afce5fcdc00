"""The hidden layer of a run's network for the validation images, as a map of points."""

from pathlib import Path

import streamlit as st

from board.page_context import PageContext
from board.runs.evaluations import RunPredictions, read_predictions
from board.widgets.image_sheet import image_sheet
from board.widgets.live_chart import live_chart
from mnist_core import figures
from mnist_core.data.mnist import data_root
from mnist_core.evaluation.projection import Projection, project_hidden
from mnist_core.figures.projection import nearest, projection_scatter
from mnist_core.runs.run_classifier import BEST, run_version
from mnist_core.runs.run_rows import RunRow

_SELECTED = "projection-image"


def show(context: PageContext, summary: RunRow) -> None:
    """Draw this part of the page."""
    t = context.t
    found = read_predictions(context, summary)
    if found is None:
        return
    predictions = found.predictions
    projection = _project(
        summary.run.weights_path, run_version(summary.run, BEST), len(found.split), found
    )
    key = f"{_SELECTED}-{summary.run.id}"
    # the most confident mistake, where there is one
    first = next(iter(predictions.mistakes()), 0)
    selected = st.session_state.setdefault(key, first)
    selected = selected if selected < len(predictions) else first

    def choose(x: float, y: float) -> None:
        st.session_state[key] = nearest(projection, x, y)

    plane, image = st.columns([3, 1])
    with plane:
        figure = projection_scatter(
            projection, predictions.true, predictions.predicted, selected, translate=t
        )
        images = image_sheet(str(data_root()), len(found.split), found.split)
        live_chart(t("Projection of the hidden layer"), figure, "projection", choose, images)
        st.caption(
            t(
                "Principal components of the {n} units before the last layer. Colour and "
                "symbol: true digit; crosses: misclassified. Point at an image to see it; click "
                "or tap to keep it.",
                n=projection.units,
            )
        )
    with image:
        true, digit = predictions.true[selected], predictions.predicted[selected]
        st.markdown(
            t(
                "**{true}** predicted as **{predicted}**, {confidence}",
                true=true,
                predicted=digit,
                confidence=f"{predictions.confidence(selected):.1%}",
            )
        )
        caption = [f"{t('image')} {selected}"]
        grid = figures.image_grid(found.split.images[[selected], 0], caption, columns=1)
        live_chart(t("The selected image"), grid, "projection-image")


@st.cache_resource(max_entries=8, show_spinner=False)
def _project(weights: Path, version: str, size: int, _found: RunPredictions) -> Projection:
    """Return the projection; weights, version and size identify it in the cache."""
    return project_hidden(_found.network, _found.split.images)
