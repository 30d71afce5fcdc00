"""What every figure has in common: colours, template, size."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import plotly.graph_objects as go

Translate: TypeAlias = Callable[[str], str]

BLUE, VERMILLION = "#0072B2", "#D55E00"
PALETTE = (BLUE, VERMILLION, "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Okabe and Ito's colours without yellow and black: one cannot be seen on white, one on black."""
INK = "#797979"
"""Text. Its contrast is 4.3 on white and on #0e1117: no grey does better on both."""
CLEAR = "rgba(0,0,0,0)"
GRID = "rgba(128,128,128,0.22)"


def template() -> go.layout.Template:
    """Return the look of every figure, on light and on dark backgrounds."""
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
            "xaxis": axis,
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


def new_figure(revision: str, height: int = 360) -> go.Figure:
    """Return an empty figure in our look; a zoom stays while `revision` is the same."""
    return dress(go.Figure(), revision, height)


def dress(figure: go.Figure, revision: str, height: int) -> go.Figure:
    """Give a figure our look."""
    # the same uirevision on every redraw keeps the zoom
    return figure.update_layout(template=template(), height=height, uirevision=revision)


def or_nothing(figure: go.Figure, words: str) -> go.Figure:
    """Return the figure, or words in its place if nothing is drawn on it."""
    if not figure.data:
        figure.add_annotation(text=words, x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False)
        figure.update_layout(height=160)
        figure.update_xaxes(visible=False)
        figure.update_yaxes(visible=False)
    return figure
