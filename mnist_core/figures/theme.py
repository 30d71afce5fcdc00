"""What all figures share: colours, template, and the layout of common kinds of axes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

if TYPE_CHECKING:
    from torch import Tensor

Translate: TypeAlias = Callable[[str], str]

BLUE, VERMILLION = "#0072B2", "#D55E00"
PALETTE = (BLUE, VERMILLION, "#22A07A", "#6A1B4D", "#4A3700", "#2A1FE0")
"""Colours of lines on a light background; the first two are Okabe and Ito's.

Each has a contrast of at least 3 to the background (WCAG 2.2, 1.4.11), and any two differ by more
than 30 in CIELAB, also with protanopia and deuteranopia. So has the palette for dark backgrounds.
"""
INK = "#5D5C66"
"""Text."""
PALE_BLUE, PALE_VERMILLION, DARK_VERMILLION = "#BFDDF0", "#F9D5BC", "#9C4500"
MEDIUM_BLUE, MEDIUM_VERMILLION = "#6FAED6", "#F6BE95"
NEUTRAL = "#F7F7F7"
"""Middle of a colour scale from blue to vermillion."""
BLACK, WHITE = "#000000", "#FFFFFF"
"""Text on a cell or bar, on light pages and on dark ones."""
BLACK_THEN_WHITE, WHITE_THEN_BLACK = "#010101", "#FEFEFE"
"""Text on a cell or bar: the first colour on light pages, the second on dark ones."""
DARK_COLOURS = {
    **dict(
        zip(
            PALETTE,
            ("#56B4E9", "#FF8A3D", "#B8F5EC", "#E5307F", "#F5EBAA", "#6F61FF"),
            strict=True,
        )
    ),
    INK: "#A5A7B0",
    PALE_BLUE: "#1F3F55",
    PALE_VERMILLION: "#5A2F12",
    MEDIUM_BLUE: "#2B5F80",
    MEDIUM_VERMILLION: "#7A4117",
    DARK_VERMILLION: "#FFD0AE",
    NEUTRAL: "#20242C",
    BLACK_THEN_WHITE: WHITE,
    WHITE_THEN_BLACK: BLACK,
}
"""Colour of a figure -> the one that replaces it on a dark background.

A figure has the colours for a light background. A page in the browser replaces them, because only
the browser knows the scheme, and when it changes. Pictures, which are grey or cividis, stay.
"""
CLEAR = "rgba(0,0,0,0)"
GRID = "rgba(128,128,128,0.22)"


@functools.cache
def template() -> go.layout.Template:
    """Return the template of every figure, which copies it; it is validated once."""
    axis = {
        "gridcolor": GRID,
        "linecolor": GRID,
        "zeroline": False,
        "automargin": True,
        "title": {"standoff": 8},
    }
    return go.layout.Template(
        layout={
            "paper_bgcolor": CLEAR,
            "plot_bgcolor": CLEAR,
            "font": {"color": INK, "size": 12, "family": "system-ui, sans-serif"},
            "colorway": PALETTE,
            # the first label does not touch the lowest one of the other axis
            "xaxis": {**axis, "ticklabelstandoff": 6},
            "yaxis": axis,
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "legend": {
                "orientation": "h",
                "x": 0,
                "y": 1.02,
                "yanchor": "bottom",
                "bgcolor": CLEAR,
            },
            "hoverlabel": {"namelength": -1},
            "hovermode": "closest",
        }
    )


def new_figure(revision: str, height: int = 360, **subplots: Any) -> go.Figure:
    """Return an empty figure with the template.

    Parameters
    ----------
    revision : str
        A zoom is kept from one redraw to the next while this is the same.
    height : int
        Pixels.
    subplots
        Arguments of `plotly.subplots.make_subplots`, if the figure has several plots.
    """
    figure = make_subplots(**subplots) if subplots else go.Figure()
    return figure.update_layout(template=template(), height=height, uirevision=revision)


def or_placeholder(figure: go.Figure, text: str) -> go.Figure:
    """Return the figure; with a text in place of its axes if it has no traces."""
    if not figure.data:
        figure.add_annotation(text=text, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False)
        figure.update_layout(height=160)
        figure.update_xaxes(visible=False)
        figure.update_yaxes(visible=False)
    return figure


def image_heatmap(image: np.ndarray, **options: Any) -> go.Heatmap:
    """Return an image (H, W) in [0, 1] as a grey heatmap."""
    defaults = {"zmin": 0, "zmax": 1, "colorscale": "gray", "showscale": False}
    return go.Heatmap(z=image, **{**defaults, **options})


def format_image_axes(figure: go.Figure, shape: tuple[int, ...], column: int | None = None) -> None:
    """Make axes those of an image (H, W): hidden, square pixels, the first row at the top.

    `column` is that of the subplot, if the figure has several.
    """
    shared = {"visible": False, "fixedrange": True, "constrain": "domain", "col": column}
    figure.update_xaxes(range=[-0.5, shape[1] - 0.5], **shared)
    figure.update_yaxes(
        range=[shape[0] - 0.5, -0.5],
        scaleanchor=f"x{column}" if column and column > 1 else "x",
        constraintoward="top",
        **shared,
    )


def add_probability_bars(
    figure: go.Figure,
    probabilities: Sequence[float] | np.ndarray,
    colours: Mapping[int | None, str],
    column: int,
    translate: Translate,
) -> None:
    """Add a bar for each digit's probability (10,); `colours` of digits that are not grey."""
    values = np.asarray(probabilities, np.float64)
    figure.add_bar(
        x=np.arange(len(values)),
        y=values,
        marker={"color": [colours.get(digit, INK) for digit in range(len(values))]},
        showlegend=False,
        hovertemplate=f"{translate('digit')} %{{x}}: %{{y:.2%}}<extra></extra>",
        row=1,
        col=column,
    )
    figure.update_xaxes(dtick=1, fixedrange=True, showgrid=False, tickangle=0, col=column)
    figure.update_yaxes(
        range=[0, 1.02], tickformat=".0%", dtick=0.5, fixedrange=True, side="right", col=column
    )


def as_array(values: Tensor | np.ndarray) -> np.ndarray:
    """Return a tensor on any device, or an array, as float32."""
    detached = values.detach().cpu() if hasattr(values, "detach") else values
    return np.asarray(detached, np.float32)
