"""Images as points in a plane."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go

from mnist_core.evaluation.projection import Projection
from mnist_core.figures.theme import INK, Translate, new_figure

_DIGIT_COLOURS = (
    *("#3B7DD8", "#E8731A", "#2E9E4F", "#D9363E", "#8E63C7"),
    *("#96644F", "#DB6BB8", "#7F7F7F", "#A3A318", "#15A8BD"),
)
"""Medium bright: visible on a light and on a dark background."""


def projection_scatter(
    projection: Projection,
    true: np.ndarray,
    predicted: np.ndarray,
    selected: int | None = None,
    *,
    translate: Translate = str,
) -> go.Figure:
    """Return the images as points, a colour for each true digit; misclassified ones are crosses.

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
    for digit, colour in enumerate(_DIGIT_COLOURS):
        listed = False  # a digit is in the legend once, also if all of its images are misclassified
        for right, symbol, size, opacity in ((True, "circle", 5, 0.55), (False, "x", 9, 1.0)):
            shown = (true == digit) & ((true == predicted) == right)
            if shown.any():
                figure.add_scattergl(
                    x=projection.points[shown, 0],
                    y=projection.points[shown, 1],
                    text=text[shown],
                    mode="markers",
                    marker={"color": colour, "size": size, "symbol": symbol, "opacity": opacity},
                    name=str(digit),
                    legendgroup=str(digit),
                    showlegend=not listed,
                    hovertemplate="%{text}<extra></extra>",
                )
                listed = True
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
