"""Histograms of a layer's weights or gradients over a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from mnist_core.errors import MnistCoreError
from mnist_core.figures.theme import BLUE, PALE_BLUE, Translate, new_figure, or_placeholder

if TYPE_CHECKING:
    from mnist_core.runs.metric_log import Bins

_ROWS = 48
_OUTLIERS = 5e-4
"""Share of the values at each end that may be outside of the vertical axis."""


def histogram_heatmap(
    positions: Sequence[float] | np.ndarray,
    histograms: Sequence[Bins],
    title: str,
    *,
    translate: Translate = str,
) -> go.Figure:
    """Return histograms side by side as columns of a heatmap, the more values the darker.

    Parameters
    ----------
    positions : N numbers, increasing
        Of the columns on the horizontal axis.
    histograms : N Bins
    title : str
        Of the vertical axis: whose values they are, translated.

    Raises
    ------
    MnistCoreError
        If there are not as many positions as histograms.
    """
    if len(positions) != len(histograms):
        raise MnistCoreError(f"{len(positions)} positions for {len(histograms)} histograms")
    figure = new_figure(f"histogram {title}", height=300)
    figure.update_xaxes(title=translate("step"))
    figure.update_yaxes(title=title)
    filled = [(x, *_distribution(one)) for x, one in zip(positions, histograms, strict=True)]
    filled = [column for column in filled if column[2][-1] > 0]
    if not filled:
        return or_placeholder(figure, translate("no data recorded yet"))
    low = min(np.interp(_OUTLIERS, shares, edges) for _, edges, shares in filled)
    high = max(np.interp(1 - _OUTLIERS, shares, edges) for _, edges, shares in filled)
    rows = np.linspace(low, high, _ROWS + 1)
    columns = [np.diff(np.interp(rows, edges, shares)) for _, edges, shares in filled]
    shares = np.stack(columns, 1)
    figure.add_heatmap(
        x=[x for x, _, _ in filled],
        y=(rows[:-1] + rows[1:]) / 2,
        # square roots: else the peak of a distribution would hide its tails
        z=np.where(shares > 0, np.sqrt(shares), np.nan),
        customdata=shares,
        zmin=0,
        colorscale=(PALE_BLUE, BLUE),
        showscale=False,
        hoverongaps=False,
        hovertemplate="%{x:,.4~r}<br>%{y:.3~g}: %{customdata:.2%}<extra></extra>",
    )
    return figure


def _distribution(bins: Bins) -> tuple[np.ndarray, np.ndarray]:
    """Return edges, and the share of the values that is below each; shares are 0 without values."""
    below = np.concatenate(([0.0], np.cumsum(bins.counts)))
    return bins.edges, below / (below[-1] or 1.0)
