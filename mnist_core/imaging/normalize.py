"""Normalisation of ink to MNIST's 28x28 frame.

Every step is batched tensor operations on (B, 1, H, W), without a loop over images, so that the
steps can be exported together with a network; the only branch skips `set_thickness`:

    grey image -> find_ink -> ink -> fit_canvas -> set_thickness -> fit_frame -> frame

MNIST's own procedure (LeCun et al. 1998, section III.A; http://yann.lecun.com/exdb/mnist): the
digit is scaled to fit 20x20 with its aspect ratio kept, anti-aliased, and placed in 28x28 by its
centre of mass.
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_core.imaging.branch import change_if
from mnist_core.imaging.sampling import is_square, row_and_column_weights
from mnist_core.imaging.sizes import CANVAS_DIGIT, CANVAS_SIZE, DIGIT_SIZE, FRAME_SIZE

MIN_STROKE_WIDTH, MAX_STROKE_WIDTH = 2.0, 3.0
"""Stroke widths in frame pixels; ink between them is not changed."""

_EPS = 1e-6
_FEW = 4
"""Canvases whose distances a processor's cache holds: three times faster than 200 at once."""


def resample(ink: Tensor, centre: Tensor, step: Tensor, size: int) -> Tensor:
    """Crop a square from every image and scale it, anti-aliased.

    Every output pixel is the mean of the input over its own area (linear interpolation where it is
    smaller than an input pixel), as two batched matrix products; the input is 0 outside.

    Parameters
    ----------
    ink : Tensor (B, 1, H, W)
    centre : Tensor (B, 2)
        The point (y, x) of the input, in input pixels, that becomes the output's centre.
    step : Tensor (B,)
        Input pixels per output pixel.
    size : int
        Side of the output.

    Returns
    -------
    Tensor (B, 1, size, size)
    """
    rows, columns = row_and_column_weights(_area_weights, ink, centre, step, size)
    return (rows @ ink.squeeze(1) @ columns.transpose(1, 2)).unsqueeze(1)


def _area_weights(length: int, centre: Tensor, step: Tensor, size: int) -> Tensor:
    out = torch.arange(size, device=centre.device, dtype=centre.dtype) + 0.5 - size / 2
    positions = (centre[:, None] + out * step[:, None]).unsqueeze(2)
    pixels = torch.arange(length, device=centre.device, dtype=centre.dtype)
    width = step.clamp(min=1)[:, None, None]
    overlap = torch.minimum(positions + width / 2, pixels + 1) - torch.maximum(
        positions - width / 2, pixels
    )
    return overlap.clamp(min=0) / width


def ink_box(ink: Tensor) -> tuple[Tensor, Tensor]:
    """Return centre (B, 2) as (y, x) and sides (B, 2) as (height, width) of the ink's bounding box.

    In pixels, with sub-pixel precision: a border row with coverage c counts as c of a row. An image
    without ink returns its own centre and sides of 1.
    """
    profiles = ink.squeeze(1).amax(2), ink.squeeze(1).amax(1)
    if is_square(ink):
        low, high = _extent(torch.stack(profiles, 1))
    else:
        ends = [_extent(profile) for profile in profiles]
        low, high = (torch.stack(end, 1) for end in zip(*ends, strict=True))
    empty = ink.amax((1, 2, 3)) <= _EPS
    size = _height_width(ink)
    centre = torch.where(empty[:, None], size / 2, (low + high) / 2)
    return centre, torch.where(empty[:, None], torch.ones_like(low), high - low)


def _height_width(ink: Tensor) -> Tensor:
    """Return (2,): a GPU fills it in itself; it would wait for a copy from the host."""
    sides = [torch.full((), n, device=ink.device, dtype=ink.dtype) for n in ink.shape[-2:]]
    return torch.stack(sides)


def _extent(profile: Tensor, threshold: float = 0.1) -> tuple[Tensor, Tensor]:
    length = profile.shape[-1]
    index = torch.arange(length, device=profile.device, dtype=profile.dtype)
    inked = profile > threshold
    # of a border pixel with coverage c, the inner part is inked
    low = torch.where(inked, index + 1 - profile, torch.full_like(profile, float(length))).amin(-1)
    high = torch.where(inked, index + profile, torch.zeros_like(profile)).amax(-1)
    return low, torch.maximum(high, low + _EPS)


def centre_of_mass(ink: Tensor) -> Tensor:
    """Return the centre of mass (B, 2) as (y, x) in pixels; the image's own centre if empty."""
    mass = ink.sum((1, 2, 3))
    axes = [torch.arange(n, device=ink.device, dtype=ink.dtype) + 0.5 for n in ink.shape[-2:]]
    y = (ink.sum(3).squeeze(1) * axes[0]).sum(1)
    x = (ink.sum(2).squeeze(1) * axes[1]).sum(1)
    middle = _height_width(ink) / 2
    centre = torch.stack([y, x], 1) / mass.clamp(min=_EPS)[:, None]
    return torch.where((mass <= _EPS)[:, None], middle, centre)


def stroke_width(ink: Tensor) -> Tensor:
    """Return the mean stroke width (B,) in pixels: twice the area over the perimeter.

    A stroke of width w and length L has area w L and perimeter 2 L; the perimeter is the total
    variation of the image (the coarea formula).
    """
    padded = F.pad(ink, (1, 1, 1, 1))
    dy = (
        padded[:, :, 1:, :-1]
        - padded[:, :, :-1, :-1]
        + padded[:, :, 1:, 1:]
        - padded[:, :, :-1, 1:]
    )
    dx = (
        padded[:, :, :-1, 1:]
        - padded[:, :, :-1, :-1]
        + padded[:, :, 1:, 1:]
        - padded[:, :, 1:, :-1]
    )
    perimeter = ((dy / 2).square() + (dx / 2).square() + 1e-12).sqrt().sum((1, 2, 3))
    return 2 * ink.sum((1, 2, 3)) / perimeter.clamp(min=_EPS)


def fit_canvas(ink: Tensor) -> Tensor:
    """Crop ink (B, 1, H, W) to its box and scale it onto the canvas (B, 1, 56, 56).

    The bounding box is centred, its longest side is 40 pixels, and its aspect ratio is kept.
    """
    centre, sides = ink_box(ink)
    return resample(ink, centre, sides.amax(1) / CANVAS_DIGIT, CANVAS_SIZE)


def set_thickness(
    ink: Tensor, min_width: float = MIN_STROKE_WIDTH, max_width: float = MAX_STROKE_WIDTH
) -> Tensor:
    """Limit the stroke width of canvases (B, 1, 56, 56) to a range (in frame pixels).

    The outline is offset by the same distance everywhere: the distance to the outline is computed,
    shifted, and converted back to coverage. Ink within the range is not changed. The
    bounding box changes with the outline; `fit_frame` scales it again.
    """
    _, sides = ink_box(ink)
    longest = sides.amax(1)
    width = stroke_width(ink)
    ratio = width / longest
    target = ratio.clamp(min_width / DIGIT_SIZE, max_width / DIGIT_SIZE)
    # moving the outline inwards by e changes the longest side too:
    # (width - 2 e) / (longest - 2 e) = target
    inwards = (width - target * longest) / (2 * (1 - target))
    inwards = inwards[:, None, None, None]
    # thinner ink is wider paper, so that one distance transform does for both
    wider = inwards < 0
    grown = (0.5 + inwards.abs() - outline_distance(torch.where(wider, ink, 1 - ink))).clamp(0, 1)
    redrawn = torch.where(wider, grown, 1 - grown)
    # blended, so that the result is continuous at the limits of the range
    return torch.lerp(ink, redrawn, (2 * inwards.abs()).clamp(max=1))


def outline_distance(ink: Tensor) -> Tensor:
    """Return the Euclidean distance (B, 1, H, W) to the ink's outline, in pixels.

    It is negative inside, but at least -0.5. The exact distance transform by two passes of a lower
    envelope of parabolas (Felzenszwalb and Huttenlocher 2012), here as a minimum over all pixels of
    a row; partly covered pixels place the outline between pixel centres.
    """
    sharp = (2 * ink - 0.5).clamp(0, 1)
    far = float(sum(ink.shape[-2:])) ** 2
    outside = torch.where(sharp <= 0, far, (0.5 - sharp).clamp(min=0).square())
    return _squared_distance(outside).sqrt() - (sharp - 0.5).clamp(min=0)


def _squared_distance(seeds: Tensor) -> Tensor:
    """Lower envelopes along rows, then columns, of seeds (B, C, H, W)."""
    for axis in (-2, -1):
        index = torch.arange(seeds.shape[axis], device=seeds.device, dtype=seeds.dtype)
        parabolas = (index[:, None] - index).square()
        # reducing an outer axis lets the minimum run along contiguous memory: 8 times faster
        lines = seeds.transpose(axis, -2).unsqueeze(-2)
        seeds = (lines + parabolas[:, :, None]).amin(-3).transpose(axis, -2)
    return seeds


def fit_frame(ink: Tensor) -> Tensor:
    """Scale ink (B, 1, H, W) to MNIST's frame (B, 1, 28, 28).

    The longest side becomes 20 pixels; the centre of mass becomes the middle of the pixel (14, 14),
    as in MNIST (measured on its training images: 14.50, 14.51 from the corner).
    """
    return _fit_frame(ink, ink_box(ink)[1].amax(1))


def _fit_frame(ink: Tensor, longest: Tensor) -> Tensor:
    step = longest / DIGIT_SIZE
    centre = centre_of_mass(ink) - 0.5 * step[:, None]
    return resample(ink, centre, step, FRAME_SIZE).clamp(0, 1)


class StrokeSizes(NamedTuple):
    """Longest side and stroke width of ink, both (B,), in pixels."""

    longest: Tensor
    width: Tensor


def stroke_sizes(ink: Tensor) -> StrokeSizes:
    """Measure ink (B, 1, H, W)."""
    return StrokeSizes(ink_box(ink)[1].amax(1), stroke_width(ink))


def frame_from_canvas(canvas: Tensor, sizes: StrokeSizes | None = None) -> Tensor:
    """Return the frames (B, 1, 28, 28) of ink canvases (B, 1, 56, 56), the network's input.

    As `fit_frame(set_thickness(canvas))`, but only canvases whose strokes are too thin or too wide
    take the time of `set_thickness`, which does not change the others. In an export, all of a batch
    do if one of them does. `sizes` are those of the canvases, if they are known.
    """
    longest, width = sizes or stroke_sizes(canvas)
    ratio = width / longest
    out = (ratio < MIN_STROKE_WIDTH / DIGIT_SIZE) | (ratio > MAX_STROKE_WIDTH / DIGIT_SIZE)
    if torch.compiler.is_compiling():
        return _fit_frame(*change_if(out.any(), _limited, (canvas, longest)))
    if not out.any():
        return _fit_frame(canvas, longest)
    limited = canvas.clone()
    few = len(canvas) if canvas.is_cuda else _FEW
    limited[out] = torch.cat([set_thickness(part) for part in canvas[out].split(few)])
    return fit_frame(limited)


def _limited(sized: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    ink = set_thickness(sized[0])
    return ink, ink_box(ink)[1].amax(1)


def is_dot(ink: Tensor, sizes: StrokeSizes | None = None) -> Tensor:
    """Return (B,) bool: no ink, or a blob without strokes (a dot, a filled canvas).

    A filled disc's or square's `stroke_width` is half its longest side; strokes stay below that.
    `sizes` are those of the ink, if they are known.
    """
    longest, width = sizes or stroke_sizes(ink)
    return (ink.amax((1, 2, 3)) <= _EPS) | (width > 0.45 * longest)
