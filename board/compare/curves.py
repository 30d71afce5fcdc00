"""The curves of several runs in common charts."""

from __future__ import annotations

from collections.abc import Mapping

import plotly.graph_objects as go
import streamlit as st

from board.translation import Translator
from board.widgets.curve_options import CurveOptions, label_axis
from board.widgets.live_chart import live_chart
from mnist_core import figures
from mnist_core.runs import metric_tags as tags
from mnist_core.runs.axes import Axis, on_axis
from mnist_core.runs.metric_log import Series
from mnist_core.training.config import TrainConfig

Runs = Mapping[str, Mapping[str, Series]]

_DRAWN = (
    tags.TRAIN_LOSS,
    tags.TRAIN_ACCURACY,
    tags.VALIDATION_LOSS,
    tags.VALIDATION_ACCURACY,
    tags.LEARNING_RATE,
)
_FIRST = tags.IMAGES_PER_SECOND
_LEGEND_LINE = 20
"""Height in pixels of a run's line in the legend; on a phone each run has its own."""


def draw_curves(
    t: Translator, runs: Runs, configs: Mapping[str, TrainConfig], options: CurveOptions
) -> None:
    """Draw loss, accuracy, learning rate and a metric to select, with a colour for each run."""
    runs = {name: on_axis(series, configs[name], options.axis) for name, series in runs.items()}
    smoothing, log_scale = options.smoothing, options.log_scale
    charts = {
        t("Loss"): figures.loss_curves(runs, smoothing=smoothing, log_scale=log_scale, translate=t),
        t("Accuracy"): figures.accuracy_curves(runs, smoothing=smoothing, translate=t),
        t("Learning rate"): figures.learning_rate_curve(runs, translate=t),
    }
    st.caption(t("Bold with markers: validation. Thin: training."))
    titles = list(charts)
    charts[titles[-1]].update_yaxes(rangemode="tozero")
    # columns of one row at a time keep this order on a phone
    upper, lower = st.columns(2), st.columns(2)
    for title, column in zip(titles, (*upper, lower[0]), strict=True):
        with column:
            st.subheader(title)
            figure = _legend_by_run(label_axis(charts[title], options.axis, t), t, len(runs))
            live_chart(title, figure.to_json(), f"compare-{title}")
    with lower[1]:
        _selected_metric(t, runs, options.axis)


def _selected_metric(t: Translator, runs: Runs, axis: Axis) -> None:
    other = sorted({tag for metrics in runs.values() for tag in metrics} - set(_DRAWN))
    if not other:
        return
    if st.session_state.get("compare-metric") not in other:
        st.session_state["compare-metric"] = _FIRST if _FIRST in other else other[0]
    tag = st.selectbox(
        t("Another metric"),
        other,
        key="compare-metric",
        persist_state="session",
        format_func=lambda tag: t(tags.describe(tag)[0]),
    )
    figure = figures.metric_curve(runs, tag, t(tags.describe(tag)[0]), translate=t)
    label_axis(figure, axis, t)
    live_chart(tag, _legend_by_run(figure, t, len(runs)).to_json(), "compare-metric-chart")


def _legend_by_run(figure: go.Figure, t: Translator, runs: int) -> go.Figure:
    """Give each run one entry in the legend, which toggles all of its lines."""
    validation, training = f" {t('validation')}", f" {t('training')}"
    with_validation = {
        line.name.removesuffix(validation) for line in figure.data if line.name.endswith(validation)
    }
    for line in figure.data:
        run = line.name.removesuffix(validation).removesuffix(training)
        second = line.name.endswith(training) and run in with_validation
        line.update(legendgroup=run, name=run, showlegend=line.showlegend and not second)
    return figure.update_layout(height=(figure.layout.height or 360) + _LEGEND_LINE * (runs - 1))
