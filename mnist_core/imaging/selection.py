"""Which regions of a grid are the digit: by size, border contact, straightness and nesting."""

import torch
from torch import Tensor

from mnist_core.imaging.grid import Grid
from mnist_core.imaging.regions import Regions

_BORDER_PART = 0.42
"""A region with this part of its box's perimeter on the picture's border is a strip or a frame."""

_THIN = 0.14
"""A region from border to border, thinner than this part of the picture, is a line."""

_LARGEST_STRIP = 0.35
"""Strips and frames cover at most this part of the picture; what covers more is paper."""

_REST_NEAR = 0.12
"""What lies in this part of the picture along a border is the rest of a box, if there was one."""

_SIDE_CELLS, _SIDE_PART, _NEAR = 3, 0.6, 0.2
"""A side of a box is at most this many cells thick, longer than this part of the picture, and in
this part of it along the border."""

_LONG_PART = 0.85
"""Length of a side that is found alone, in parts of the picture."""

_STRAIGHT = 0.8
"""A region with a line along this part of its box is straight: a ruled box, or the paper in one."""


def is_thin_surroundings(regions: Regions, paper_known: Tensor, grid: Grid) -> Tensor:
    """Return (B, K) bool: strips, frames, lines from border to border and boxes, but not paper.

    `paper_known` (B,) says whether paper was told from ink already.
    """
    height, width = regions.bottom - regions.top, regions.right - regions.left
    thin = (height < _THIN * grid.rows) | (width < _THIN * grid.columns) | (regions.fill < 0.3)
    thin = thin | paper_known[:, None]
    small = regions.area < _LARGEST_STRIP * grid.rows * grid.columns
    along_border = _lies_along_border(regions, grid) & small & thin
    return along_border | is_box(regions) | sides_of_box(regions, grid)


def is_surroundings(regions: Regions, boxed: Tensor, grid: Grid) -> Tensor:
    """Return (B, K) bool: strips, frames, lines from border to border, boxes and paper in boxes.

    `boxed` (B,) says whether sides of a box were found before.
    """
    box = is_box(regions) | _is_rest_of_box(regions, boxed, grid) | _is_paper_in_box(regions)
    return _lies_along_border(regions, grid) | sides_of_box(regions, grid) | box


def choose_digit(
    regions: Regions, contrast: Tensor, paper_known: Tensor, boxed: Tensor, grid: Grid
) -> tuple[Tensor, Tensor]:
    """Return the index (B, 1) of the digit's largest region, and (B, K) bool: all of its regions.

    `contrast` (B, K) is each region's mean deviation from the paper; `paper_known` (B,) says
    whether paper was told from ink already, `boxed` (B,) whether sides of a box were found before.
    """
    surroundings = is_surroundings(regions, boxed, grid)
    score = _score(regions, contrast, paper_known, surroundings, grid)
    main = score.argmax(1, keepdim=True)

    def of_main(values: Tensor) -> Tensor:
        return values.gather(1, main)

    part = (
        (regions.kind == of_main(regions.kind))
        & (regions.area > 0.03 * of_main(regions.area))
        & (regions.longest > 0.1 * of_main(regions.longest))
        & (contrast > 0.5 * of_main(contrast))
        & (_gap_to(regions, main) < 0.2 * of_main(regions.longest))
        & ~surroundings
        & ((regions.contact == 0) | (of_main(regions.contact) > 0))
    )
    index = torch.arange(part.shape[1], device=part.device)
    return main, part | (index == main)


def _score(
    regions: Regions, contrast: Tensor, paper_known: Tensor, surroundings: Tensor, grid: Grid
) -> Tensor:
    """Return (B, K): the longest side, less for what is unlike a digit; 0 if absent."""
    strength = (contrast / contrast.amax(1, keepdim=True).clamp(min=1e-6)).sqrt()
    score = regions.longest * (1 - regions.border_part).clamp(min=0.1) * strength
    # marks cut off by the border touch some of its sides, a digit cut to its ink all of them
    sides = (
        (regions.top <= 1).to(score.dtype)
        + (regions.left <= 1)
        + (regions.bottom >= grid.rows - 1)
        + (regions.right >= grid.columns - 1)
    )
    cut_off = (sides > 0) & (sides < 4)
    # where dark and light are the two halves of all grey values, paper has more of the border
    same = _outer(regions.kind) == _inner(regions.kind)
    contact = (_inner(regions.contact) * same).sum(2)
    is_paper = (contact > 0.5 * regions.contact.sum(1, keepdim=True)) & ~paper_known[:, None]
    hole = (_encloses(regions) & ~same & ~_outer(surroundings)).any(1)
    against = ((surroundings, 0.1), (cut_off, 0.45), (is_paper, 0.3), (hole, 0.4))
    for applies, factor in against:
        score = score * torch.where(applies, factor, 1.0)
    return score * (regions.area > 0)


def _gap_to(regions: Regions, main: Tensor) -> Tensor:
    """Return (B, K): the gap in cells between each box and the one of index (B, 1)."""
    gaps = []
    for low, high in ((regions.left, regions.right), (regions.top, regions.bottom)):
        gaps.append(torch.maximum(low - high.gather(1, main), low.gather(1, main) - high))
    return torch.maximum(*gaps)


def _lies_along_border(regions: Regions, grid: Grid) -> Tensor:
    height, width = regions.bottom - regions.top, regions.right - regions.left
    across = (regions.left <= 0) & (regions.right >= grid.columns)
    down = (regions.top <= 0) & (regions.bottom >= grid.rows)
    # an upright one, cut to its ink, fills the picture
    fills = across & down & (regions.fill > 0.6)
    whole_side = regions.contact > 0.8 * torch.minimum(grid.rows, grid.columns)
    strip = (regions.border_part > _BORDER_PART) & whole_side
    line = (across & (height < _THIN * grid.rows)) | (down & (width < _THIN * grid.columns))
    return (strip | line) & ~fills


def is_box(regions: Regions) -> Tensor:
    """Return (B, K) bool: straight lines around a region of the same kind."""
    same = _outer(regions.kind) == _inner(regions.kind)
    holds = (_holds_large(regions) & same).any(2)
    # a seven around its own bar has a line, but on one side only
    return holds & (regions.fill < 0.5) & (regions.line > _STRAIGHT) & (regions.rim > 0.8)


def sides_of_box(regions: Regions, grid: Grid) -> Tensor:
    """Return (B, K) bool: lines along the borders, of a box with broken corners, around more."""
    height, width = regions.bottom - regions.top, regions.right - regions.left
    upright = (width <= _SIDE_CELLS) & (height > _SIDE_PART * grid.rows)
    level = (height <= _SIDE_CELLS) & (width > _SIDE_PART * grid.columns)
    left, right, top, bottom = _near_borders(regions, grid, _NEAR)
    left, right, top, bottom = upright & left, upright & right, level & top, level & bottom
    pairs = (left.any(1) & right.any(1)) | (top.any(1) & bottom.any(1))
    # alone, an upright one must be longer and thinner than a one could be
    long = (top | bottom) & (width > _LONG_PART * grid.columns)
    long = long | ((left | right) & (width <= 2) & (height > _LONG_PART * grid.rows))
    sides = (left | right | top | bottom) & (pairs[:, None] | long) & (regions.area > 0)
    large = regions.longest > 0.25 * (regions.longest * sides).amax(1, keepdim=True)
    return sides & (large & (regions.area > 0) & ~sides).any(1, keepdim=True)


def _near_borders(regions: Regions, grid: Grid, part: float) -> tuple[Tensor, ...]:
    """Return four (B, K) bool: whether all of it is near the left, right, upper, lower border."""
    return (
        regions.right < part * grid.columns,
        regions.left > (1 - part) * grid.columns,
        regions.bottom < part * grid.rows,
        regions.top > (1 - part) * grid.rows,
    )


def _is_rest_of_box(regions: Regions, boxed: Tensor, grid: Grid) -> Tensor:
    """Return (B, K) bool: what is left of a box (`boxed`, (B,) bool) near the borders."""
    left, right, top, bottom = _near_borders(regions, grid, _REST_NEAR)
    return (left | right | top | bottom) & boxed[:, None]


def _is_paper_in_box(regions: Regions) -> Tensor:
    """Return (B, K) bool: what fills a box around a region of the other kind."""
    same = _outer(regions.kind) == _inner(regions.kind)
    holds = (_holds_large(regions) & ~same).any(2)
    # a thick eight, cut to its ink, touches the border here and there
    part = regions.border_part
    whole = (part == 0) | (part > _BORDER_PART)
    return holds & (regions.fill > 0.6) & (regions.line > _STRAIGHT) & whole


def _holds_large(regions: Regions) -> Tensor:
    """Return (B, K, K) bool: whether the first encloses the second, which is large as well."""
    return _encloses(regions) & (_inner(regions.longest) > 0.25 * _outer(regions.longest))


def _encloses(regions: Regions) -> Tensor:
    """Return (B, K, K) bool: whether the box of the first has that of the second inside."""
    return (
        (_outer(regions.top) < _inner(regions.top))
        & (_outer(regions.left) < _inner(regions.left))
        & (_outer(regions.bottom) > _inner(regions.bottom))
        & (_outer(regions.right) > _inner(regions.right))
        & (_inner(regions.area) > 0)
    )


def _outer(values: Tensor) -> Tensor:
    return values[:, :, None]


def _inner(values: Tensor) -> Tensor:
    return values[:, None, :]
