"""Curves over a run's steps, and over learning rates."""

from __future__ import annotations

import html
import math
from collections.abc import Callable, Mapping
from itertools import cycle
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import plotly.graph_objects as go

from mnist_core.figures.downsampling import downsample, smooth
from mnist_core.figures.theme import (
    BLUE,
    DARK_VERMILLION,
    INK,
    PALETTE,
    VERMILLION,
    Translate,
    new_figure,
    or_placeholder,
)
from mnist_core.runs import metric_tags as tags

if TYPE_CHECKING:
    from mnist_core.runs.metric_log import Series

    Runs: TypeAlias = Mapping[str, Mapping[str, Series]]
    """Name of a run -> tag of a metric -> its points."""

_DASHES = ("solid", "dash", "dot", "dashdot")
_USUAL_UPDATE_RATIO = 1e-3
_STYLES = tuple((colour, dash) for dash in _DASHES for colour in PALETTE)


def loss_curves(
    runs: Runs, *, smoothing: float = 0.0, log_scale: bool = False, translate: Translate = str
) -> go.Figure:
    """Return training and validation loss (nats) over the steps of every run.

    Parameters
    ----------
    runs : mapping of run name to mapping of tag to Series
        Uses the training and validation loss; a run may have only one of them.
    smoothing : float in [0, 1)
        Weight of the past in an exponential moving average of the training curve.
    log_scale : bool
        Logarithmic loss.

    Raises
    ------
    MnistCoreError
        If smoothing is outside this range.
    """
    figure = _train_and_validation(
        runs, tags.TRAIN_LOSS, tags.VALIDATION_LOSS, "loss (nats)", smoothing, translate
    )
    # a zoom is kept on the same scale only
    kind = "log" if log_scale else "linear"
    figure.update_yaxes(type=kind, uirevision=str(log_scale), exponentformat="power")
    return figure


def accuracy_curves(runs: Runs, *, smoothing: float = 0.0, translate: Translate = str) -> go.Figure:
    """Return training and validation accuracy over the steps of every run.

    Otherwise as `loss_curves`.
    """
    figure = _train_and_validation(
        runs, tags.TRAIN_ACCURACY, tags.VALIDATION_ACCURACY, "accuracy", smoothing, translate
    )
    return figure.update_yaxes(tickformat=",.1~%", hoverformat=".2%")


def learning_rate_curve(runs: Runs, *, translate: Translate = str) -> go.Figure:
    """Return the learning rate over the steps of every run."""
    figure = metric_curve(runs, tags.LEARNING_RATE, "learning rate", translate=translate)
    return figure.update_yaxes(exponentformat="none")  # 0.0004, not 400µ


def metric_curve(runs: Runs, tag: str, title: str, *, translate: Translate = str) -> go.Figure:
    """Return one metric over the steps of every run, a colour for each; `title` is its axis."""
    figure = _step_figure(translate, title, tag)
    for (name, series), (colour, dash) in zip(runs.items(), cycle(_STYLES), strict=False):
        if tag in series:
            _add_line(figure, series[tag], name, colour, dash)
    return _or_no_data(figure, translate)


def gradient_norms(runs: Runs, *, translate: Translate = str) -> go.Figure:
    """Return the L2 norm of every layer's gradient, log scale.

    A colour for each layer and a dash for each run.
    """
    figure = _step_figure(translate, "gradient norm", "gradient_norm")
    figure.update_yaxes(type="log", exponentformat="power")  # of a training that diverges
    return _add_tagged_lines(figure, runs, tags.GRADIENT_NORM_PREFIX, str, "lines", translate)


def update_ratios(runs: Runs, *, translate: Translate = str) -> go.Figure:
    """Return norm of the update / norm of the weights of every layer, log scale.

    A line marks 0.001, about which it usually is. Colours and dashes as `gradient_norms`.
    """
    figure = _step_figure(translate, "update / weights", "update_ratio")
    figure.update_yaxes(type="log", dtick="D2", tickformat=".0e", hoverformat=".2e")
    _add_tagged_lines(figure, runs, tags.UPDATE_RATIO_PREFIX, str, "lines", translate)
    if figure.data:
        figure.add_hline(_USUAL_UPDATE_RATIO, line={"color": INK, "dash": "dot", "width": 1.5})
    return figure


def pair_curves(runs: Runs, *, translate: Translate = str) -> go.Figure:
    """Return how often the classic pairs were confused, epoch by epoch.

    Shares of the true digit's images, with a colour for each pair and direction and a dash for
    each run.
    """
    figure = _step_figure(translate, "share of the true digit's images", "confusion")
    figure.update_yaxes(tickformat=",.1~%", hoverformat=".2%", rangemode="tozero")

    def direction(suffix: str) -> str:
        return suffix.replace("_as_", " → ")

    return _add_tagged_lines(
        figure, runs, tags.CONFUSION_PREFIX, direction, "lines+markers", translate
    )


def learning_rate_range(
    rates: np.ndarray,
    losses: np.ndarray,
    suggestion: float | None = None,
    *,
    translate: Translate = str,
) -> go.Figure:
    """Return a learning-rate range test (Smith 2017, section 3.3): loss over log learning rate.

    Parameters
    ----------
    rates, losses : float arrays (N,)
    suggestion : float, optional
        The learning rate to mark.
    """
    figure = new_figure("learning_rate_range")
    figure.add_scatter(
        x=np.asarray(rates),
        y=np.asarray(losses),
        mode="lines",
        line={"color": BLUE, "width": 2},
        showlegend=False,
        hovertemplate=f"{translate('learning rate')} %{{x:.2g}}<br>"
        f"{translate('loss (nats)')} %{{y:.4f}}<extra></extra>",
    )
    if suggestion is not None:
        figure.add_vline(suggestion, line={"color": VERMILLION, "dash": "dash", "width": 2})
        figure.add_annotation(
            x=math.log10(suggestion),  # annotations on a logarithmic axis are placed by exponent
            y=1,
            yref="paper",
            yanchor="bottom",
            showarrow=False,
            text=f"{translate('suggested')} {suggestion:.2g}",
            font={"color": DARK_VERMILLION},
        )
        figure.update_layout(margin={"t": 28})
    figure.update_xaxes(type="log", title=translate("learning rate"))
    if min(rates) * 30 < max(rates):
        figure.update_xaxes(exponentformat="power")
    else:  # plotly would write 0.2 × 10⁻⁵
        figure.update_xaxes(tickformat=".0e")
    return figure.update_yaxes(title=translate("loss (nats)"))


def _step_figure(translate: Translate, title: str, revision: str) -> go.Figure:
    figure = new_figure(revision)
    figure.update_xaxes(title=translate("step"))
    return figure.update_yaxes(title=translate(title))


def _or_no_data(figure: go.Figure, translate: Translate) -> go.Figure:
    return or_placeholder(figure, translate("no data recorded yet"))


def _train_and_validation(
    runs: Runs,
    train_tag: str,
    validation_tag: str,
    title: str,
    smoothing: float,
    translate: Translate,
) -> go.Figure:
    figure = _step_figure(translate, title, validation_tag)
    for (run, series), (colour, dash) in zip(runs.items(), cycle(_STYLES), strict=False):
        training = series.get(train_tag)
        if training is not None:
            name = f"{run} {translate('training')}"
            if smoothing:
                options = {"opacity": 0.5, "showlegend": False, "hoverinfo": "skip"}
                _add_line(figure, training, name, colour, dash, width=1, **options)
                training = smooth(training, smoothing)
            _add_line(figure, training, name, colour, dash, width=1.5)
        validation = series.get(validation_tag)
        if validation is not None:
            name = f"{run} {translate('validation')}"
            _add_line(figure, validation, name, colour, dash, width=2.5, mode="lines+markers")
    return _or_no_data(figure, translate)


def _add_tagged_lines(
    figure: go.Figure,
    runs: Runs,
    prefix: str,
    label: Callable[[str], str],
    mode: str,
    translate: Translate,
) -> go.Figure:
    """Add a line for each tag with this prefix, a colour for each tag, a dash for each run.

    With one run, tags that have the same colour differ in their dash.
    """
    found = dict.fromkeys(tag for run in runs.values() for tag in run if tag.startswith(prefix))
    for (run, series), dash in zip(runs.items(), cycle(_DASHES), strict=False):
        styles = _STYLES if len(runs) == 1 else [(colour, dash) for colour in PALETTE]
        for tag, (colour, line) in zip(found, cycle(styles), strict=False):
            if tag in series:
                name = label(tag.removeprefix(prefix))
                name = name if len(runs) == 1 else f"{run} {name}"
                _add_line(figure, series[tag], name, colour, line, mode=mode)
    return _or_no_data(figure, translate)


def _add_line(
    figure: go.Figure,
    series: Series,
    name: str,
    colour: str,
    dash: str,
    *,
    width: float = 1.5,
    mode: str = "lines",
    **options: object,
) -> None:
    shown = downsample(series)
    if len(shown.steps) == 1:
        mode = "lines+markers"  # a single point has no line
    figure.add_scatter(
        x=shown.steps,
        y=shown.values,
        name=html.escape(name, quote=False),  # plotly interprets tags in names
        mode=mode,
        line={"color": colour, "width": width, "dash": dash},
        marker={"size": 7},
        **{"showlegend": True, **options},
    )
