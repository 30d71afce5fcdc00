"""A prediction: the network's input and the ten probabilities, with or without an attribution."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go
from plotly.colors import hex_to_rgb

from mnist_core.errors import MnistCoreError
from mnist_core.figures.theme import (
    BLUE,
    VERMILLION,
    Translate,
    add_probability_bars,
    as_array,
    format_image_axes,
    image_heatmap,
    new_figure,
)

if TYPE_CHECKING:
    from torch import Tensor

_ON_WHITE = ("#FFFFFF", "#8C8C8C")
"""The digit in a mid grey on white, so that both colours of the attribution are visible on it."""
_CLIP = 0.99


def prediction_chart(
    frame: Tensor | np.ndarray,
    probabilities: Sequence[float] | np.ndarray,
    digit: int | None,
    *,
    translate: Translate = str,
) -> go.Figure:
    """Return the input frame and a bar for each digit's probability, side by side.

    Parameters
    ----------
    frame : float (H, W) in [0, 1], light strokes on a dark background
    probabilities : (10,) in [0, 1]
    digit : int or None
        The predicted digit, with a vermillion bar; None for a blank frame.

    Raises
    ------
    MnistCoreError
        If the frame is not two-dimensional.
    """
    image = as_array(frame)
    if image.ndim != 2:
        raise MnistCoreError(f"a frame is (H, W); this one is {image.shape}")
    figure = new_figure(
        "prediction", 190, rows=1, cols=2, column_widths=[0.4, 0.6], horizontal_spacing=0.04
    )
    hover = f"{translate('intensity')} %{{z:.2f}}<extra></extra>"
    figure.add_trace(image_heatmap(image, hovertemplate=hover), row=1, col=1)
    format_image_axes(figure, image.shape, 1)
    add_probability_bars(figure, probabilities, {digit: VERMILLION}, 2, translate)
    return figure


def explained_prediction(
    frame: Tensor | np.ndarray,
    attribution: Tensor | np.ndarray,
    probabilities: Sequence[float] | np.ndarray,
    true: int,
    predicted: int,
    *,
    translate: Translate = str,
) -> go.Figure:
    """Return a frame, the attribution map over it, and the probabilities, side by side.

    Parameters
    ----------
    frame : float (H, W) in [0, 1], light strokes on a dark background
    attribution : float (H, W)
        Towards the predicted digit above 0 (vermillion), towards the true one below 0 (blue); see
        `mnist_core.inference.attribution`. Colours saturate at the 99th percentile of the
        magnitude (as Smilkov et al. 2017, section 3: a few pixels are much larger than the rest).
    probabilities : (10,) in [0, 1]
    true, predicted : int
        Digits with a blue and a vermillion bar.

    Raises
    ------
    MnistCoreError
        If frame and attribution are not two-dimensional and of one shape.
    """
    image, signed = as_array(frame), as_array(attribution)
    if image.ndim != 2 or image.shape != signed.shape:
        raise MnistCoreError(
            f"frame {image.shape} and attribution {signed.shape} must both have one shape (H, W)"
        )
    figure = new_figure(
        "explained", 150, rows=1, cols=3, column_widths=[0.28, 0.28, 0.44], horizontal_spacing=0.03
    )
    figure.add_trace(image_heatmap(image, hoverinfo="skip"), row=1, col=1)
    figure.add_trace(image_heatmap(image, colorscale=_ON_WHITE, hoverinfo="skip"), row=1, col=2)
    extent = max(float(np.quantile(np.abs(signed), _CLIP)), 1e-9)
    negative, positive = (f"rgba({r},{g},{b}," for r, g, b in map(hex_to_rgb, (BLUE, VERMILLION)))
    figure.add_heatmap(
        z=signed,
        zmin=-extent,
        zmax=extent,
        # transparent at zero, so that the digit below is visible
        colorscale=[
            [0, f"{negative}1)"],
            [0.5, f"{negative}0)"],
            [0.5, f"{positive}0)"],
            [1, f"{positive}1)"],
        ],
        showscale=False,
        hovertemplate=f"{translate('attribution to the prediction')} %{{z:.3f}}<extra></extra>",
        row=1,
        col=2,
    )
    format_image_axes(figure, image.shape, 1)
    format_image_axes(figure, image.shape, 2)
    add_probability_bars(figure, probabilities, {true: BLUE, predicted: VERMILLION}, 3, translate)
    return figure
