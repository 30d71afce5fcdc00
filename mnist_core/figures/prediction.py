"""What a network made of a drawing: the frame that it saw, and its ten probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from mnist_core.errors import MnistCoreError
from mnist_core.figures.mosaic import as_array
from mnist_core.figures.theme import INK, VERMILLION, Translate, dress

if TYPE_CHECKING:
    from torch import Tensor


def reading(
    frame: Tensor | np.ndarray,
    probabilities: Sequence[float] | np.ndarray,
    digit: int | None,
    *,
    translate: Translate = str,
) -> go.Figure:
    """Return the frame and, beside it, a bar for each digit.

    Parameters
    ----------
    frame : float (H, W) in [0, 1], ink light on dark
    probabilities : (10,) in [0, 1]
    digit : int or None
        Its bar is vermillion; None for a blank.

    Raises
    ------
    MnistCoreError
        If the frame is no picture.
    """
    picture = as_array(frame)
    if picture.ndim != 2:
        raise MnistCoreError(f"a frame is (H, W); this one is {picture.shape}")
    figure = make_subplots(rows=1, cols=2, column_widths=[0.4, 0.6], horizontal_spacing=0.04)
    dress(figure, "reading", height=190)
    figure.add_heatmap(
        z=picture,
        zmin=0,
        zmax=1,
        colorscale="gray",
        showscale=False,
        hovertemplate=f"{translate('ink')} %{{z:.2f}}<extra></extra>",
        row=1,
        col=1,
    )
    values = np.asarray(probabilities, np.float64)
    figure.add_bar(
        x=np.arange(len(values)),
        y=values,
        marker={"color": [VERMILLION if i == digit else INK for i in range(len(values))]},
        showlegend=False,
        hovertemplate=f"{translate('digit')} %{{x}}: %{{y:.2%}}<extra></extra>",
        row=1,
        col=2,
    )
    figure.update_xaxes(visible=False, fixedrange=True, constrain="domain", col=1)
    figure.update_yaxes(
        visible=False,
        fixedrange=True,
        autorange="reversed",
        scaleanchor="x",
        constrain="domain",
        constraintoward="top",
        col=1,
    )
    figure.update_xaxes(dtick=1, fixedrange=True, showgrid=False, tickangle=0, col=2)
    return figure.update_yaxes(
        range=[0, 1.02], tickformat=".0%", dtick=0.5, fixedrange=True, side="right", col=2
    )
