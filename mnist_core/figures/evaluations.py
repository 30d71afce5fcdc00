"""What an evaluation found: confusion, pairs, calibration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from mnist_core.errors import MnistCoreError
from mnist_core.figures.theme import (
    BLUE,
    INK,
    VERMILLION,
    Translate,
    dress,
    new_figure,
)

if TYPE_CHECKING:
    from mnist_core.evaluation.calibration import Calibration, ReliabilityBin
    from mnist_core.evaluation.scores import Evaluation

_RIGHT = ("#6FAED6", BLUE)
_WRONG = ("#F6BE95", VERMILLION, "#9C4500")
_CONFIDENCE = 0.95


def confusion_matrix(
    confusion: Sequence[Sequence[int]] | np.ndarray,
    *,
    rates: bool = False,
    hide_diagonal: bool = False,
    chosen: tuple[int, int] | None = None,
    translate: Translate = str,
) -> go.Figure:
    """Return a confusion matrix: what was read rightly in blue, errors in orange.

    Errors have a colour scale of their own, so that a single one shows beside a full diagonal;
    cells without images are empty.

    Parameters
    ----------
    confusion : int (N, N)
        confusion[true][predicted] counts images.
    rates : bool
        Show percentages of the true digit's images, not counts.
    hide_diagonal : bool
        Show the errors only.
    chosen : (true, read), optional
        The cell to frame.

    Raises
    ------
    MnistCoreError
        If confusion is not square.
    """
    counts = np.asarray(confusion)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise MnistCoreError(f"a confusion matrix is square; this one is {counts.shape}")
    support = counts.sum(1, keepdims=True)
    shares = np.divide(counts, support, out=np.zeros(counts.shape), where=support > 0)
    shown = 100 * shares if rates else counts
    hover = (
        f"{translate('true digit')} %{{y}}<br>{translate('read as')} %{{x}}<br>"
        f"{translate('images')} %{{customdata[0]:,}} (%{{customdata[1]:.2%}})<extra></extra>"
    )
    about = np.dstack([counts, shares])
    diagonal = np.eye(len(counts), dtype=bool)
    figure = new_figure("confusion", height=420)
    for cells, colours in ((diagonal, _RIGHT), (~diagonal, _WRONG)):
        if hide_diagonal and cells is diagonal:
            continue
        z = np.where(cells & (counts > 0), shown, np.nan)
        figure.add_heatmap(
            z=z,
            zmin=0,
            zmax=max(np.nanmax(z, initial=0), 1e-9),
            colorscale=colours,
            showscale=False,
            texttemplate="%{z:.1f}" if rates else "%{z}",
            customdata=about,
            hoverongaps=False,
            xgap=2,
            ygap=2,
            hovertemplate=hover,
        )
    if chosen is not None:
        row, column = chosen
        figure.add_shape(
            type="rect",
            x0=column - 0.5,
            x1=column + 0.5,
            y0=row - 0.5,
            y1=row + 0.5,
            line={"color": INK, "width": 3},
        )
    unit = f" ({translate('% of the true digit')})" if rates else ""
    edges = [-0.5, len(counts) - 0.5]
    axis = {"dtick": 1, "fixedrange": True, "showgrid": False, "constrain": "domain"}
    figure.update_xaxes(title=translate("read as") + unit, range=edges, **axis)
    figure.update_yaxes(
        title=translate("true digit"),
        range=edges[::-1],
        scaleanchor="x",
        constraintoward="top",
        **axis,
    )
    return figure


def pair_confusions(evaluation: Evaluation, *, translate: Translate = str) -> go.Figure:
    """Return bars of the classic pairs (bold) and the most confused ones, in both directions."""
    counts = {
        (pair.first, pair.second): (pair.first_as_second, pair.second_as_first)
        for pair in evaluation.most_confused
    }
    classic = {tuple(sorted((pair.true, pair.predicted))) for pair in evaluation.pairs}
    for first, second in sorted(classic - set(counts)):
        counts[first, second] = (
            evaluation.confusion[first][second],
            evaluation.confusion[second][first],
        )
    labels = [f"<b>{a} / {b}</b>" if (a, b) in classic else f"{a} / {b}" for a, b in counts]
    figure = new_figure("pairs", height=90 + 38 * len(counts))
    for direction, (name, colour) in enumerate(
        (("smaller read as larger", BLUE), ("larger read as smaller", VERMILLION))
    ):
        ways = [pair if direction == 0 else pair[::-1] for pair in counts]
        values = [both[direction] for both in counts.values()]
        support = [sum(evaluation.confusion[true]) for true, _ in ways]
        figure.add_bar(
            x=values,
            y=labels,
            orientation="h",
            name=translate(name),
            marker={"color": colour},
            text=[f"{a} → {b}: {n:,}" for (a, b), n in zip(ways, values, strict=True)],
            textposition="outside",
            cliponaxis=False,
            customdata=[n / of if of else 0.0 for n, of in zip(values, support, strict=True)],
            hovertemplate=f"%{{text}} {translate('images')} (%{{customdata:.2%}})<extra></extra>",
        )
    most = max(max(both) for both in counts.values())
    figure.update_layout(barmode="group", bargap=0.25, bargroupgap=0.1)
    # room for the text behind the longest bar
    figure.update_xaxes(
        title=translate("images"),
        range=[0, max(most, 1) * 1.3],
        dtick=1 if most <= 10 else None,
        tickformat=",d",
        fixedrange=True,
    )
    return figure.update_yaxes(
        autorange="reversed", fixedrange=True, showgrid=False, ticklabelstandoff=6
    )


def reliability_diagram(calibration: Calibration, *, translate: Translate = str) -> go.Figure:
    """Return accuracy over confidence (Guo et al. 2017, figure 1), above it how many images.

    The dashes are perfect calibration; the error bars are 95% Wilson intervals. Where the
    temperature is known, the scaled network is drawn too.
    """
    figure = make_subplots(
        rows=2, cols=1, shared_xaxes=True, row_heights=[0.22, 0.78], vertical_spacing=0.04
    )
    dress(figure, "reliability", height=460)
    lines = [(translate("as trained"), calibration.ece, calibration.bins, BLUE)]
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
        group = {"name": f"{name}: ECE {ece:.2%}", "legendgroup": name}
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
            error_y=_wilson(bins, colour),
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
    axis = {"range": [0, 1.02], "tickformat": ".0%", "fixedrange": True}
    figure.update_xaxes(**axis)
    figure.update_xaxes(title=translate("confidence"), row=2)
    figure.update_yaxes(title=translate("accuracy"), row=2, **axis)
    figure.update_yaxes(
        title=translate("images"), type="log", dtick=1, fixedrange=True, row=1, rangemode="tozero"
    )
    return figure


def _wilson(bins: Sequence[ReliabilityBin], colour: str) -> dict[str, object]:
    from scipy.stats import binomtest  # slow to import

    intervals = [
        binomtest(round(row.accuracy * row.count), row.count).proportion_ci(_CONFIDENCE, "wilson")
        for row in bins
    ]
    return {
        "array": [max(0, i.high - row.accuracy) for i, row in zip(intervals, bins, strict=True)],
        "arrayminus": [
            max(0, row.accuracy - i.low) for i, row in zip(intervals, bins, strict=True)
        ],
        "color": colour,
        "thickness": 1,
        "width": 3,
    }
