"""Which digits were read as which, and the images behind every cell."""

from __future__ import annotations

import streamlit as st

from board.live_chart import live_chart
from board.page_context import PageContext
from board.understand_data import draw, read_answers, shown_so_far
from mnist_core import figures
from mnist_core.evaluation.predictions import Answers
from mnist_core.models.architectures import NUM_CLASSES
from mnist_core.runs.run import Run

_TRUE, _READ = "cell-true", "cell-read"
_STEP = 24


def show(context: PageContext, run: Run) -> None:
    """Draw the part."""
    found = read_answers(context, run)
    if found is None:
        return
    answers = found[1]
    if _TRUE not in st.session_state:
        st.session_state[_TRUE], st.session_state[_READ] = _first_cell(answers)
    matrix, images = st.columns(2)
    with matrix:
        _matrix(context, answers)
    with images:
        _images(context, run, answers)


def _matrix(context: PageContext, answers: Answers) -> None:
    t = context.t
    with st.container(horizontal=True):
        rates = st.toggle(t("Rates"), persist_state="session", key="confusion-rates")
        hidden = st.toggle(t("Hide the diagonal"), persist_state="session", key="confusion-hidden")
    cell = st.session_state[_TRUE], st.session_state[_READ]
    figure = figures.confusion_matrix(
        answers.evaluation.confusion,
        rates=rates,
        hide_diagonal=hidden,
        chosen=cell,
        translate=t,
    )

    def choose(read: int, true: int) -> None:
        st.session_state[_TRUE], st.session_state[_READ] = true, read

    title = t("Confusion matrix: true digit by what it was read as")
    live_chart(title, figure, "confusion", choose)
    st.caption(t("Click or touch a cell to see its images."))


def _images(context: PageContext, run: Run, answers: Answers) -> None:
    t = context.t
    digits = list(range(NUM_CLASSES))
    with st.container(horizontal=True):
        true = st.selectbox(t("True digit"), digits, key=_TRUE, width=130, persist_state="session")
        read = st.selectbox(t("Read as"), digits, key=_READ, width=130, persist_state="session")
    indices = answers.cell(true, read)
    if not indices:
        st.info(t("No {true} was read as {read}.", true=true, read=read), icon=":material/info:")
        return
    place = st.container()
    shown = indices[: shown_so_far(context, f"{run.id}-{true}-{read}", len(indices), _STEP)]
    with place:
        st.markdown(
            t("**{true} read as {read}**: {n} images", true=true, read=read, n=len(indices))
        )
        st.caption(t("Above each: how sure the network was, and the image's number. Surest first."))
        captions = [f"<b>{answers.confidence(index):.0%}</b> {index}" for index in shown]
        hovers = [f"{t('image')} {index}: {answers.confidence(index):.2%}" for index in shown]
        draw(
            figures.image_grid(answers.frames(shown), captions, hovers),
            "cell-images",
            t("The images of the chosen cell"),
        )


def _first_cell(answers: Answers) -> tuple[int, int]:
    """Return the cell with the most errors; a right one where there are none."""
    pairs = answers.evaluation.most_confused
    ways = [(pair.first_as_second, pair.first, pair.second) for pair in pairs]
    ways += [(pair.second_as_first, pair.second, pair.first) for pair in pairs]
    return max(ways, default=(0, 0, 0))[1:]
