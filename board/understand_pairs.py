"""The digits that are taken for each other, and what in an image spoke for the wrong one."""

from __future__ import annotations

import streamlit as st

from board.page_context import PageContext
from board.progress import read_metrics
from board.understand_data import draw, read_answers, shown_so_far
from mnist_core import figures
from mnist_core.evaluation.predictions import Answers, explain
from mnist_core.evaluation.scores import CLASSIC_PAIRS, Evaluation
from mnist_core.models.weights import Network
from mnist_core.runs.run import Run

_PAIR = "pair"
_STEP = 4


def show(context: PageContext, run: Run) -> None:
    """Draw the part."""
    t = context.t
    found = read_answers(context, run)
    if found is None:
        return
    network, answers = found
    with st.container(horizontal=True):
        for way in answers.evaluation.pairs:
            label = f"{way.true} → {way.predicted}"
            st.metric(
                label,
                way.count,
                f"{way.rate:.2%}",
                delta_color="off",
                delta_arrow="off",
                border=True,
                width=130,
            )
    st.caption(t("Images of the first digit that were read as the second, and their share."))
    st.subheader(t("Over the epochs"))
    curves = figures.pair_curves({"": read_metrics(run.folder)}, translate=t)
    draw(curves, "pair-curves", t("Confusion of the classic pairs, epoch by epoch"))
    st.subheader(t("Image by image"))
    _images(context, run, network, answers)
    st.subheader(t("The ten most confused pairs"))
    bars = figures.pair_confusions(answers.evaluation, translate=t)
    draw(bars, "pair-bars", t("The most confused pairs, in both directions"))
    st.caption(t("Bold: the classic pairs, which are always shown."))


def _images(context: PageContext, run: Run, network: Network, answers: Answers) -> None:
    t = context.t
    pairs = _pairs(answers.evaluation)
    if st.session_state.get(_PAIR) not in pairs:  # another run has others
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
            "In the middle, orange spoke for the digit that was read and blue for the true one: "
            "the gradient of the difference of their logits times the image, smoothed. On the "
            "right, the ten probabilities."
        )
    )
    for true, read in (pair, pair[::-1]):
        st.markdown(f"**{true} → {read}**")
        indices = answers.cell(true, read)
        if not indices:
            st.caption(t("No {true} was read as {read}.", true=true, read=read))
            continue
        place = st.container()
        shown = indices[
            : shown_so_far(context, f"pair-{run.id}-{true}-{read}", len(indices), _STEP)
        ]
        with place:
            _explained(context, network, answers, shown)


def _explained(
    context: PageContext, network: Network, answers: Answers, indices: list[int]
) -> None:
    t = context.t
    maps = explain(network, answers, indices)
    frames = answers.frames(indices)
    # row by row, so that they come in this order on a phone
    for first in range(0, len(indices), 2):
        numbers = range(first, min(first + 2, len(indices)))
        for number, column in zip(numbers, st.columns(2), strict=False):
            index = indices[number]
            true, read = answers.label(index), int(answers.predicted[index])
            said = t(
                "Image {n}: a {true}, read as {read} ({confidence})",
                n=index,
                true=true,
                read=read,
                confidence=f"{answers.confidence(index):.1%}",
            )
            figure = figures.explained_read(
                frames[number],
                maps[number],
                answers.probabilities[index],
                true,
                read,
                translate=t,
            )
            with column:
                st.caption(said)
                draw(figure, f"explained-{index}", said)


def _pairs(evaluation: Evaluation) -> list[tuple[int, int]]:
    """Return the classic pairs, then the most confused ones that are none of these."""
    found = [(pair.first, pair.second) for pair in evaluation.most_confused]
    return [*CLASSIC_PAIRS, *(pair for pair in found if pair not in CLASSIC_PAIRS)]
