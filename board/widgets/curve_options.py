"""The options of curves, which the pages Watch and Compare share."""

from __future__ import annotations

from dataclasses import dataclass

import plotly.graph_objects as go
import streamlit as st

from board.translation import Translator
from mnist_core.runs.axes import Axis

_CHOICES = {
    Axis.STEP: "steps",
    Axis.EPOCH: "epochs",
    Axis.IMAGES: "images",
    Axis.TIME: "time",
}
_TITLES = {
    Axis.STEP: "step",
    Axis.EPOCH: "epoch",
    Axis.IMAGES: "images seen",
    Axis.TIME: "training time (s)",
}


@dataclass(frozen=True)
class CurveOptions:
    """Weight of the past in the smoothed curve, logarithmic loss, and the horizontal axis."""

    smoothing: float
    log_scale: bool
    axis: Axis


def draw_curve_options(t: Translator) -> CurveOptions:
    """Draw the axis, and behind a button what is changed seldom."""
    kept = {"persist_state": "session"}
    axis = st.segmented_control(
        t("Horizontal axis"),
        list(Axis),
        default=Axis.STEP,
        required=True,
        format_func=lambda one: t(_CHOICES[one]),
        key="axis",
        label_visibility="collapsed",
        **kept,
    )
    with st.popover(t("Curves"), icon=":material/show_chart:"):
        smoothing = st.slider(t("Smoothing"), 0.0, 0.99, 0.6, 0.01, width=260, key="sm", **kept)
        log_scale = st.toggle(t("Logarithmic loss"), key="log", **kept)
    return CurveOptions(smoothing, log_scale, Axis(axis))


def label_axis(figure: go.Figure, axis: Axis, t: Translator) -> go.Figure:
    """Write what the horizontal axis counts; a zoom is kept on the same axis only."""
    return figure.update_xaxes(title=t(_TITLES[axis]), uirevision=str(axis))
