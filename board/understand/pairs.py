"""The most confused pairs of digits, and attribution maps of their images."""

import streamlit as st

from board.page_context import PageContext
from board.runs.evaluations import RunPredictions, read_predictions
from board.runs.progress import read_metrics
from board.runs.run_choice import warn_of_damage
from board.widgets.common import in_columns, visible_count
from board.widgets.live_chart import live_chart
from mnist_core import figures
from mnist_core.evaluation.predictions import attributions
from mnist_core.evaluation.results import Evaluation
from mnist_core.evaluation.scores import CLASSIC_PAIRS
from mnist_core.runs.run_rows import RunRow

_PAIR = "pair"
_STEP = 4


def show(context: PageContext, summary: RunRow) -> None:
    """Draw this part of the page."""
    t = context.t
    found = read_predictions(context, summary)
    if found is None:
        return
    with st.container(horizontal=True):
        for pair in found.evaluation.pairs:
            st.metric(
                f"{pair.true} → {pair.predicted}",
                pair.count,
                f"{pair.rate:.2%}",
                delta_color="off",
                delta_arrow="off",
                border=True,
                width=130,
            )
    st.caption(t("Images of the first digit that were predicted as the second, and their share."))
    st.subheader(t("During training"))
    metrics = read_metrics(summary.run.folder)
    warn_of_damage(t, summary, metrics)
    curves = figures.pair_curves({"": metrics}, translate=t)
    live_chart(t("Confusion of the classic pairs during training"), curves, "pair-curves")
    st.subheader(t("Misclassified images"))
    _images(context, summary.run.id, found)
    st.subheader(t("The most confused pairs"))
    bars = figures.pair_confusions(found.evaluation, translate=t)
    live_chart(t("The most confused pairs, in both directions"), bars, "pair-bars")
    st.caption(t("Bold: the classic pairs, which are always shown."))


def _images(context: PageContext, run: str, found: RunPredictions) -> None:
    t = context.t
    pairs = _pairs(found.evaluation)
    if st.session_state.get(_PAIR) not in pairs:  # another run has other pairs
        st.session_state[_PAIR] = pairs[0]
    pair = st.selectbox(
        t("Pair"),
        pairs,
        format_func=lambda pair: f"{pair[0]} / {pair[1]}",
        key=_PAIR,
        width=160,
        persist_state="session",
    )
    st.caption(
        t(
            "Middle: attribution, orange towards the predicted digit, blue towards the true one "
            "(SmoothGrad of the difference of their logits, times the input). Right: the ten "
            "probabilities."
        )
    )
    for true, predicted in (pair, pair[::-1]):
        st.markdown(f"**{true} → {predicted}**")
        indices = found.predictions.cell(true, predicted)
        if not indices:
            st.caption(t("No {true} was predicted as {predicted}.", true=true, predicted=predicted))
            continue
        place = st.container()
        key = f"pair-{run}-{true}-{predicted}"
        shown = indices[: visible_count(context, key, len(indices), _STEP)]
        with place:
            _explained(context, found, shown, true, predicted)


def _explained(
    context: PageContext, found: RunPredictions, indices: list[int], true: int, predicted: int
) -> None:
    t, predictions = context.t, found.predictions
    maps = attributions(found.network, found.split, predictions, indices)
    for (index, attribution), column in in_columns(list(zip(indices, maps, strict=True))):
        text = t(
            "Image {n}: true digit {true}, predicted {predicted} ({confidence})",
            n=index,
            true=true,
            predicted=predicted,
            confidence=f"{predictions.confidence(index):.1%}",
        )
        figure = figures.explained_prediction(
            found.split.images[index, 0],
            attribution,
            predictions.probabilities[index],
            true,
            predicted,
            translate=t,
        )
        with column:
            st.caption(text)
            live_chart(text, figure, f"explained-{index}")


def _pairs(evaluation: Evaluation) -> list[tuple[int, int]]:
    """Return the classic pairs, then the other most confused ones."""
    confused = [(pair.first, pair.second) for pair in evaluation.most_confused]
    return [*CLASSIC_PAIRS, *(pair for pair in confused if pair not in CLASSIC_PAIRS)]
