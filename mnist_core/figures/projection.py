"""Images as points in a plane."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from mnist_core.evaluation.projection import Projection
from mnist_core.figures.theme import INK, NEUTRAL, PALETTE, Translate, new_figure
from mnist_core.models.network import NUM_CLASSES

_MARKERS = ((PALETTE, "circle", "x"), (PALETTE, "diamond", "cross"))
"""Colours, and symbols of correct and of misclassified images. There are more digits than colours
that everybody can tell apart: the last digits have the first colours again, with other symbols."""


def projection_scatter(
    projection: Projection,
    true: np.ndarray,
    predicted: np.ndarray,
    selected: int | None = None,
    *,
    translate: Translate = str,
) -> go.Figure:
    """Return the images as points, a colour and symbol for each true digit.

    Misclassified ones are large crosses; the digit is written in the middle of its images. A
    point's `customdata` is the index of its image.

    Parameters
    ----------
    projection : Projection
    true, predicted : int array (N,)
    selected : int, optional
        Index of the image that is marked with a circle.
    """
    figure = new_figure("projection", 560)
    text = np.array(
        [
            f"{translate('image')} {index}: {label}" + ("" if label == digit else f" → {digit}")
            for index, (label, digit) in enumerate(zip(true, predicted, strict=True))
        ],
        dtype=object,
    )
    markers = [(colour, *symbols) for colours, *symbols in _MARKERS for colour in colours]
    for digit, (colour, correct, wrong) in enumerate(markers[:NUM_CLASSES]):
        listed = False  # a digit is in the legend once, also if all of its images are misclassified
        for right, symbol, size in ((True, correct, 5), (False, wrong, 9)):
            shown = (true == digit) & ((true == predicted) == right)
            if shown.any():
                figure.add_scattergl(
                    x=projection.points[shown, 0],
                    y=projection.points[shown, 1],
                    text=text[shown],
                    mode="markers",
                    marker={"color": colour, "size": size, "symbol": symbol},
                    customdata=np.flatnonzero(shown),
                    name=str(digit),
                    legendgroup=str(digit),
                    showlegend=not listed,
                    hovertemplate="%{text}<extra></extra>",
                )
                listed = True
        if listed:
            x, y = np.median(projection.points[true == digit], axis=0)
            figure.add_annotation(
                x=x, y=y, text=f"<b>{digit}</b>", showarrow=False, bgcolor=NEUTRAL
            )
    if selected is not None:
        x, y = projection.points[selected]
        ring = {"size": 16, "symbol": "circle-open", "color": INK, "line": {"width": 2}}
        figure.add_scatter(
            x=[x], y=[y], mode="markers", marker=ring, showlegend=False, hoverinfo="skip"
        )
    first, second = (
        f"{share:.0%} {translate('of the variance')}" for share in projection.explained
    )
    figure.update_xaxes(showticklabels=False, title=first)
    figure.update_yaxes(showticklabels=False, title=second)
    return figure


def nearest(projection: Projection, x: float, y: float) -> int:
    """Return the index of the image whose point is nearest to a place."""
    return int(((projection.points - (x, y)) ** 2).sum(1).argmin())
