"""Bicubic sampling of a square part of an image, reduced or enlarged."""

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
    if torch.compiler.is_compiling() or image.shape[-2] != image.shape[-1]:
        rows = cubic_weights(image.shape[-2], start[:, 0], step, size)
        columns = cubic_weights(image.shape[-1], start[:, 1], step, size)
    else:  # both at once
        weights = cubic_weights(image.shape[-1], start.flatten(), step.repeat_interleave(2), size)
        rows, columns = weights.unflatten(0, (-1, 2)).unbind(1)
    return rows[:, None] @ image @ columns.transpose(1, 2)[:, None]


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
    # place, as the kernel's pages for each new tensor take longer than what is computed
    weights = (2.5 - 0.5 * distance).mul_(distance).sub_(4).mul_(distance).add_(2)
    inner = distance.neg_().add_(1).clamp_(min=0)
    weights += inner.square().mul_(1 - 2 * inner)
    return weights.div_(weights.sum(2, keepdim=True))
