"""All misclassified images of a run, filtered by digit, prediction and certainty."""

import streamlit as st

from board.page_context import PageContext
from board.runs.evaluations import read_predictions
from board.widgets.common import visible_count
from board.widgets.live_chart import live_chart
from mnist_core import figures
from mnist_core.models.network import NUM_CLASSES
from mnist_core.runs.run_rows import RunRow

_STEP = 48


def show(context: PageContext, summary: RunRow) -> None:
    """Draw this part of the page."""
    t = context.t
    found = read_predictions(context, summary)
    if found is None:
        return
    predictions, digits = found.predictions, list(range(NUM_CLASSES))
    # two of them fit beside each other on a phone
    kept = {"width": 163, "persist_state": "session"}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        true = st.multiselect(
            t("True digit"), digits, key="mistakes-true", placeholder=t("all"), **kept
        )
        predicted = st.multiselect(
            t("Predicted digit"), digits, key="mistakes-predicted", placeholder=t("all"), **kept
        )
        low, high = st.slider(
            t("Confidence (%)"),
            0,
            100,
            (0, 100),
            key="mistakes-confidence",
            **{**kept, "width": 260},
        )
    indices = predictions.mistakes(true, predicted, (low / 100, high / 100))
    total = len(predictions.mistakes())
    st.markdown(t("**{n}** of {total} misclassified images", n=len(indices), total=total))
    if not indices:
        st.info(t("No misclassified image matches."), icon=":material/filter_alt_off:")
        return
    place = st.container()
    key = f"mistakes-{summary.run.id}-{true}-{predicted}-{low}-{high}"
    shown = indices[: visible_count(context, key, len(indices), _STEP)]
    with place:
        st.caption(
            t("Above each image: true digit, prediction and confidence. Highest confidence first.")
        )
        captions = [
            f"{predictions.true[index]}→<b>{predictions.predicted[index]}</b> "
            f"{predictions.confidence(index):.0%}"
            for index in shown
        ]
        hovers = [f"{t('image')} {index}: {predictions.confidence(index):.2%}" for index in shown]
        grid = figures.image_grid(found.split.images[shown, 0], captions, hovers)
        live_chart(t("Misclassified images"), grid, "mistakes")
