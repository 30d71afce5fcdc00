"""What sets two evaluations apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from mnist_core.errors import MnistCoreError
from mnist_core.figures.theme import BLUE, INK, VERMILLION, Translate, new_figure, or_nothing

if TYPE_CHECKING:
    from mnist_core.evaluation.scores import Evaluation

_PALE_BLUE, _PALE_VERMILLION = "#BFDDF0", "#F9D5BC"
_WORSE = ((0.0, BLUE), (0.5, _PALE_BLUE), (0.5, _PALE_VERMILLION), (1.0, VERMILLION))
_BETTER = tuple((1 - place, colour) for place, colour in reversed(_WORSE))


def confusion_difference(a: Evaluation, b: Evaluation, *, translate: Translate = str) -> go.Figure:
    """Return the confusion matrix of `a` minus that of `b`: vermillion where `a` is worse.

    Off the diagonal more is worse, on it less is; either has a colour scale of its own, so that a
    single error shows beside what the diagonal gained. Cells that are the same are empty. Images
    are counted where both were scored on as many of each digit; else shares are compared, in
    percentage points of the digit's images.

    Raises
    ------
    MnistCoreError
        If they were scored on different splits.
    """
    if a.split != b.split:
        raise MnistCoreError(
            f"one was scored on {a.split}, the other on {b.split}; evaluate both on one split"
        )
    first, second = np.array(a.confusion, np.float64), np.array(b.confusion, np.float64)
    as_shares = not np.array_equal(first.sum(1), second.sum(1))
    if as_shares:
        first, second = (
            100 * of / np.maximum(of.sum(1, keepdims=True), 1) for of in (first, second)
        )
    difference = first - second
    changed = np.abs(difference) >= (0.05 if as_shares else 1)
    figure = new_figure("confusion_difference", height=420)
    if not changed.any():
        return or_nothing(figure, translate("both read every digit alike"))
    diagonal = np.eye(len(difference), dtype=bool)
    unit = translate("percentage points") if as_shares else translate("images")
    for cells, colours in ((diagonal, _BETTER), (~diagonal, _WORSE)):
        z = np.where(cells & changed, difference, np.nan)
        largest = max(float(np.nanmax(np.abs(z), initial=0)), 1e-9)
        figure.add_heatmap(
            z=z,
            zmin=-largest,
            zmax=largest,
            colorscale=colours,
            showscale=False,
            texttemplate="%{z:+.1f}" if as_shares else "%{z:+d}",
            customdata=np.dstack([first, second]),
            hoverongaps=False,
            xgap=2,
            ygap=2,
            hovertemplate=f"{translate('true digit')} %{{y}}<br>{translate('read as')} %{{x}}<br>"
            "A %{customdata[0]:,.4~r}, B %{customdata[1]:,.4~r} " + f"{unit}<extra></extra>",
        )
    edges = [-0.5, len(difference) - 0.5]
    axis = {"dtick": 1, "fixedrange": True, "showgrid": False, "constrain": "domain"}
    figure.update_xaxes(title=translate("read as"), range=edges, **axis)
    figure.update_yaxes(
        title=translate("true digit"),
        range=edges[::-1],
        scaleanchor="x",
        constraintoward="top",
        **axis,
    )
    # a frame, or an empty matrix has no shape
    return figure.add_shape(
        type="rect", x0=-0.5, x1=edges[1], y0=-0.5, y1=edges[1], line={"color": INK, "width": 1}
    )
