from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from mnist_core.imaging.grid import make_grid, sharpened


@pytest.mark.parametrize("size", [(8, 8), (8, 13), (16, 10)])
def test_small_pictures_keep_their_contrast_when_they_are_enlarged(size: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    picture = torch.from_numpy(rng.integers(0, 2, (2, 1, *size)).astype(np.float32))

    def error(grey: torch.Tensor) -> float:
        large = F.interpolate(grey, scale_factor=16, mode="bicubic")
        return float((F.avg_pool2d(large, 16) - picture).abs().mean())

    sharp = sharpened(picture, torch.tensor(max(size) / 80))
    assert error(sharp) < 0.5 * error(picture)
    assert torch.allclose(sharp.mean(), picture.mean(), atol=0.02)


def test_paper_stays_as_it_is() -> None:
    paper = torch.full((1, 1, 8, 12), 0.7)
    assert torch.allclose(sharpened(paper, torch.tensor(0.15)), paper)


def test_larger_pictures_are_not_sharpened() -> None:
    picture = torch.rand(1, 1, 60, 40, generator=torch.Generator().manual_seed(0))
    assert torch.equal(sharpened(picture, make_grid(picture).step), picture)
