"""Segmentation of ink and background under uneven illumination.

Batched tensor operations on (B, 1, H, W), without a branch on data.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

MIN_CONTRAST = 0.04
"""Smallest difference between ink and background, in grey values of [0, 1]."""

_GRID = 32  # side of the grid on which the background is estimated
_WINDOW = 13  # grid cells; wider than strokes, narrower than the background around them


def find_ink(grey: Tensor) -> Tensor:
    """Return the ink of grey images: (B, 1, H, W) in [0, 1], light on dark, background exactly 0.

    Accepts dark ink on a light background or the reverse, uneven illumination and noise; for an
    image without contrast the result is 0 everywhere.

    Parameters
    ----------
    grey : Tensor (B, 1, H, W)
        Floats in [0, 1].
    """
    smooth = _blur(grey, _odd(max(grey.shape[-2:]) / 170))
    # illumination is fitted to the border: fitted everywhere, a large digit would distort it
    bright = smooth * _polarity(smooth - _quadratic_surface(smooth, _border(smooth)))
    return _stretch(bright - _background(bright))


def _quadratic_surface(grey: Tensor, weight: Tensor | None = None) -> Tensor:
    """Return the least-squares surface a + bx + cy + dx² + exy + fy², a model of illumination.

    `weight` (H, W) weights the pixels; equal by default.
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
    """Gram-Schmidt on six rows; torch.linalg.qr has no ONNX form."""
    basis: list[Tensor] = []
    for term in terms:
        for other in basis:
            term = term - (term * other * weights).sum() * other
        # in an image one or two pixels high, terms are equal and the later ones are zero
        basis.append(term / (term.square() * weights).sum().sqrt().clamp(min=1e-4))
    return torch.stack(basis)


def _border(picture: Tensor) -> Tensor:
    """Return (H, W): 1 on the image's border, 0 inside."""
    height, width = picture.shape[-2:]
    band = max(1, min(height, width) // 16)
    border = torch.ones(height, width, dtype=picture.dtype, device=picture.device)
    border[band : height - band, band : width - band] = 0
    return border


def _polarity(flat: Tensor) -> Tensor:
    """Return (B, 1, 1, 1): +1 if ink is lighter than the background, -1 if it is darker.

    The image's border is background; ink deviates most from it. Deviations are cubed, so that ink
    outweighs larger areas of weak shadow.
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
    background = _quantiles(border, (0.5,))[0]
    deviation = flat.flatten(1) - background[:, None]
    weight = (deviation * deviation.square()).sum(1)
    return torch.where(weight >= 0, 1.0, -1.0).to(flat.dtype)[:, None, None, None]


def _background(bright: Tensor) -> Tensor:
    """Return the background of light ink: a quadratic surface plus an opening of the residual."""
    coarse = F.adaptive_avg_pool2d(bright, [min(_GRID, n) for n in bright.shape[-2:]])
    surface = _quadratic_surface(_opening(coarse))
    background = surface + _opening(coarse - surface)
    return F.interpolate(background, size=bright.shape[-2:], mode="bilinear", align_corners=False)


def _opening(coarse: Tensor) -> Tensor:
    """Morphological opening, wider than strokes, so that it removes all ink."""
    window = _odd(_WINDOW * min(coarse.shape[-2:]) / _GRID)
    eroded = -_dilate(-coarse, window)
    return _blur(_dilate(eroded, window), _odd(window / 3))


def _stretch(bright: Tensor) -> Tensor:
    """Map background to 0 and ink to 1, with a threshold above the measured noise."""
    flat = bright.flatten(1)
    low, middle = _quantiles(flat, (0.10, 0.35))
    # for normal noise these quantiles lie 1.282 and 0.385 standard deviations below the mean
    sigma = (middle - low) / 0.897
    background = (middle + 0.385 * sigma)[:, None]
    sigma = sigma[:, None]

    # two-means clustering of the grey values, with a fixed number of steps
    threshold = (background + flat.amax(1, keepdim=True)) / 2
    ink = threshold
    for _ in range(8):
        above = (flat > threshold).to(flat.dtype)
        ink = (flat * above).sum(1, keepdim=True) / above.sum(1, keepdim=True).clamp(min=1)
        threshold = (background + ink) / 2

    contrast = ink - background
    found = (contrast > MIN_CONTRAST) & (contrast > 5 * sigma)
    floor = background + torch.maximum(4 * sigma, 0.1 * contrast)
    stretched = ((flat - floor) / (ink - floor).clamp(min=1e-3)).clamp(0, 1)
    picture = torch.where(found, stretched, torch.zeros_like(stretched)).view_as(bright)
    return picture * _speck_mask(picture)


def _speck_mask(ink: Tensor) -> Tensor:
    """Return a mask that is 0 on specks: ink with hardly any ink around it."""
    window = _odd(max(ink.shape[-2:]) / 40)
    if window == 1:
        return torch.ones_like(ink)
    dense = (_blur(ink, window) > 0.12).to(ink.dtype)
    return _dilate(dense, window)


def _blur(picture: Tensor, window: int) -> Tensor:
    # separable: the same mean in a third of the time
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
