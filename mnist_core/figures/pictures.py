"""Digits: in a grid, and with what spoke for a reading."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.colors import hex_to_rgb
from plotly.subplots import make_subplots

from mnist_core.errors import MnistCoreError
from mnist_core.figures.mosaic import as_array, check_panels, draw_mosaic, lay_out
from mnist_core.figures.theme import (
    BLUE,
    INK,
    VERMILLION,
    Translate,
    dress,
    new_figure,
    or_nothing,
)

if TYPE_CHECKING:
    from torch import Tensor

    from mnist_core.evaluation.scores import Evaluation, Misclassified

_PAPER = ("#FFFFFF", "#8C8C8C")
"""Ink is a mid grey on white, so that both colours show on either."""
_CAP = 0.99


def image_grid(
    frames: Tensor | np.ndarray,
    captions: Sequence[str],
    hovers: Sequence[str] = (),
    *,
    columns: int = 6,
) -> go.Figure:
    """Return images in a grid, each with a caption above it.

    Parameters
    ----------
    frames : float (N, H, W) in [0, 1], N at least 1
    captions : N strings
        Short: an image is 60 px wide on a phone. Plotly's tags (<b>, <br>) work.
    hovers : N strings, or none
        What a caption says when it is pointed at.
    columns : int >= 1

    Raises
    ------
    MnistCoreError
        If frames have another shape, or captions another number.
    """
    panels = check_panels(frames, "images are (N, H, W)")
    if len(captions) != len(panels) or len(hovers) not in (0, len(panels)):
        raise MnistCoreError(f"{len(captions)} captions for {len(panels)} images; give one each")
    mosaic, corners = lay_out(panels, columns, gap=2, top=panels.shape[1] // 4)
    figure = new_figure("images")
    draw_mosaic(figure, mosaic, scale=3, colorscale="gray", zmin=0, zmax=1, hoverinfo="skip")
    figure.update_traces(showscale=False)
    for number, (caption, (y, x)) in enumerate(zip(captions, corners, strict=True)):
        figure.add_annotation(
            x=x + (panels.shape[2] - 1) / 2,
            y=y - 1,
            yanchor="bottom",
            showarrow=False,
            text=caption,
            font={"size": 10},
            hovertext=hovers[number] if hovers else None,
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
    frames = misclassified_frames(images, rows)
    if not rows:
        return or_nothing(new_figure("misclassified"), translate("no image is misclassified"))
    captions = [f"<b>{row.label}→{row.predicted}</b> {row.confidence:.0%}" for row in rows]
    figure = image_grid(frames, captions, [_describe(row, translate) for row in rows])
    return figure.update_layout(uirevision="misclassified")


def misclassified_frames(images: Tensor | np.ndarray, rows: Sequence[Misclassified]) -> np.ndarray:
    """Return the frames (n, 28, 28) of misclassified images. Raises MnistCoreError if too few."""
    missing = [row.index for row in rows if row.index >= len(images)]
    if missing:
        raise MnistCoreError(
            f"image {missing[0]} is misclassified, but there are {len(images)} images; "
            "give those of the split that was scored"
        )
    frames = [as_array(images[row.index]).squeeze() for row in rows]
    return np.stack(frames) if frames else np.zeros((0, 1, 1))


def saliency_overlay(
    frame: Tensor | np.ndarray, saliency: Tensor | np.ndarray, *, translate: Translate = str
) -> go.Figure:
    """Return a digit on paper with what spoke for the reading (orange) and against it (blue).

    Parameters
    ----------
    frame : float (28, 28) in [0, 1], ink light on dark
    saliency : float (28, 28)
        See `mnist_core.inference.attribution`. The strongest hundredth has full colour
        (Smilkov et al. 2017, section 3, cap it likewise: a few pixels outshine the rest).

    Raises
    ------
    MnistCoreError
        If one is no picture, or they differ in shape.
    """
    figure = new_figure("saliency", height=220)
    for trace in _overlay(frame, saliency, translate):
        figure.add_trace(trace)
    figure.update_xaxes(visible=False, fixedrange=True, constrain="domain")
    return figure.update_yaxes(
        visible=False, fixedrange=True, autorange="reversed", scaleanchor="x", constrain="domain"
    )


def explained_read(
    frame: Tensor | np.ndarray,
    saliency: Tensor | np.ndarray,
    probabilities: Sequence[float] | np.ndarray,
    true: int,
    read: int,
    *,
    translate: Translate = str,
) -> go.Figure:
    """Return a digit, its `saliency_overlay`, and the ten probabilities, side by side.

    Parameters
    ----------
    probabilities : (10,) in [0, 1]
    true, read : int
        Their bars are blue and orange.

    Raises
    ------
    MnistCoreError
        As `saliency_overlay`.
    """
    figure = make_subplots(
        rows=1, cols=3, column_widths=[0.28, 0.28, 0.44], horizontal_spacing=0.03
    )
    dress(figure, "explained", height=150)
    overlay = _overlay(frame, saliency, translate)
    figure.add_heatmap(
        z=as_array(frame),
        zmin=0,
        zmax=1,
        colorscale="gray",
        showscale=False,
        hoverinfo="skip",
        row=1,
        col=1,
    )
    for trace in overlay:
        figure.add_trace(trace, row=1, col=2)
    digits = list(range(len(probabilities)))
    colours = {true: BLUE, read: VERMILLION}
    figure.add_bar(
        x=digits,
        y=list(probabilities),
        marker={"color": [colours.get(digit, INK) for digit in digits]},
        showlegend=False,
        hovertemplate=f"{translate('digit')} %{{x}}: %{{y:.2%}}<extra></extra>",
        row=1,
        col=3,
    )
    for column, axis in ((1, "x"), (2, "x2")):
        figure.update_xaxes(visible=False, fixedrange=True, constrain="domain", col=column)
        figure.update_yaxes(
            visible=False,
            fixedrange=True,
            autorange="reversed",
            scaleanchor=axis,
            constrain="domain",
            col=column,
        )
    figure.update_xaxes(dtick=1, fixedrange=True, showgrid=False, tickangle=0, col=3)
    return figure.update_yaxes(
        range=[0, 1.02], tickformat=".0%", dtick=0.5, fixedrange=True, side="right", col=3
    )


def _overlay(
    frame: Tensor | np.ndarray, saliency: Tensor | np.ndarray, translate: Translate
) -> tuple[go.Heatmap, go.Heatmap]:
    picture, signed = as_array(frame), as_array(saliency)
    if picture.ndim != 2 or picture.shape != signed.shape:
        raise MnistCoreError(
            f"a frame {picture.shape} and a map {signed.shape}; both must be one (H, W)"
        )
    extent = max(float(np.quantile(np.abs(signed), _CAP)), 1e-9)
    against, support = (f"rgba({r},{g},{b}," for r, g, b in map(hex_to_rgb, (BLUE, VERMILLION)))
    return (
        go.Heatmap(z=picture, zmin=0, zmax=1, colorscale=_PAPER, showscale=False, hoverinfo="skip"),
        go.Heatmap(
            z=signed,
            zmin=-extent,
            zmax=extent,
            # clear at zero: the digit shows where nothing spoke
            colorscale=[
                [0, f"{against}1)"],
                [0.5, f"{against}0)"],
                [0.5, f"{support}0)"],
                [1, f"{support}1)"],
            ],
            showscale=False,
            hovertemplate=f"{translate('spoke for the reading')} %{{z:.3f}}<extra></extra>",
        ),
    )


def _describe(row: Misclassified, translate: Translate) -> str:
    best = sorted(range(10), key=lambda digit: -row.probabilities[digit])[:3]
    read = ", ".join(f"{digit} ({row.probabilities[digit]:.1%})" for digit in best)
    return (
        f"{translate('image')} {row.index}<br>{translate('true digit')} {row.label}"
        f"<br>{translate('read as')} {read}"
    )
