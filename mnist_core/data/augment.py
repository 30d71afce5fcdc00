"""Augmentation as batched functions on frames (B, 1, 28, 28) in [0, 1], on their own device."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_core.data.allographs import add_allograph_strokes
from mnist_core.imaging.normalize import fit_frame


@dataclass(frozen=True)
class Augmentation:
    """Ranges of the random changes; every value is drawn anew for every image.

    Rotation, shift, scale, shear and elastic are scaled by one random strength in [0, 1] for the
    image, unless `random_strength` is off.

    Attributes
    ----------
    rotation : float
        Degrees, from -rotation to +rotation.
    shift : float
        Pixels, along each axis.
    scale : float
        The factor of each axis is exp(u), u from -scale to +scale: aspect changes too.
    shear : float
        Horizontal slant, as dx per dy.
    elastic : float
        Standard deviation in pixels of a smooth random displacement (Simard et al. 2003).
    thickness : float
        Share of images whose strokes are made thicker or thinner by up to one pixel.
    refit : float
        Share of images that are scaled and centred anew as the pad does with a drawing.
    allographs : float
        Share of ones, sevens and nines that get a flag, a bar or a curl (`add_allograph_strokes`).
    random_strength : bool
    """

    rotation: float = 15.0
    shift: float = 1.0
    scale: float = 0.2
    shear: float = 0.3
    elastic: float = 0.9
    thickness: float = 0.6
    refit: float = 0.7
    allographs: float = 0.4
    random_strength: bool = True


PEN = Augmentation()
"""Ways of writing: what people draw on a pad."""
ARTICLE = Augmentation(
    rotation=10.0,
    shift=2.8,
    scale=0.0,
    shear=0.0,
    elastic=0.0,
    thickness=0.0,
    refit=0.0,
    allographs=0.0,
    random_strength=False,
)
"""The usual tutorial's: up to 10 degrees and a tenth of the picture (RandomAffine)."""


def augment(frames: Tensor, labels: Tensor, ranges: Augmentation) -> Tensor:
    """Return randomly changed frames (B, 1, 28, 28), in [0, 1]; labels (B,) are theirs."""
    if ranges.allographs == ranges.thickness == ranges.refit == 0:
        return _warp(frames, ranges)
    styled, has_stroke = add_allograph_strokes(frames, labels, ranges.allographs)
    changed = _thicken(_warp(styled, ranges), ranges.thickness)
    # a stroke more makes the box another one, so such an image is always fitted anew
    refit = _chance(changed, ranges.refit) | has_stroke[:, None, None, None]
    return torch.where(refit, fit_frame(changed), changed)


def _uniform(frames: Tensor, limit: float) -> Tensor:
    return (2 * torch.rand(len(frames), device=frames.device) - 1) * limit


def _chance(frames: Tensor, share: float) -> Tensor:
    return torch.rand(len(frames), 1, 1, 1, device=frames.device) < share


def _warp(frames: Tensor, ranges: Augmentation) -> Tensor:
    """Rotation, shift, scale, shear and elastic displacement in one bilinear resampling."""
    batch, _, height, width = frames.shape
    # each image has a strength of its own, so that many stay nearly as MNIST has them
    strength = torch.rand(batch, device=frames.device)
    if not ranges.random_strength:
        strength = torch.ones_like(strength)
    angle = _uniform(frames, math.radians(ranges.rotation)) * strength
    shear = _uniform(frames, ranges.shear) * strength
    sx = (_uniform(frames, ranges.scale) * strength).exp()
    sy = (_uniform(frames, ranges.scale) * strength).exp()
    dx = _uniform(frames, ranges.shift / 14) * strength
    dy = _uniform(frames, ranges.shift / 14) * strength
    cos, sin = angle.cos(), angle.sin()
    theta = torch.stack(
        [
            torch.stack([cos * sx, (cos * shear - sin) * sy, dx], 1),
            torch.stack([sin * sx, (sin * shear + cos) * sy, dy], 1),
        ],
        1,
    )
    grid = F.affine_grid(theta, list(frames.shape), align_corners=False)
    if ranges.elastic > 0:
        coarse = torch.randn(batch, 2, 5, 5, device=frames.device) * (2 * ranges.elastic / width)
        coarse = coarse * strength[:, None, None, None]
        field = F.interpolate(coarse, size=(height, width), mode="bicubic", align_corners=True)
        grid = grid + field.permute(0, 2, 3, 1)
    return F.grid_sample(frames, grid, align_corners=False)


def _thicken(frames: Tensor, share: float) -> Tensor:
    """Blend towards a 3x3 grey dilation (thicker) or erosion (thinner)."""
    amount = 2 * torch.rand(len(frames), 1, 1, 1, device=frames.device) - 1
    amount = torch.where(_chance(frames, share), amount, torch.zeros_like(amount))
    thicker = F.max_pool2d(frames, 3, stride=1, padding=1)
    thinner = -F.max_pool2d(-frames, 3, stride=1, padding=1)
    # a full erosion would wipe out thin strokes: stop halfway
    return torch.lerp(
        torch.lerp(frames, thicker, amount.clamp(min=0)), thinner, 0.5 * (-amount).clamp(min=0)
    )
