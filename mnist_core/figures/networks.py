"""Feature maps and convolution kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from mnist_core.figures.mosaic import best_columns, check_panels, draw_mosaic, make_mosaic
from mnist_core.figures.theme import BLUE, NEUTRAL, VERMILLION, Translate, as_array, new_figure

if TYPE_CHECKING:
    from torch import Tensor

_DIVERGING = (BLUE, NEUTRAL, VERMILLION)


def feature_maps(
    maps: Tensor | np.ndarray, *, highest: float | None = None, translate: Translate = str
) -> go.Figure:
    """Return a grid of feature maps on one colour scale.

    Parameters
    ----------
    maps : float (channels, H, W)
    highest : float, optional
        Upper end of a colour scale that starts at zero, to compare figures; by default the scale
        covers the values.
    """
    panels = check_panels(maps, "feature maps are (channels, H, W)")
    mosaic = make_mosaic(panels, best_columns(len(panels)))
    return draw_mosaic(
        new_figure("feature_maps"),
        mosaic.values,
        colorscale="Cividis",
        zmin=None if highest is None else 0,
        zmax=None if highest is None else max(highest, 1e-9),
        customdata=mosaic.owners,
        hovertemplate=f"{translate('channel')} %{{customdata}}: %{{z:.3f}}<extra></extra>",
    )


def kernels(
    weights: Tensor | np.ndarray, *, extent: float | None = None, translate: Translate = str
) -> go.Figure:
    """Return a grid of convolution kernels on one colour scale, neutral at zero.

    Parameters
    ----------
    weights : float (out, in, H, W) or (out, H, W)
        With several input channels, a row for each output and a column for each input channel.
    extent : float, optional
        Magnitude with full colour, to compare figures; by default the largest of these weights.
    """
    array = as_array(weights)
    inputs = array.shape[1] if array.ndim == 4 else 1
    panels = check_panels(
        array.reshape(-1, *array.shape[2:]) if array.ndim == 4 else array,
        "kernels are (out, in, H, W) or (out, H, W)",
    )
    mosaic = make_mosaic(panels, inputs if inputs > 1 else best_columns(len(panels)))
    largest = max(float(np.nanmax(np.abs(panels))) if extent is None else extent, 1e-9)
    return draw_mosaic(
        new_figure("kernels"),
        mosaic.values,
        colorscale=_DIVERGING,
        zmin=-largest,
        zmax=largest,
        customdata=np.dstack([mosaic.owners // inputs, mosaic.owners % inputs]),
        hovertemplate=f"{translate('output')} %{{customdata[0]}}, {translate('input')} "
        "%{customdata[1]}: %{z:.3f}<extra></extra>",
    )
