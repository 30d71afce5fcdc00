"""Labels of connected regions are those of scipy.ndimage."""

from __future__ import annotations

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy import ndimage

from mnist_core.imaging.regions import dilate, hook_regions, label_regions, measure_regions

SIDE = 48


def blobs(seed: int, sigma: float, threshold: float) -> np.ndarray:
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(SIDE, SIDE)), sigma)
    noise /= noise.std()
    return np.where(noise > threshold, 1.0, np.where(noise < -threshold, -1.0, 0.0))


def assert_same_regions(kinds: np.ndarray) -> None:
    given = torch.tensor(kinds, dtype=torch.float32)[None]
    # an export's labels are the same
    assert torch.equal(label_regions(given), hook_regions(given))
    labels = label_regions(given)[0].numpy().reshape(kinds.shape)
    for kind in (-1, 1):
        expected, count = ndimage.label(kinds == kind, np.ones((3, 3)))
        where = kinds == kind
        pairs = np.unique(np.stack([expected[where], labels[where]]), axis=1)
        assert pairs.shape[1] == count == len(np.unique(pairs[1]))


@given(st.integers(0, 2**31), st.floats(0.3, 4), st.floats(0, 1))
def test_labels_of_blobs(seed: int, sigma: float, threshold: float) -> None:
    assert_same_regions(blobs(seed, sigma, threshold))


def test_labels_of_a_spiral() -> None:
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    phase = np.arctan2(y, x) + 25 * np.hypot(x, y)
    assert_same_regions(np.where(np.sin(phase) > 0, 1.0, -1.0))
    assert_same_regions(np.where(np.sin(phase) > 0.3, 1.0, 0.0))


@given(st.integers(0, 2**31), st.floats(1, 4), st.floats(0.2, 1))
def test_measures_of_regions(seed: int, sigma: float, threshold: float) -> None:
    kinds = blobs(seed, sigma, threshold)
    border = np.ones_like(kinds)
    border[1:-1, 1:-1] = 0
    regions = measure_regions(
        torch.tensor(kinds, dtype=torch.float32)[None], torch.tensor(border, dtype=torch.float32)
    )
    values = np.random.default_rng(seed).random(kinds.shape)
    means = regions.mean(torch.tensor(values, dtype=torch.float32)[None])
    areas = []
    for kind in (-1, 1):
        labels, _ = ndimage.label(kinds == kind, np.ones((3, 3)))
        areas += np.bincount(labels.ravel())[1:].tolist()
    largest = sorted(areas, reverse=True)[: regions.area.shape[1]]
    assert regions.area[0, : len(largest)].tolist() == largest
    for index in range(len(largest)):
        cells = (regions.number[0] == index).numpy()
        rows, columns = np.nonzero(cells)
        assert regions.top[0, index] == rows.min()
        assert regions.bottom[0, index] == rows.max() + 1
        assert regions.left[0, index] == columns.min()
        assert regions.right[0, index] == columns.max() + 1
        assert regions.contact[0, index] == border[cells].sum()
        assert (kinds[cells] == regions.kind[0, index].item()).all()
        assert np.isclose(means[0, index].item(), values[cells].mean(), atol=1e-4)


@given(st.integers(0, 2**31), st.integers(1, 12))
def test_dilation(seed: int, reach: int) -> None:
    grid = np.random.default_rng(seed).random((2, 20, 20)).astype(np.float32)
    size = 2 * reach + 1
    expected = [ndimage.maximum_filter(g, size, mode="constant") for g in grid]
    assert np.array_equal(dilate(torch.from_numpy(grid), reach).numpy(), np.stack(expected))
