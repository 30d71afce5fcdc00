"""Heatmaps of histograms over a run."""

from __future__ import annotations

import numpy as np
import pytest

from mnist_core import MnistCoreError, figures
from mnist_core.runs.metric_log import Bins


def bins(values: np.ndarray, edges: np.ndarray) -> Bins:
    return Bins(edges.astype(float), np.histogram(values, edges)[0].astype(float))


def test_histograms_with_other_bins_are_drawn_on_one_axis() -> None:
    values = np.random.default_rng(0).normal(0, 1, 20_000)
    wide = np.linspace(values.min(), values.max(), 101)
    narrow = np.array([values.min(), *np.linspace(-3, 3, 60), values.max()])
    figure = figures.histogram_heatmap([10, 30], [bins(values, wide), bins(values, narrow)], "w")
    (heatmap,) = figure.data
    shares = np.asarray(heatmap.customdata)
    assert list(heatmap.x) == [10, 30]
    assert shares.shape == (len(heatmap.y), 2)
    assert shares.sum(0) == pytest.approx([1, 1], abs=0.002)
    assert shares[:, 0] == pytest.approx(shares[:, 1], abs=0.01)
    assert heatmap.y[np.argmax(shares[:, 0])] == pytest.approx(0, abs=0.3)
    assert np.nanmax(np.asarray(heatmap.z)) == pytest.approx(np.sqrt(shares.max()))


def test_cells_without_values_and_histograms_without_values_are_empty() -> None:
    edges = np.array([0.0, 1.0, 2.0, 3.0])
    found = [Bins(edges, np.array([4.0, 0.0, 4.0])), Bins(edges, np.zeros(3))]
    (heatmap,) = figures.histogram_heatmap([1, 2], found, "w").data
    assert list(heatmap.x) == [1]
    middle = (np.asarray(heatmap.y) > 1.1) & (np.asarray(heatmap.y) < 1.9)
    assert np.isnan(np.asarray(heatmap.z)[middle]).all()
    nothing = figures.histogram_heatmap([2], found[1:], "w", translate=str.upper)
    assert nothing.layout.annotations[0].text == "NO DATA RECORDED YET"


def test_each_histogram_has_a_position() -> None:
    with pytest.raises(MnistCoreError, match="2 positions for 0 histograms"):
        figures.histogram_heatmap([1, 2], [], "w")
