"""Data augmentation as batched functions on frames (B, 1, 28, 28) in [0, 1], on their device."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_core.imaging.normalize import fit_frame


@dataclass(frozen=True)
class Augmentation:
    """Ranges of the random transformations, which are sampled independently for each image.

    Rotation, shift, scale, shear and elastic are multiplied by one random strength in [0, 1] per
    image, unless `random_strength` is False.

    Attributes
    ----------
    rotation : float
        Degrees, from -rotation to +rotation.
    shift : float
        Pixels, along each axis.
    scale : float
        The factor of each axis is exp(u), u from -scale to +scale, independently for both axes.
    shear : float
        Horizontal slant, as dx per dy.
    elastic : float
        Standard deviation in pixels of a smooth random displacement (Simard et al. 2003).
    thickness : float
        Probability that strokes are made thicker or thinner by up to one pixel.
    refit : float
        Probability that the image is scaled and centred again, as `fit_frame` does.
    random_strength : bool
    """

    rotation: float = 15.0
    shift: float = 1.0
    scale: float = 0.2
    shear: float = 0.3
    elastic: float = 0.9
    thickness: float = 0.6
    refit: float = 0.7
    random_strength: bool = True


PEN = Augmentation()
"""For drawings on a pad."""
STRONG = Augmentation(rotation=20.0, shift=2.8, refit=0.5)
"""As `PEN`, with larger rotations and shifts, for long runs. Source of these: An et al. 2020, "An
Ensemble of Simple Convolutional Neural Network Models for MNIST Digit Recognition", section 2.2,
who shift by up to 5.6 pixels."""
ARTICLE = Augmentation(
    rotation=10.0,
    shift=2.8,
    scale=0.0,
    shear=0.0,
    elastic=0.0,
    thickness=0.0,
    refit=0.0,
    random_strength=False,
)
"""The article's: up to 10 degrees and a tenth of the image (torchvision's RandomAffine)."""


def augment(frames: Tensor, ranges: Augmentation) -> Tensor:
    """Return randomly transformed frames (B, 1, 28, 28), in [0, 1]."""
    warped = _warp(frames, ranges)
    if ranges.thickness == ranges.refit == 0:
        return warped
    changed = _thicken(warped, ranges.thickness)
    return torch.where(_chance(changed, ranges.refit), fit_frame(changed), changed)


def _uniform(frames: Tensor, limit: float) -> Tensor:
    return (2 * torch.rand(len(frames), device=frames.device) - 1) * limit


def _chance(frames: Tensor, probability: float) -> Tensor:
    return torch.rand(len(frames), 1, 1, 1, device=frames.device) < probability


def _warp(frames: Tensor, ranges: Augmentation) -> Tensor:
    """Rotation, shift, scale, shear and elastic displacement in one bilinear resampling."""
    batch, _, height, width = frames.shape
    # a random strength per image: many stay close to MNIST's originals
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
    # at most half an erosion, which would remove thin strokes
    return torch.lerp(
        torch.lerp(frames, thicker, amount.clamp(min=0)), thinner, 0.5 * (-amount).clamp(min=0)
    )
