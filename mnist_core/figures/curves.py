"""Curves over a run's steps, and over learning rates."""

from __future__ import annotations

import dataclasses
import html
import math
from collections.abc import Mapping
from itertools import cycle
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import plotly.graph_objects as go

from mnist_core.errors import MnistCoreError
from mnist_core.figures.theme import (
    BLUE,
    PALETTE,
    VERMILLION,
    Translate,
    new_figure,
    or_nothing,
)

if TYPE_CHECKING:
    from mnist_core.runs.metric_log import Series

    Runs: TypeAlias = Mapping[str, Mapping[str, Series]]
    """Name of a run -> tag of a metric -> its points."""

POINTS = 2_000
"""Most points of a line that is drawn; a screen has no more columns."""
_DASHES = ("solid", "dash", "dot", "dashdot")


def loss_curves(
    runs: Runs, *, smoothing: float = 0.0, log_scale: bool = False, translate: Translate = str
) -> go.Figure:
    """Return training and validation loss (nats) over the steps of every run.

    Parameters
    ----------
    runs : mapping of run name to mapping of tag to Series
        Reads "train/loss" and "validation/loss"; a run may lack either.
    smoothing : float in [0, 1)
        Weight of the past in an exponential moving average of the training curve.
    log_scale : bool
        Logarithmic loss.

    Raises
    ------
    MnistCoreError
        If smoothing lies elsewhere.
    """
    figure = _train_and_validation(runs, "loss", "loss (nats)", smoothing, translate)
    # a zoom belongs to the scale that it was made on
    figure.update_yaxes(type="log" if log_scale else "linear", uirevision=str(log_scale))
    return figure


def accuracy_curves(runs: Runs, *, smoothing: float = 0.0, translate: Translate = str) -> go.Figure:
    """Return training and validation accuracy over the steps of every run.

    Reads "train/accuracy" and "validation/accuracy"; otherwise as `loss_curves`.
    """
    figure = _train_and_validation(runs, "accuracy", "accuracy", smoothing, translate)
    return figure.update_yaxes(tickformat=",.1~%", hoverformat=".2%")


def learning_rate_curve(runs: Runs, *, translate: Translate = str) -> go.Figure:
    """Return the learning rate over the steps of every run (tag "learning_rate")."""
    return metric_curve(runs, "learning_rate", "learning rate", translate=translate)


def metric_curve(runs: Runs, tag: str, title: str, *, translate: Translate = str) -> go.Figure:
    """Return one metric over the steps of every run, a colour for each; `title` is its axis."""
    figure = _curves(translate, title, tag)
    for (name, series), (colour, dash) in zip(runs.items(), _styles(), strict=False):
        if tag in series:
            _add_line(figure, series[tag], name, colour, dash)
    return or_nothing(figure, translate("nothing recorded yet"))


def gradient_norms(runs: Runs, *, translate: Translate = str) -> go.Figure:
    """Return the L2 norm of every layer's gradient (tags "gradient_norm/<layer>"), log scale.

    A colour for each layer and a dash for each run.
    """
    prefix = "gradient_norm/"
    layers = dict.fromkeys(
        tag.removeprefix(prefix)
        for series in runs.values()
        for tag in series
        if tag.startswith(prefix)
    )
    figure = _curves(translate, "gradient norm", "gradient_norm")
    figure.update_yaxes(type="log")
    for (run, series), dash in zip(runs.items(), cycle(_DASHES), strict=False):
        for layer, colour in zip(layers, cycle(PALETTE), strict=False):
            if prefix + layer in series:
                name = layer if len(runs) == 1 else f"{run} {layer}"
                _add_line(figure, series[prefix + layer], name, colour, dash)
    return or_nothing(figure, translate("nothing recorded yet"))


def pair_curves(runs: Runs, *, translate: Translate = str) -> go.Figure:
    """Return how often the classic pairs were confused, epoch by epoch.

    Reads "confusion/<true>_as_<read>": shares of the true digit's images, a colour for each pair
    and direction, a dash for each run.
    """
    prefix = "confusion/"
    tags = dict.fromkeys(
        tag for series in runs.values() for tag in series if tag.startswith(prefix)
    )
    figure = _curves(translate, "share of the true digit", "confusion")
    figure.update_yaxes(tickformat=",.1~%", hoverformat=".2%", rangemode="tozero")
    for (run, series), dash in zip(runs.items(), cycle(_DASHES), strict=False):
        for tag, colour in zip(tags, cycle(PALETTE), strict=False):
            if tag in series:
                direction = tag.removeprefix(prefix).replace("_as_", " → ")
                name = direction if len(runs) == 1 else f"{run} {direction}"
                _add_line(figure, series[tag], name, colour, dash, mode="lines+markers")
    return or_nothing(figure, translate("nothing recorded yet"))


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
            # an annotation on a logarithmic axis stands at the exponent
            x=math.log10(suggestion),
            y=1,
            yref="paper",
            yanchor="bottom",
            showarrow=False,
            text=f"{translate('suggested')} {suggestion:.2g}",
            font={"color": VERMILLION},
        )
        figure.update_layout(margin={"t": 28})
    figure.update_xaxes(type="log", title=translate("learning rate"), exponentformat="power")
    figure.update_yaxes(title=translate("loss (nats)"))
    return figure


def thin(series: Series, limit: int = POINTS) -> Series:
    """Return at most `limit` points that look the same: both ends, and every bucket's extremes.

    A single spike among 100,000 points stays. A series that is short enough comes back as it is.

    Raises
    ------
    MnistCoreError
        If limit is below 4.
    """
    if limit < 4:
        raise MnistCoreError(f"limit is {limit}; it must be at least 4")
    values = np.asarray(series.values)
    if len(values) <= limit:
        return series
    # numpy's NaN is both the least and the greatest
    low, high = np.nan_to_num(values, nan=np.inf), np.nan_to_num(values, nan=-np.inf)
    kept = [0, len(values) - 1]
    for bucket in np.array_split(np.arange(1, len(values) - 1), (limit - 2) // 2):
        kept += [bucket[low[bucket].argmin()], bucket[high[bucket].argmax()]]
    index = np.unique(kept)
    return dataclasses.replace(series, steps=np.asarray(series.steps)[index], values=values[index])


def _curves(translate: Translate, title: str, revision: str) -> go.Figure:
    figure = new_figure(revision)
    figure.update_xaxes(title=translate("step"))
    return figure.update_yaxes(title=translate(title))


def _styles() -> cycle[tuple[str, str]]:
    return cycle([(colour, dash) for dash in _DASHES for colour in PALETTE])


def _train_and_validation(
    runs: Runs, metric: str, title: str, smoothing: float, translate: Translate
) -> go.Figure:
    if not 0 <= smoothing < 1:
        raise MnistCoreError(f"smoothing is {smoothing}; it must lie in 0 to below 1")
    figure = _curves(translate, title, metric)
    for (run, series), (colour, dash) in zip(runs.items(), _styles(), strict=False):
        training = series.get(f"train/{metric}")
        if training is not None:
            name = f"{run} {translate('training')}"
            if smoothing:
                _add_line(
                    figure, training, name, colour, dash, width=1, opacity=0.25, background=True
                )
                training = _smooth(training, smoothing)
            _add_line(figure, training, name, colour, dash, width=1, opacity=0.7)
        validation = series.get(f"validation/{metric}")
        if validation is not None:
            name = f"{run} {translate('validation')}"
            _add_line(figure, validation, name, colour, dash, width=2.5, mode="lines+markers")
    return or_nothing(figure, translate("nothing recorded yet"))


def _add_line(
    figure: go.Figure,
    series: Series,
    name: str,
    colour: str,
    dash: str = "solid",
    *,
    width: float = 1.5,
    mode: str = "lines",
    opacity: float = 1.0,
    background: bool = False,
) -> None:
    shown = thin(series)
    figure.add_scatter(
        x=shown.steps,
        y=shown.values,
        # plotly reads tags in names
        name=html.escape(name, quote=False),
        mode=mode,
        line={"color": colour, "width": width, "dash": dash},
        marker={"size": 7},
        opacity=opacity,
        showlegend=not background,
        hoverinfo="skip" if background else None,
    )


def _smooth(series: Series, weight: float) -> Series:
    """Exponential moving average without the pull of its start at zero (as in TensorBoard)."""
    from pandas import Series as Column  # slow to import

    values = np.asarray(series.values, np.float64)
    finite = np.isfinite(values)
    averaged = values.copy()
    averaged[finite] = Column(values[finite]).ewm(alpha=1 - weight, adjust=True).mean()
    return dataclasses.replace(series, values=averaged)
