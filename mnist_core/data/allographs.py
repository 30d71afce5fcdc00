"""Augmentation with allographs: variants of a digit's shape that are rare in MNIST.

MNIST was written in the United States: ones are single strokes, sevens are seldom crossed, nines
end in a straight stem. Elsewhere a one has a long flag (which a network trained on MNIST alone
classifies as a seven), a seven has a bar, and a nine ends in a curl to the left. One batched
function adds such a stroke, on the device of the images.
"""

from __future__ import annotations

import torch
from torch import Tensor

_INK = 0.5  # threshold


def add_allograph_strokes(frames: Tensor, labels: Tensor, share: float) -> tuple[Tensor, Tensor]:
    """Add flags to ones, bars to sevens and curls to nines, to a random share of the images.

    Parameters
    ----------
    frames : Tensor (B, 1, 28, 28)
        In [0, 1], upright as in MNIST.
    labels : Tensor (B,)
    share : float
        Probability in [0, 1] that an image of these digits is changed.

    Returns
    -------
    frames : Tensor (B, 1, 28, 28)
    changed : Tensor (B,) bool
        Which images were changed; their bounding box is no longer MNIST's.
    """
    points, applicable = _allograph_points(frames.squeeze(1), labels)
    changed = applicable & (_uniform(labels, 0, 1) < share)
    stroke = _draw(points, _uniform(labels, 1.8, 3.2), frames.shape[-1])
    return torch.where(changed[:, None, None, None], torch.maximum(frames, stroke), frames), changed


def _allograph_points(ink: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return polylines (B, 4, 2) as (x, y), and (B,) bool: the digit has such an allograph."""
    rows = ink.amax(2) > _INK
    index = torch.arange(rows.shape[1], device=ink.device, dtype=ink.dtype)
    top = torch.where(rows, index, torch.full_like(index, 28)).amin(1).clamp(max=27)
    bottom = torch.where(rows, index, torch.zeros_like(index)).amax(1)
    height = (bottom - top).clamp(min=1)

    one, seven, nine = labels == 1, labels == 7, labels == 9
    middle = top + height * _uniform(labels, 0.4, 0.75)
    y = torch.where(one, top + 0.5, torch.where(seven, middle, bottom))
    x = _row_centre(ink, y)
    points = torch.where(
        one[:, None, None],
        _flag(x, y, height),
        torch.where(seven[:, None, None], _bar(x, y, height), _curl(x, y, height)),
    )
    return points, one | seven | nine


def _flag(x: Tensor, y: Tensor, height: Tensor) -> Tensor:
    """From the top of a one down to the left, slightly bent."""
    angle = _uniform(x, 0.25, 1.05)  # radians from the vertical
    length = height * _uniform(x, 0.2, 0.65)
    bend = length * _uniform(x, -0.12, 0.12)
    return _bent_line(x, y, -angle.sin() * length, angle.cos() * length, bend)


def _bar(x: Tensor, y: Tensor, height: Tensor) -> Tensor:
    """Across a seven, roughly horizontal."""
    length = height * _uniform(x, 0.3, 0.75)
    slope = _uniform(x, -0.35, 0.25)
    start = length * _uniform(x, 0.4, 0.6)
    bend = length * _uniform(x, -0.06, 0.06)
    return _bent_line(x - start, y - slope * start, length, slope * length, bend)


def _curl(x: Tensor, y: Tensor, height: Tensor) -> Tensor:
    """From the lower end of a nine to the left, bent downwards."""
    length = height * _uniform(x, 0.2, 0.75)
    rise = length * _uniform(x, -0.15, 0.5)
    return _bent_line(x, y, -length, -rise, -length * _uniform(x, 0.05, 0.35))


def _bent_line(x: Tensor, y: Tensor, dx: Tensor, dy: Tensor, bend: Tensor) -> Tensor:
    """Return (B, 4, 2): a line from (x, y) along (dx, dy), bent sideways by `bend` pixels."""
    length = (dx.square() + dy.square()).sqrt().clamp(min=1e-3)
    normal = torch.stack([-dy / length, dx / length], 1)
    points = []
    for t, offset in ((0.0, 0.0), (1 / 3, 8 / 9), (2 / 3, 8 / 9), (1.0, 0.0)):
        along = torch.stack([x + t * dx, y + t * dy], 1)
        points.append(along + offset * bend[:, None] * normal)
    return torch.stack(points, 1)


def _draw(points: Tensor, width: Tensor, size: int) -> Tensor:
    """Return the ink (B, 1, size, size) of polylines (B, P, 2) drawn with a round pen."""
    axis = torch.arange(size, device=points.device, dtype=points.dtype)
    pixels = torch.cartesian_prod(axis, axis).flip(1)[None, None]  # (1, 1, size², 2) as x, y
    start, end = points[:, :-1, None], points[:, 1:, None]
    along = end - start
    t = ((pixels - start) * along).sum(-1) / along.square().sum(-1).clamp(min=1e-6)
    nearest = start + t.clamp(0, 1).unsqueeze(-1) * along
    distance = (pixels - nearest).square().sum(-1).amin(1).sqrt()
    return (0.5 + width[:, None] / 2 - distance).clamp(0, 1).view(-1, 1, size, size)


def _row_centre(ink: Tensor, y: Tensor) -> Tensor:
    """Return the mean x of the ink in the row nearest to y."""
    row = ink[torch.arange(len(ink), device=ink.device), y.round().long().clamp(0, 27)]
    x = torch.arange(row.shape[1], device=ink.device, dtype=ink.dtype)
    return (row * x).sum(1) / row.sum(1).clamp(min=1e-3)


def _uniform(like: Tensor, low: float, high: float) -> Tensor:
    return low + (high - low) * torch.rand(len(like), device=like.device)
