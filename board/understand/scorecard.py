"""How a run reads what other people wrote with a pen, beside MNIST's validation images."""

import streamlit as st

from board.page_context import PageContext
from board.runs.actions import act_button
from board.translation import Translator
from board.widgets.common import draw_refreshed, errors_shown, show_error, warn
from board.widgets.markdown import code_markdown, escape_markdown
from mnist_core.evaluation.results import Evaluation
from mnist_core.evaluation.scorecard.intervals import wilson_interval
from mnist_core.evaluation.scorecard.mnist_rows import VALIDATION, VALIDATION_ECE
from mnist_core.evaluation.scorecard.results import Measurement, Row
from mnist_core.evaluation.scorecard.sets import Sets, drawings_root
from mnist_core.runs.run import Run
from mnist_core.runs.run_rows import RunRow
from mnist_core.runs.run_scorecard import (
    RunScorecard,
    is_measuring,
    read_scorecard,
    start_scorecard,
)

_REFRESH_SECONDS = 2.0
_REQUESTED = "scorecards-requested"


def draw_scorecard(context: PageContext, summary: RunRow, evaluation: Evaluation) -> None:
    """Draw the scores on MNIST and on pen strokes, or the button that measures the latter."""
    t, run = context.t, summary.run
    st.subheader(t("MNIST and other people's handwriting"))
    measuring, found = is_measuring(run), None
    with errors_shown():  # a damaged file is named, and replaced by the next measurement
        found = None if measuring else read_scorecard(run)
    card = found.card if found else None
    with errors_shown():
        _draw_table(t, evaluation, card.rows if card else (), run.id)
        if measuring:
            _wait(t, run)
        elif card is None:
            _offer(t, run, found)


def _draw_table(t: Translator, evaluation: Evaluation, rows: tuple[Row, ...], name: str) -> None:
    correct = evaluation.images - len(evaluation.misclassified)
    low, high = wilson_interval(correct, evaluation.images)
    accuracy = Measurement(
        value=evaluation.accuracy, low=low, high=high, count=evaluation.images, correct=correct
    )
    columns: dict[str, list[str]] = {
        title: [] for title in (t("what"), t("share"), t("95% interval"), t("count"))
    }

    def add(row: Row, one: Measurement, interval: str) -> None:
        title = f"{t(row.title)} ({t('lower is better')})" if row.lower_is_better else t(row.title)
        values = (title, f"{one.value:.2%}", interval, f"{one.count:,}")
        for column, value in zip(columns.values(), values, strict=True):
            column.append(value)

    add(VALIDATION, accuracy, _interval(accuracy))
    ece = evaluation.calibration.ece
    add(VALIDATION_ECE, accuracy.model_copy(update={"value": ece}), "–")
    for row in rows:
        if name in row.measured:
            add(row, row.measured[name], _interval(row.measured[name]))
    # a table whose cells wrap: the first column leaves room for the numbers on a phone
    st.table(
        columns,
        hide_index=True,
        border="horizontal",
        alt=t("Accuracy and calibration error on MNIST and on pen strokes"),
    )
    for reason in dict.fromkeys(row.skipped for row in rows if row.skipped):
        st.caption(t("Not measured: {reason}", reason=escape_markdown(reason)))
    if rows:
        st.caption(
            t(
                "UNIPEN and pendigits: pen strokes of people who had nothing to do with this "
                "project, through the pad's whole pipeline; no run is trained on them. Intervals: "
                "Wilson's; of calibration errors, the bootstrap's. `python -m mnist_core "
                "scorecard` measures pictures and rows of digits as well.",
            )
        )


def _interval(one: Measurement) -> str:
    return f"{one.low:.2%} – {one.high:.2%}"


def _wait(t: Translator, run: Run) -> None:
    """Draw that it is being measured, until the measurement has ended."""

    def draw() -> None:
        if not is_measuring(run):
            st.rerun()
        st.info(
            t("Measuring pen strokes: about 16,000 digits and 3,000 letters …"),
            icon=":material/hourglass_top:",
        )

    draw_refreshed(draw, _REFRESH_SECONDS)


def _offer(t: Translator, run: Run, found: RunScorecard | None) -> None:
    requested = st.session_state.setdefault(_REQUESTED, set())
    folder = drawings_root()
    if not Sets(folder).available:
        st.info(
            t(
                "How well it reads what people draw can be measured on pen strokes, which are not "
                "in {folder}. Set DRAWINGS_ROOT to the folder that contains `pendigits/` and "
                "`unipen/`, and restart the dashboard.",
                folder=code_markdown(folder),
            ),
            icon=":material/info:",
        )
        return
    if found:
        show_error(found.error)
    elif run.id in requested:
        warn(t("The measurement has exited unexpectedly; its output is in scorecard.txt."))

    def start() -> None:
        requested.add(run.id)
        start_scorecard(run)

    act_button(t("Measure on pen strokes"), ":material/draw:", start, key=f"scorecard-{run.id}")
