"""Every plotly figure of the project, as functions of data: for pages, notebooks and reports.

A figure has no title (a page has headings), fits 390 px of width, and is drawn on whatever lies
behind it: a transparent background and one grey that can be read on white and on near-black.
`translate` maps the English words on a figure to another language.

Colours: Okabe and Ito 2008, "Color Universal Design"; cividis by Nuñez, Anderton and Renslow 2018.
"""

from __future__ import annotations

import dataclasses
import html
import math
from collections.abc import Callable, Mapping, Sequence
from itertools import cycle
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from mnist_core.errors import MnistCoreError

if TYPE_CHECKING:
    from torch import Tensor

    from mnist_core.calibration import Calibration, ReliabilityBin
    from mnist_core.evaluate import Evaluation, Misclassified
    from mnist_core.metrics import Series

    Runs: TypeAlias = Mapping[str, Mapping[str, Series]]
    """Name of a run -> tag of a metric -> its points."""

Translate: TypeAlias = Callable[[str], str]

BLUE, VERMILLION = "#0072B2", "#D55E00"
PALETTE = (BLUE, VERMILLION, "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's colours without yellow and black: one cannot be seen on white, one on black."""
INK = "#797979"
"""Text. Its contrast is 4.3 on white and on #0e1117: no grey does better on both."""
POINTS = 2_000
"""Most points of a line that is drawn; a screen has no more columns."""

_DASHES = ("solid", "dash", "dot", "dashdot")
_CLEAR = "rgba(0,0,0,0)"
_GRID = "rgba(128,128,128,0.22)"
_RIGHT = ("#6FAED6", BLUE)
_WRONG = ("#F6BE95", VERMILLION, "#9C4500")
_DIVERGING = (BLUE, "#F7F7F7", VERMILLION)
_SCALE_BAR = {
    "thickness": 10,
    "outlinewidth": 0,
    "lenmode": "pixels",
    "len": 130,
    "y": 1,
    "yanchor": "top",
    "nticks": 5,
}
_CONFIDENCE = 0.95


# --- runs ----------------------------------------------------------------------------------------


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
    return _or_nothing(figure, translate("nothing recorded yet"))


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
    return _or_nothing(figure, translate("nothing recorded yet"))


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
    return _or_nothing(figure, translate("nothing recorded yet"))


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
    figure = _figure("learning_rate_range")
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


# --- evaluations ---------------------------------------------------------------------------------


def confusion_matrix(
    confusion: Sequence[Sequence[int]] | np.ndarray,
    *,
    rates: bool = False,
    hide_diagonal: bool = False,
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
    diagonal = np.eye(len(counts), dtype=bool)
    figure = _figure("confusion", height=420)
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
            customdata=np.dstack([counts, shares]),
            hoverongaps=False,
            xgap=2,
            ygap=2,
            hovertemplate=f"{translate('true digit')} %{{y}}<br>{translate('read as')} %{{x}}<br>"
            f"{translate('images')} %{{customdata[0]:,}} (%{{customdata[1]:.2%}})<extra></extra>",
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
    figure = _figure("pairs", height=90 + 38 * len(counts))
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
    _dress(figure, "reliability", height=460)
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


def misclassified_images(
    images: Tensor | np.ndarray,
    evaluation: Evaluation,
    limit: int = 24,
    *,
    translate: Translate = str,
) -> go.Figure:
    """Return a grid of the most confident errors: true digit → predicted digit, confidence.

    Parameters
    ----------
    images : float (N, 1, 28, 28) or (N, 28, 28) in [0, 1]
        Of the split that was scored.
    limit : int >= 1
        Most images that are drawn.

    Raises
    ------
    MnistCoreError
        If there are fewer images than the evaluation speaks of.
    """
    rows = evaluation.misclassified[:limit]
    figure = _figure("misclassified")
    frames = misclassified_frames(images, rows)
    if not rows:
        return _or_nothing(figure, translate("no image is misclassified"))
    label = frames.shape[1] // 4
    columns = 6
    mosaic, corners = _mosaic(frames, columns, gap=2, top=label)
    _draw_mosaic(figure, mosaic, scale=3, colorscale="gray", zmin=0, zmax=1, hoverinfo="skip")
    figure.update_traces(showscale=False)
    for row, (y, x) in zip(rows, corners, strict=True):
        best = sorted(range(10), key=lambda digit: -row.probabilities[digit])[:3]
        figure.add_annotation(
            x=x + (frames.shape[2] - 1) / 2,
            y=y - 1,
            yanchor="bottom",
            showarrow=False,
            text=f"<b>{row.label}→{row.predicted}</b> {row.confidence:.0%}",
            font={"size": 10},
            hovertext=f"{translate('image')} {row.index}<br>{translate('true digit')} {row.label}"
            f"<br>{translate('read as')} "
            + ", ".join(f"{digit} ({row.probabilities[digit]:.1%})" for digit in best),
        )
    return figure


def misclassified_frames(images: Tensor | np.ndarray, rows: Sequence[Misclassified]) -> np.ndarray:
    """Return the frames (n, 28, 28) of misclassified images. Raises MnistCoreError if too few."""
    missing = [row.index for row in rows if row.index >= len(images)]
    if missing:
        raise MnistCoreError(
            f"image {missing[0]} is misclassified, but there are {len(images)} images; "
            "give those of the split that was scored"
        )
    frames = [_array(images[row.index]).squeeze() for row in rows]
    return np.stack(frames) if frames else np.zeros((0, 1, 1))


# --- networks ------------------------------------------------------------------------------------


def feature_maps(maps: Tensor | np.ndarray, *, translate: Translate = str) -> go.Figure:
    """Return a grid of feature maps (channels, H, W) on one colour scale."""
    panels = _panels(maps, "feature maps are (channels, H, W)")
    columns = _columns(len(panels))
    mosaic, corners = _mosaic(panels, columns)
    owner = _owners(mosaic.shape, panels.shape, corners)
    return _draw_mosaic(
        _figure("feature_maps"),
        mosaic,
        colorscale="Cividis",
        customdata=owner,
        hovertemplate=f"{translate('channel')} %{{customdata}}: %{{z:.3f}}<extra></extra>",
    )


def kernels(weights: Tensor | np.ndarray, *, translate: Translate = str) -> go.Figure:
    """Return a grid of convolution kernels on one colour scale, white at zero.

    Parameters
    ----------
    weights : float (out, in, H, W) or (out, H, W)
        With more than one input, a row for each output and a column for each input.
    """
    array = _array(weights)
    inputs = array.shape[1] if array.ndim == 4 else 1
    panels = _panels(
        array.reshape(-1, *array.shape[2:]) if array.ndim == 4 else array,
        "kernels are (out, in, H, W) or (out, H, W)",
    )
    columns = inputs if inputs > 1 else _columns(len(panels))
    mosaic, corners = _mosaic(panels, columns)
    owner = _owners(mosaic.shape, panels.shape, corners)
    extent = max(float(np.nanmax(np.abs(mosaic))), 1e-9)
    return _draw_mosaic(
        _figure("kernels"),
        mosaic,
        colorscale=_DIVERGING,
        zmin=-extent,
        zmax=extent,
        customdata=np.dstack([owner // inputs, owner % inputs]),
        hovertemplate=f"{translate('output')} %{{customdata[0]}}, {translate('input')} "
        "%{customdata[1]}: %{z:.3f}<extra></extra>",
    )


# --- what they share -----------------------------------------------------------------------------


def template() -> go.layout.Template:
    """Return the look of every figure, on light and on dark backgrounds."""
    axis = {
        "gridcolor": _GRID,
        "linecolor": _GRID,
        "zeroline": False,
        "automargin": True,
        "title": {"standoff": 8},
    }
    return go.layout.Template(
        layout={
            "paper_bgcolor": _CLEAR,
            "plot_bgcolor": _CLEAR,
            "font": {"color": INK, "size": 12, "family": "system-ui, sans-serif"},
            "colorway": PALETTE,
            "xaxis": axis,
            "yaxis": axis,
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "legend": {
                "orientation": "h",
                "x": 0,
                "y": 1.02,
                "yanchor": "bottom",
                "bgcolor": _CLEAR,
            },
            "hoverlabel": {"namelength": -1},
            "hovermode": "closest",
        }
    )


def _figure(revision: str, height: int = 360) -> go.Figure:
    return _dress(go.Figure(), revision, height)


def _dress(figure: go.Figure, revision: str, height: int) -> go.Figure:
    # the same uirevision on every redraw keeps the zoom
    return figure.update_layout(template=template(), height=height, uirevision=revision)


def _or_nothing(figure: go.Figure, words: str) -> go.Figure:
    if not figure.data:
        figure.add_annotation(text=words, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False)
        figure.update_layout(height=160)
        figure.update_xaxes(visible=False)
        figure.update_yaxes(visible=False)
    return figure


def _curves(translate: Translate, title: str, revision: str) -> go.Figure:
    figure = _figure(revision)
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
    return _or_nothing(figure, translate("nothing recorded yet"))


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
    from scipy.signal import lfilter  # slow to import

    values = np.asarray(series.values, np.float64)
    finite = np.isfinite(values)
    averaged = values.copy()
    past = lfilter([1 - weight], [1, -weight], values[finite])
    averaged[finite] = past / (1 - weight ** np.arange(1, finite.sum() + 1))
    return dataclasses.replace(series, values=averaged)


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


def _array(values: Tensor | np.ndarray) -> np.ndarray:
    detached = values.detach().cpu() if hasattr(values, "detach") else values
    return np.asarray(detached, np.float32)


def _panels(values: Tensor | np.ndarray, expected: str) -> np.ndarray:
    panels = _array(values)
    if panels.ndim != 3 or not panels.size:
        raise MnistCoreError(f"{expected}; these are {panels.shape}")
    return panels


def _columns(count: int) -> int:
    # full rows where that is possible
    return next((columns for columns in range(8, 3, -1) if count % columns == 0), min(count, 8))


def _mosaic(
    panels: np.ndarray, columns: int, gap: int = 1, top: int = 0
) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Panels (n, H, W) on one sheet with NaN between them, and each one's corner (y, x)."""
    count, height, width = panels.shape
    columns = min(columns, count)
    rows = -(-count // columns)
    sheet = np.full((rows * (height + top + gap), columns * (width + gap)), np.nan, np.float32)
    corners = []
    for index, panel in enumerate(panels):
        y = index // columns * (height + top + gap) + top
        x = index % columns * (width + gap)
        sheet[y : y + height, x : x + width] = panel
        corners.append((y, x))
    return sheet[: rows * (height + top + gap) - gap, : columns * (width + gap) - gap], corners


def _owners(
    sheet: tuple[int, ...], panels: tuple[int, ...], corners: list[tuple[int, int]]
) -> np.ndarray:
    """Number of the panel that every pixel of a mosaic belongs to."""
    owner = np.zeros(sheet, np.uint16)
    for index, (y, x) in enumerate(corners):
        owner[y : y + panels[1], x : x + panels[2]] = index
    return owner


def _draw_mosaic(
    figure: go.Figure, mosaic: np.ndarray, *, scale: float | None = None, **heatmap: object
) -> go.Figure:
    height, width = mosaic.shape
    figure.add_heatmap(z=mosaic, hoverongaps=False, colorbar=_SCALE_BAR, **heatmap)
    figure.update_xaxes(
        visible=False, fixedrange=True, constrain="domain", range=[-0.5, width - 0.5]
    )
    figure.update_yaxes(
        visible=False,
        fixedrange=True,
        constrain="domain",
        constraintoward="top",
        scaleanchor="x",
        range=[height - 0.5, -0.5],
    )
    # as high as the sheet is at this many pixels of width
    return figure.update_layout(height=int(height * (scale or min(400 / width, 24))) + 16)
