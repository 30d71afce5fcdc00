"""What is inside a network: feature maps and kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from mnist_core.figures.mosaic import (
    as_array,
    best_columns,
    check_panels,
    draw_mosaic,
    lay_out,
    owners,
)
from mnist_core.figures.theme import BLUE, VERMILLION, Translate, new_figure

if TYPE_CHECKING:
    from torch import Tensor

_DIVERGING = (BLUE, "#F7F7F7", VERMILLION)


def feature_maps(
    maps: Tensor | np.ndarray, *, highest: float | None = None, translate: Translate = str
) -> go.Figure:
    """Return a grid of feature maps on one colour scale.

    Parameters
    ----------
    maps : float (channels, H, W)
    highest : float, optional
        Top of a colour scale from zero on; without one it spans what is there. With the same one,
        figures can be compared.
    """
    panels = check_panels(maps, "feature maps are (channels, H, W)")
    columns = best_columns(len(panels))
    mosaic, corners = lay_out(panels, columns)
    owner = owners(mosaic.shape, panels.shape, corners)
    return draw_mosaic(
        new_figure("feature_maps"),
        mosaic,
        colorscale="Cividis",
        zmin=None if highest is None else 0,
        zmax=None if highest is None else max(highest, 1e-9),
        customdata=owner,
        hovertemplate=f"{translate('channel')} %{{customdata}}: %{{z:.3f}}<extra></extra>",
    )


def kernels(
    weights: Tensor | np.ndarray, *, extent: float | None = None, translate: Translate = str
) -> go.Figure:
    """Return a grid of convolution kernels on one colour scale, white at zero.

    Parameters
    ----------
    weights : float (out, in, H, W) or (out, H, W)
        With more than one input, a row for each output and a column for each input.
    extent : float, optional
        The weight, of either sign, that has full colour; without one it is the largest there is.
        With the same one, figures can be compared.
    """
    array = as_array(weights)
    inputs = array.shape[1] if array.ndim == 4 else 1
    panels = check_panels(
        array.reshape(-1, *array.shape[2:]) if array.ndim == 4 else array,
        "kernels are (out, in, H, W) or (out, H, W)",
    )
    columns = inputs if inputs > 1 else best_columns(len(panels))
    mosaic, corners = lay_out(panels, columns)
    owner = owners(mosaic.shape, panels.shape, corners)
    largest = float(np.nanmax(np.abs(mosaic))) if extent is None else extent
    largest = max(largest, 1e-9)
    return draw_mosaic(
        new_figure("kernels"),
        mosaic,
        colorscale=_DIVERGING,
        zmin=-largest,
        zmax=largest,
        customdata=np.dstack([owner // inputs, owner % inputs]),
        hovertemplate=f"{translate('output')} %{{customdata[0]}}, {translate('input')} "
        "%{customdata[1]}: %{z:.3f}<extra></extra>",
    )
