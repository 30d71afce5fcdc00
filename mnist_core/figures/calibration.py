"""Reliability diagram."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import plotly.graph_objects as go

from mnist_core.figures.theme import BLUE, INK, VERMILLION, Translate, new_figure

if TYPE_CHECKING:
    from mnist_core.evaluation.calibration import Calibration, ReliabilityBin


def reliability_diagram(calibration: Calibration, *, translate: Translate = str) -> go.Figure:
    """Return accuracy over confidence (Guo et al. 2017, figure 1), with a histogram above it.

    The dashed line is perfect calibration; error bars are 95% Wilson intervals. If the temperature
    is known, the calibrated network is drawn too.
    """
    figure = new_figure(
        "reliability",
        460,
        rows=2,
        cols=1,
        shared_xaxes=True,
        row_heights=[0.22, 0.78],
        vertical_spacing=0.04,
    )
    lines = [(translate("uncalibrated"), calibration.ece, calibration.bins, BLUE)]
    if calibration.temperature is not None:
        name = f"{translate('temperature')} {calibration.temperature:.2f}"
        lines.append((name, calibration.scaled_ece, calibration.scaled_bins, VERMILLION))
    figure.add_scatter(
        x=[0, 1],
        y=[0, 1],
        mode="lines",
        line={"color": INK, "dash": "dash", "width": 1},
        showlegend=False,
        hoverinfo="skip",
        row=2,
        col=1,
    )
    for name, ece, bins, colour in lines:
        _add_network(figure, f"{name}: ECE {ece:.2%}", bins, colour, translate)
    axis = {"range": [0, 1.02], "tickformat": ".0%", "fixedrange": True}
    figure.update_xaxes(**axis)
    figure.update_xaxes(title=translate("confidence"), row=2)
    figure.update_yaxes(title=translate("accuracy"), row=2, **axis)
    return figure.update_yaxes(
        title=translate("images"), type="log", dtick=1, fixedrange=True, row=1, rangemode="tozero"
    )


def _add_network(
    figure: go.Figure,
    name: str,
    bins: Sequence[ReliabilityBin],
    colour: str,
    translate: Translate,
) -> None:
    """Add the histogram of confidences, and accuracy over confidence."""
    group = {"name": name, "legendgroup": name}
    figure.add_bar(
        x=[(row.low + row.high) / 2 for row in bins],
        y=[row.count for row in bins],
        marker={"color": colour},
        hovertemplate=f"%{{y:,}} {translate('images')}<extra></extra>",
        showlegend=False,
        row=1,
        col=1,
        **group,
    )
    figure.add_scatter(
        x=[row.confidence for row in bins],
        y=[row.accuracy for row in bins],
        error_y=_error_bars(bins, colour),
        mode="lines+markers",
        line={"color": colour, "width": 1.5},
        marker={"size": 8},
        customdata=[[row.count, row.low, row.high] for row in bins],
        hovertemplate=f"{translate('confidence')} %{{x:.2%}} "
        "(%{customdata[1]:.0%} – %{customdata[2]:.0%})<br>"
        f"{translate('accuracy')} %{{y:.2%}}<br>"
        f"{translate('images')} %{{customdata[0]:,}}<extra></extra>",
        row=2,
        col=1,
        **group,
    )


def _error_bars(bins: Sequence[ReliabilityBin], colour: str) -> dict[str, object]:
    from mnist_core.evaluation.scorecard.intervals import wilson_interval  # slow to import

    above, below = [], []
    for row in bins:
        low, high = wilson_interval(round(row.accuracy * row.count), row.count)
        above.append(max(0, high - row.accuracy))
        below.append(max(0, row.accuracy - low))
    return {"array": above, "arrayminus": below, "color": colour, "thickness": 1, "width": 3}
