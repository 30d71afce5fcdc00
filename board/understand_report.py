"""Scores of each digit, and calibration."""

from __future__ import annotations

from typing import Any

import streamlit as st

from board.evaluations import read_evaluation, show_image_count
from board.live_chart import live_chart
from board.page_context import PageContext
from board.runs import RunSummary
from board.translation import Translator
from board.widgets import draw_metrics
from mnist_core import figures
from mnist_core.evaluation.calibration import Calibration
from mnist_core.evaluation.scorecard.intervals import wilson_interval
from mnist_core.evaluation.scores import Evaluation


def show(context: PageContext, summary: RunSummary) -> None:
    """Draw this part of the page."""
    t = context.t
    evaluation = read_evaluation(context, summary.run, summary.label)
    if evaluation is None:
        return
    show_image_count(context, evaluation.images)
    boxes = {
        t("Accuracy"): f"{evaluation.accuracy:.2%}",
        t("Errors"): f"{len(evaluation.misclassified):,}",
        t("Loss (nats)"): f"{evaluation.loss:.4f}",
    }
    draw_metrics(boxes, 150)
    low, high = wilson_interval(
        evaluation.images - len(evaluation.misclassified), evaluation.images
    )
    st.caption(
        t(
            "95% confidence interval of the accuracy: {low} to {high} (Wilson). Runs whose "
            "intervals overlap widely may be equally good.",
            low=f"{low:.2%}",
            high=f"{high:.2%}",
        )
    )
    scores, calibration = st.columns(2)
    with scores:
        st.subheader(t("Scores of each digit"))
        _scores(t, evaluation)
    with calibration:
        st.subheader(t("Calibration"))
        _calibration(t, evaluation.calibration)


def _scores(t: Translator, evaluation: Evaluation) -> None:
    shares = {"precision": t("precision"), "recall": t("recall"), "f1": "F1"}
    rows = list(evaluation.per_class.values())
    table: dict[str, list[Any]] = {t("digit"): [int(digit) for digit in evaluation.per_class]}
    for field, title in shares.items():
        table[title] = [100 * row[field] for row in rows]
    intervals = [
        wilson_interval(evaluation.confusion[int(digit)][int(digit)], int(row["support"]))
        for digit, row in evaluation.per_class.items()
    ]
    table[t("95% of recall")] = [f"{low:.1%} – {high:.1%}" for low, high in intervals]
    table[t("support")] = [row["support"] for row in rows]
    percent = st.column_config.NumberColumn(format="%.2f%%")
    st.dataframe(
        table,
        hide_index=True,
        height="content",
        column_config=dict.fromkeys(shares.values(), percent),
        alt=t("Precision, recall, F1 and number of images of each digit"),
    )
    st.caption(
        t(
            "Precision: share of the images predicted as the digit that show it. Recall: share of "
            "the digit's images that were predicted as it. F1: their harmonic mean. Support: "
            "images of the digit. Click a column header to sort."
        )
    )


def _calibration(t: Translator, calibration: Calibration) -> None:
    live_chart(
        t("Reliability diagram: accuracy over confidence"),
        figures.reliability_diagram(calibration, translate=t),
        "reliability",
    )
    st.markdown(
        t(
            "Expected calibration error (ECE): **{ece}**, the mean gap between confidence and "
            "accuracy.",
            ece=f"{calibration.ece:.2%}",
        )
    )
    temperature = calibration.temperature
    if temperature is None or calibration.scaled_ece is None:
        return
    shown = round(temperature, 2)
    if shown > 1:
        verdict = t("The network is overconfident.")
    elif shown < 1:
        verdict = t("The network is underconfident.")
    else:
        verdict = t("The network is calibrated.")
    st.markdown(
        t(
            "Temperature: **{temperature}**. {verdict} After temperature scaling, the ECE is "
            "{ece}; the predictions stay the same.",
            temperature=f"{temperature:.2f}",
            verdict=verdict,
            ece=f"{calibration.scaled_ece:.2%}",
        )
    )
