"""Images in a grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from mnist_core.errors import MnistCoreError
from mnist_core.figures.mosaic import check_panels, draw_mosaic, make_mosaic
from mnist_core.figures.theme import new_figure

if TYPE_CHECKING:
    from torch import Tensor


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
        Shown when the pointer is over a caption.
    columns : int >= 1

    Raises
    ------
    MnistCoreError
        If frames have another shape, or captions another number.
    """
    panels = check_panels(frames, "images are (N, H, W)")
    if len(captions) != len(panels) or len(hovers) not in (0, len(panels)):
        raise MnistCoreError(f"{len(captions)} captions for {len(panels)} images; give one each")
    mosaic = make_mosaic(panels, columns, gap=2, top=panels.shape[1] // 4)
    figure = new_figure("images")
    draw_mosaic(
        figure,
        mosaic.values,
        scale=3,
        colorscale="gray",
        zmin=0,
        zmax=1,
        hoverinfo="skip",
        showscale=False,
    )
    for number, (caption, (y, x)) in enumerate(zip(captions, mosaic.corners, strict=True)):
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
