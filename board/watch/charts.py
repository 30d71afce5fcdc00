"""The charts of the page Watch."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import plotly.graph_objects as go
import streamlit as st

from board.translation import Translator
from board.watch.usage_charts import usage_charts
from board.widgets.common import in_columns
from board.widgets.curve_options import CurveOptions, label_axis
from board.widgets.live_chart import live_chart
from mnist_core import figures
from mnist_core.runs import metric_tags as tags
from mnist_core.runs.axes import on_axis
from mnist_core.runs.metric_log import Series
from mnist_core.runs.state import RunState, RunStatus
from mnist_core.training.config import TrainConfig

_GROWTH = 1.02
SMALL = 260
"""Height in pixels of the charts below the first two."""
_FEW_LINES = 6
"""Lines whose legend is small on a phone."""
_LEGEND_ROW = 20
"""Pixels of a legend's row; on a phone it has two lines."""


def chart_figures(
    folder: Path,
    metrics: Mapping[str, Series],
    config: TrainConfig,
    t: Translator,
    options: CurveOptions,
    state: RunState,
) -> dict[str, str]:
    """Return the charts, by English title, as JSON of plotly figures.

    All sessions that watch a run share them. While it trains they are updated when an epoch has
    ended or the number of points has grown by 2%: less would not be visible.
    """
    version = chart_version(metrics, state)
    return _figures(folder, version, metrics, config, t.language, options)


def chart_version(metrics: Mapping[str, Series], state: RunState) -> tuple[str, bool, int, int]:
    """Return what changes when charts of these metrics are to be drawn again.

    That is also when training ends, and when it begins again: it repeats the steps of an epoch that
    was not complete.
    """
    live = state.status == RunStatus.RUNNING
    epochs = len(metrics[tags.VALIDATION_LOSS].steps) if tags.VALIDATION_LOSS in metrics else 0
    points = sum(len(series.steps) for series in metrics.values())
    points = math.floor(math.log(max(1, points), _GROWTH)) if live else points
    return state.resumed, live, epochs, points


def draw_charts(t: Translator, charts: Mapping[str, str], columns: int = 2) -> None:
    """Draw charts, by English title, row by row."""
    for title, column in in_columns(list(charts), columns):
        with column:
            st.subheader(t(title))
            live_chart(t(title), charts[title], f"chart-{title}")


@st.cache_data(max_entries=32, show_spinner=False)
def _figures(
    folder: Path,
    version: tuple[str, bool, int, int],
    _metrics: Mapping[str, Series],
    _config: TrainConfig,
    language: str,
    options: CurveOptions,
) -> dict[str, str]:
    t, smoothing, log_scale = Translator(language), options.smoothing, options.log_scale
    _metrics = on_axis(_metrics, _config, options.axis)
    runs = {"": _metrics}
    rate = figures.learning_rate_curve(runs, translate=t)
    speed = figures.metric_curve(runs, tags.IMAGES_PER_SECOND, t("Images per second"), translate=t)
    charts = {
        "Loss": figures.loss_curves(runs, smoothing=smoothing, log_scale=log_scale, translate=t),
        "Accuracy": figures.accuracy_curves(runs, smoothing=smoothing, translate=t),
        "Learning rate": _one_line(rate).update_yaxes(rangemode="tozero"),
        "Gradient norms": room_for_legend(figures.gradient_norms(runs, translate=t), SMALL),
        "Images per second": _one_line(speed).update_yaxes(rangemode="tozero"),
    }
    charts |= usage_charts(_metrics, t, SMALL)
    return {
        title: label_axis(figure, options.axis, t).to_json() for title, figure in charts.items()
    }


def room_for_legend(figure: go.Figure, height: int) -> go.Figure:
    """Set a figure's height: this one, and what the legend of many lines takes on a phone."""
    more = max(0, len(figure.data) - _FEW_LINES)
    return figure.update_layout(height=height + _LEGEND_ROW * math.ceil(more / 2))


def _one_line(figure: go.Figure) -> go.Figure:
    """Remove the legend of a figure with one line."""
    return figure.update_layout(height=SMALL, showlegend=False)
