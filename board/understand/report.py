"""Scores of each digit, and calibration."""

from typing import Any

import streamlit as st

from board.page_context import PageContext
from board.runs.evaluations import read_evaluation, show_image_count
from board.translation import Translator
from board.understand.scorecard import draw_scorecard
from board.widgets.common import draw_metrics
from board.widgets.live_chart import live_chart
from mnist_core import figures
from mnist_core.evaluation.calibration import Calibration
from mnist_core.evaluation.results import Evaluation
from mnist_core.evaluation.scorecard.intervals import wilson_interval
from mnist_core.runs.run_rows import RunRow

_NEGLIGIBLE = 5e-5
"""Difference of confidence and accuracy that is shown as 0.00."""


def show(context: PageContext, summary: RunRow) -> None:
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
    with st.container(key="main-report"):
        draw_metrics(boxes, "content")
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
    draw_scorecard(context, summary, evaluation)
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
    st.markdown(_bias(t, calibration))
    temperature, scaled = calibration.temperature, calibration.scaled_ece
    if temperature is None or scaled is None:
        return
    change = round(100 * scaled, 2) - round(100 * calibration.ece, 2)
    if change < 0:
        effect = t("lowers the ECE to {ece}", ece=f"{scaled:.2%}")
    elif change > 0:
        effect = t("raises the ECE to {ece}", ece=f"{scaled:.2%}")
    else:
        effect = t("leaves the ECE at {ece}", ece=f"{scaled:.2%}")
    st.markdown(
        t(
            "Temperature scaling by **{temperature}** {effect}. The temperature is the one with "
            "the lowest loss, which need not have the lowest ECE; the predictions stay the same.",
            temperature=f"{temperature:.2f}",
            effect=effect,
        )
    )


def _bias(t: Translator, calibration: Calibration) -> str:
    """Return whether the confidence is too high or too low on average."""
    images = sum(row.count for row in calibration.bins)
    gap = sum(row.count * (row.confidence - row.accuracy) for row in calibration.bins) / images
    if abs(gap) < _NEGLIGIBLE:
        return t("On average, its confidence is its accuracy.")
    size = f"{100 * abs(gap):.2f}"
    if gap > 0:
        return t("On average, it is overconfident by {gap} percentage points.", gap=size)
    return t("On average, it is underconfident by {gap} percentage points.", gap=size)
