"""Find the ink in a grey picture: which is paper, which is ink, whatever the light.

Batched tensor operations on (B, 1, H, W), no branch on data.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

MIN_CONTRAST = 0.04
"""Ink whose grey differs less than this from the paper is no ink."""

_GRID = 32  # the paper is estimated on this grid
_WINDOW = 13  # grid cells; wider than any stroke, narrower than the paper around it


def find_ink(grey: Tensor) -> Tensor:
    """Return the ink of grey pictures: (B, 1, H, W) in [0, 1], light on dark, paper exactly 0.

    Takes dark ink on light paper or the reverse, uneven light and noise; a picture without
    contrast comes back empty.

    Parameters
    ----------
    grey : Tensor (B, 1, H, W)
        Floats in [0, 1].
    """
    smooth = _blur(grey, _odd(max(grey.shape[-2:]) / 170))
    # the light is taken from the border: over the whole picture a large digit would bend it
    light = smooth * _polarity(smooth - _quadratic_surface(smooth, _border(smooth)))
    return _stretch(light - _paper(light))


def _quadratic_surface(grey: Tensor, weight: Tensor | None = None) -> Tensor:
    """The least-squares surface a + bx + cy + dx² + exy + fy²: light that falls off smoothly.

    `weight` (H, W) says how much each pixel counts; all alike without it.
    """
    height, width = grey.shape[-2:]
    y = torch.linspace(-1, 1, height, dtype=grey.dtype, device=grey.device)[:, None]
    x = torch.linspace(-1, 1, width, dtype=grey.dtype, device=grey.device)[None, :]
    one = torch.ones(height, width, dtype=grey.dtype, device=grey.device)
    terms = torch.stack([one, x * one, y * one, x * x * one, x * y, y * y * one]).flatten(1)
    weights = (one if weight is None else weight).flatten()
    basis = _orthonormal(terms, weights)
    return (((grey.flatten(1) * weights) @ basis.T) @ basis).view_as(grey)


def _orthonormal(terms: Tensor, weights: Tensor) -> Tensor:
    """Gram-Schmidt over six rows: torch.linalg.qr would keep the road from being exported."""
    basis: list[Tensor] = []
    for term in terms:
        for other in basis:
            term = term - (term * other * weights).sum() * other
        # in a picture one or two pixels high, terms fall together: nothing is left of the later
        basis.append(term / (term.square() * weights).sum().sqrt().clamp(min=1e-4))
    return torch.stack(basis)


def _border(picture: Tensor) -> Tensor:
    """Return (H, W): 1 on the picture's border, 0 inside."""
    height, width = picture.shape[-2:]
    band = max(1, min(height, width) // 16)
    border = torch.ones(height, width, dtype=picture.dtype, device=picture.device)
    border[band : height - band, band : width - band] = 0
    return border


def _polarity(flat: Tensor) -> Tensor:
    """Return (B, 1, 1, 1): +1 where ink is lighter than paper, -1 where it is darker.

    The picture's border is paper; ink is on the side that deviates from it most. Cubes, so that
    strong ink outweighs weak shade however wide.
    """
    band = max(1, min(flat.shape[-2:]) // 16)
    border = torch.cat(
        [
            flat[:, :, :band].flatten(1),
            flat[:, :, -band:].flatten(1),
            flat[:, :, band:-band, :band].flatten(1),
            flat[:, :, band:-band, -band:].flatten(1),
        ],
        1,
    )
    paper = _quantiles(border, (0.5,))[0]
    deviation = flat.flatten(1) - paper[:, None]
    weight = (deviation * deviation.square()).sum(1)
    return torch.where(weight >= 0, 1.0, -1.0).to(flat.dtype)[:, None, None, None]


def _paper(light: Tensor) -> Tensor:
    """The paper under light ink: smooth light plus what an opening of the rest finds."""
    coarse = F.adaptive_avg_pool2d(light, [min(_GRID, n) for n in light.shape[-2:]])
    surface = _quadratic_surface(_opening(coarse))
    paper = surface + _opening(coarse - surface)
    return F.interpolate(paper, size=light.shape[-2:], mode="bilinear", align_corners=False)


def _opening(coarse: Tensor) -> Tensor:
    """Grey opening, wider than any stroke, so that no ink survives it."""
    window = _odd(_WINDOW * min(coarse.shape[-2:]) / _GRID)
    eroded = -_dilate(-coarse, window)
    return _blur(_dilate(eroded, window), _odd(window / 3))


def _stretch(light: Tensor) -> Tensor:
    """Map paper to 0 and ink to 1; paper's noise is measured and cut off."""
    flat = light.flatten(1)
    low, middle = _quantiles(flat, (0.10, 0.35))
    # for normal noise these quantiles lie 1.282 and 0.385 standard deviations below the mean
    sigma = (middle - low) / 0.897
    paper = (middle + 0.385 * sigma)[:, None]
    sigma = sigma[:, None]

    # two-means clustering of the greys, a fixed number of steps
    threshold = (paper + flat.amax(1, keepdim=True)) / 2
    ink = threshold
    for _ in range(8):
        above = (flat > threshold).to(flat.dtype)
        ink = (flat * above).sum(1, keepdim=True) / above.sum(1, keepdim=True).clamp(min=1)
        threshold = (paper + ink) / 2

    contrast = ink - paper
    found = (contrast > MIN_CONTRAST) & (contrast > 5 * sigma)
    floor = paper + torch.maximum(4 * sigma, 0.1 * contrast)
    stretched = ((flat - floor) / (ink - floor).clamp(min=1e-3)).clamp(0, 1)
    picture = torch.where(found, stretched, torch.zeros_like(stretched)).view_as(light)
    return picture * _no_specks(picture)


def _no_specks(ink: Tensor) -> Tensor:
    """Return a mask that drops specks: ink with hardly any ink around it."""
    window = _odd(max(ink.shape[-2:]) / 40)
    if window == 1:
        return torch.ones_like(ink)
    dense = (_blur(ink, window) > 0.12).to(ink.dtype)
    return _dilate(dense, window)


def _blur(picture: Tensor, window: int) -> Tensor:
    # one axis after the other: the same mean, and a third of the time
    for size in ((window, 1), (1, window)):
        padding = (size[0] // 2, size[1] // 2)
        picture = F.avg_pool2d(picture, size, 1, padding, count_include_pad=False)
    return picture


def _dilate(picture: Tensor, window: int) -> Tensor:
    for size in ((window, 1), (1, window)):
        picture = F.max_pool2d(picture, size, 1, (size[0] // 2, size[1] // 2))
    return picture


def _odd(size: float) -> int:
    return 2 * int(size / 2) + 1


def _quantiles(values: Tensor, fractions: tuple[float, ...]) -> list[Tensor]:
    """Nearest-rank quantiles (B,) of (B, N); torch.quantile has no ONNX form."""
    if values.shape[1] > 40_000:
        values = values[:, :: values.shape[1] // 20_000]
    ordered = values.sort(1).values
    return [ordered[:, int(f * (values.shape[1] - 1))] for f in fractions]
