"""Scores by digit, and whether the network is as sure as it should be."""

from __future__ import annotations

import streamlit as st

from board.page_context import PageContext
from board.translation import Translator
from board.understand_data import draw, read_answers
from mnist_core import figures
from mnist_core.evaluation.calibration import Calibration
from mnist_core.evaluation.scores import Evaluation
from mnist_core.runs.run import Run


def show(context: PageContext, run: Run) -> None:
    """Draw the part."""
    t = context.t
    found = read_answers(context, run)
    if found is None:
        return
    evaluation = found[1].evaluation
    with st.container(horizontal=True):
        st.metric(t("Accuracy"), f"{evaluation.accuracy:.2%}", border=True, width=150)
        st.metric(t("Errors"), f"{len(evaluation.misclassified):,}", border=True, width=150)
        st.metric(t("Loss (nats)"), f"{evaluation.loss:.4f}", border=True, width=150)
    scores, calibration = st.columns(2)
    with scores:
        st.subheader(t("Digit by digit"))
        _scores(t, evaluation)
    with calibration:
        st.subheader(t("As sure as it should be?"))
        _calibration(t, evaluation.calibration)


def _scores(t: Translator, evaluation: Evaluation) -> None:
    shares = {"precision": t("precision"), "recall": t("recall"), "f1": "F1"}
    table: dict[str, list[float]] = {t("digit"): list(range(len(evaluation.per_class)))}
    rows = [evaluation.per_class[str(digit)] for digit in table[t("digit")]]
    for field, title in shares.items():
        table[title] = [100 * row[field] for row in rows]
    table[t("support")] = [row["support"] for row in rows]
    percent = st.column_config.NumberColumn(format="%.2f%%")
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config=dict.fromkeys(shares.values(), percent),
        alt=t("Precision, recall, F1 and number of images for each digit"),
    )
    st.caption(
        t(
            "Precision: of what was read as this digit, how much is. Recall: of this digit's "
            "images, how many were read so. F1: their harmonic mean. Support: images of the "
            "digit. A click on a heading sorts."
        )
    )


def _calibration(t: Translator, calibration: Calibration) -> None:
    draw(
        figures.reliability_diagram(calibration, translate=t),
        "reliability",
        t("Reliability diagram: accuracy by confidence"),
    )
    st.markdown(
        t(
            "Expected calibration error (ECE) **{ece}**: so far apart are confidence and accuracy, "
            "on average.",
            ece=f"{calibration.ece:.2%}",
        )
    )
    temperature = calibration.temperature
    if temperature is None or calibration.scaled_ece is None:
        return
    said = {
        1: t("The network is surer than it should be."),
        0: t("The network is as sure as it should be."),
        -1: t("The network is less sure than it could be."),
    }[_side(temperature)]
    st.markdown(
        t(
            "Temperature **{temperature}**. {said} With its logits divided by this, the ECE is "
            "{ece}; what is read stays the same.",
            temperature=f"{temperature:.2f}",
            said=said,
            ece=f"{calibration.scaled_ece:.2%}",
        )
    )


def _side(temperature: float) -> int:
    shown = round(temperature, 2)
    return (shown > 1) - (shown < 1)
