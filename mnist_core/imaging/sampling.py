"""Bicubic sampling of a square part of an image, reduced or enlarged."""

from collections.abc import Callable

import torch
from torch import Tensor


def sample(image: Tensor, start: Tensor, step: Tensor, size: int) -> Tensor:
    """Return a square part of every image, anti-aliased where it is reduced.

    Keys' cubic convolution, widened by the step where that is above 1, as Pillow's BICUBIC does, as
    two batched matrix products. Outside the image its border pixels are repeated.

    Parameters
    ----------
    image : Tensor (B, C, H, W)
    start : Tensor (B, 2)
        The point (y, x), in pixels, that becomes the upper left corner of the output.
    step : Tensor (B,)
        Input pixels per output pixel.
    size : int
        Side of the output.

    Returns
    -------
    Tensor (B, C, size, size)
    """
    rows, columns = row_and_column_weights(cubic_weights, image, start, step, size)
    return rows[:, None] @ image @ columns.transpose(1, 2)[:, None]


def row_and_column_weights(
    axis_weights: Callable[[int, Tensor, Tensor, int], Tensor],
    image: Tensor,
    places: Tensor,
    step: Tensor,
    size: int,
) -> tuple[Tensor, Tensor]:
    """Return the weights (B, size, H) and (B, size, W) of the pixels of both axes of an image.

    `axis_weights` returns those of one axis, as `cubic_weights` does; `places` (B, 2) holds its
    second argument for y and x. Both axes of a square image take one call: half of the operations.
    """
    if is_square(image):
        both = axis_weights(image.shape[-1], places.flatten(), step.repeat_interleave(2), size)
        rows, columns = both.unflatten(0, (-1, 2)).unbind(1)
        return rows, columns
    rows = axis_weights(image.shape[-2], places[:, 0], step, size)
    return rows, axis_weights(image.shape[-1], places[:, 1], step, size)


def is_square(image: Tensor) -> bool:
    """Return whether both axes of an image can be treated at once; never in an export."""
    return not torch.compiler.is_compiling() and image.shape[-2] == image.shape[-1]


def cubic_weights(length: int, start: Tensor, step: Tensor, size: int) -> Tensor:
    """Return weights (B, size, length) of the pixels of one axis; each row sums to 1.

    Parameters as of `sample`: start (B,), step (B,).
    """
    out = torch.arange(size, device=start.device, dtype=start.dtype) + 0.5
    positions = (start[:, None] + out * step[:, None]).clamp(0.5, length - 0.5)
    pixels = torch.arange(length, device=start.device, dtype=start.dtype) + 0.5
    # both are divided before they are subtracted, which is done for each pixel of each position
    width = step.clamp(min=1)[:, None, None]
    distance = (positions.unsqueeze(2) / width - pixels / width).abs_().clamp_(max=2)
    # Keys' kernel with a = -1/2: its outer piece everywhere, and what the inner one adds to it; in
    # place, as allocating each new tensor takes longer than computing it
    weights = (2.5 - 0.5 * distance).mul_(distance).sub_(4).mul_(distance).add_(2)
    inner = distance.neg_().add_(1).clamp_(min=0)
    weights += inner.square().mul_(1 - 2 * inner)
    return weights.div_(weights.sum(2, keepdim=True))
