"""Finding a digit's ink in a grey image, whatever else is in the picture.

    grey image -> grid of 80x80 cells -> deviation from the paper -> regions -> those of the digit
               -> the digit's part of the image, enlarged -> ink

The regions are connected components of cells that are darker, or lighter, than the paper around
them. What is known of each decides whether it belongs to the digit: strips, frames, ruled boxes and
edges of a page are straight and long or lie along the border; neighbours' marks are cut off by it;
specks are small. Batched tensor operations on (B, 1, H, W).
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_core.imaging.branch import change_if
from mnist_core.imaging.deviation import MIN_CONTRAST, Deviation, deviations, kinds_of
from mnist_core.imaging.grid import Grid, length_of, make_grid, noise, sharpened, smallness
from mnist_core.imaging.regions import COUNT, Regions, dilate, measure_regions
from mnist_core.imaging.sampling import sample
from mnist_core.imaging.selection import choose_digit, is_box, is_thin_surroundings, sides_of_box

INK_SIDE = 88
"""Side of the image of the ink, in pixels."""

LONGEST_SIDE = 64
"""The digit's longest side in it."""

_FLOOR, _FULL = 0.4, 0.6
"""Parts of the ink's deviation from the paper that become ink of 0 and of 1: in between lie soft
edges, below the lines of ruled paper."""

_SMALL_FLOOR, _SMALL_FULL = 0.15, 0.7
"""The same in small pictures, where strokes are a pixel wide."""


class Located(NamedTuple):
    """The digit on the grid.

    `regions` are all regions, `main` (B, 1) is the index of the digit's largest and `chosen` (B, K)
    says which are the digit's; `contrast` (B, K) are mean deviations from the paper. `paper` and
    `foreign` (B, G, G) are the paper's grey value, and 1 where there is something that is not
    paper; `sign` (B,) is 1 for ink lighter than the paper and -1 for darker; `found` (B,) bool is
    False for a blank; `boxed` (B,) bool says whether sides of a box were found, and removed.
    """

    regions: Regions
    main: Tensor
    chosen: Tensor
    contrast: Tensor
    paper: Tensor
    foreign: Tensor
    sign: Tensor
    found: Tensor
    boxed: Tensor


def find_ink(grey: Tensor) -> Tensor:
    """Return a digit's ink: (B, 1, 88, 88) in [0, 1], light on dark, paper exactly 0.

    Accepts dark ink on light paper or the reverse, uneven illumination, and other things beside the
    digit; for an image without contrast the result is 0 everywhere.

    Parameters
    ----------
    grey : Tensor (B, 1, H, W)
        Floats in [0, 1].
    """
    grid = make_grid(grey)
    located = locate(grid)
    return enlarge(grey, grid, located, located.chosen)


class _Found(NamedTuple):
    """What is found among the valid (B, G, G) cells; the rest as in `Located`."""

    valid: Tensor
    deviation: Deviation
    kinds: Tensor
    regions: Regions
    contrast: Tensor
    main: Tensor
    chosen: Tensor
    boxed: Tensor


def locate(grid: Grid, count: int = COUNT) -> Located:
    """Find the digit among the `count` largest regions of the grid."""
    valid = grid.valid.expand_as(grid.cells)
    deviation = deviations(grid, valid)
    kinds = kinds_of(deviation, grid)
    regions = measure_regions(kinds, grid.border, count)
    contrast = regions.mean(deviation.largest)
    boxed = torch.zeros_like(deviation.known)
    exported = torch.compiler.is_compiling()
    if not (exported or regions.several) and bool(deviation.known.all()):
        chosen = torch.ones_like(regions.area[:, :1], dtype=torch.bool)
        main, chosen = chosen.long() - 1, F.pad(chosen, (0, count - 1))
        removed = torch.zeros_like(chosen)
    else:
        main, chosen = choose_digit(regions, contrast, deviation.known, boxed, grid)
        removed = is_thin_surroundings(regions, deviation.known, grid)
    found = _Found(valid, deviation, kinds, regions, contrast, main, chosen, boxed)
    changes = removed.any() | ~deviation.known.all()
    if exported:
        found = change_if(changes, _locate_without, found, removed, grid)
    elif changes:
        found = _locate_without(found, removed, grid)
    return _located(grid, found)


def _locate_without(found: _Found, removed: Tensor, grid: Grid) -> _Found:
    """Measure the paper and the ink's contrast again without the removed (B, K) regions."""
    regions, known = found.regions, found.deviation.known
    # where all is surroundings, as with an upright one cut to its ink, all stays
    removed = removed & ((regions.area > 0) & ~removed).any(1, keepdim=True)
    valid = found.valid * (1 - dilate(regions.cells(removed), 1))
    boxed = ((sides_of_box(regions, grid) | is_box(regions)) & removed).any(1)
    first_sign = regions.kind.gather(1, found.main)[:, 0]
    deviation = deviations(grid, valid)
    # where dark and light are the two halves of all grey values, one of them is paper
    deviation = deviation.only(first_sign, ~(known | deviation.known))
    kinds = kinds_of(deviation, grid)
    regions = measure_regions(kinds, grid.border, regions.area.shape[1])
    contrast = regions.mean(deviation.largest)
    main, chosen = choose_digit(regions, contrast, deviation.known, boxed, grid)
    return _Found(valid, deviation, kinds, regions, contrast, main, chosen, boxed)


def _located(grid: Grid, found: _Found) -> Located:
    valid, deviation, kinds, regions, contrast, main, chosen, boxed = found
    sign = regions.kind.gather(1, main)[:, 0]
    paper = torch.where((sign > 0)[:, None, None], deviation.below, deviation.above)
    strength = contrast.gather(1, main)[:, 0]
    digit = regions.cells(chosen)
    # uneven illumination has no edges; those of small pictures are wide
    edge = ((deviation.largest + dilate(1 - deviation.largest, 2) - 1) * digit).amax((1, 2))
    is_ink = (strength > torch.maximum(MIN_CONTRAST + 0 * strength, 5 * noise(grid))) & (
        (edge > 0.4 * strength) | (grid.step < 0.5)
    )
    is_ink = is_ink & (regions.area.amax(1) > 0)
    foreign = torch.maximum(kinds.abs(), 1 - valid)
    return Located(regions, main, chosen, contrast, paper, foreign, sign, is_ink, boxed)


def enlarge(grey: Tensor, grid: Grid, located: Located, chosen: Tensor) -> Tensor:
    """Return the ink (N, 1, 88, 88) of chosen (N, K) regions; N is B, or any if B is 1."""
    regions = located.regions
    digit = regions.cells(chosen)
    mask = dilate(digit, 2) - dilate(located.foreign * (1 - digit), 1)
    low, high = box_of(regions, chosen)
    cells = (high - low).amax(1).clamp(min=1) / LONGEST_SIDE
    start = (low + high) / 2 - cells[:, None] * INK_SIDE / 2
    grey = sharpened(grey, grid.step)
    picture = sample(grey, start * grid.step, cells * grid.step, INK_SIDE)
    both = sample(torch.stack([located.paper.expand_as(mask), mask], 1), start, cells, INK_SIDE)
    paper, mask = both[:, :1], (both[:, 1:] > 0.3).to(grey.dtype)
    mask = mask * _inside(grey, start * grid.step, cells * grid.step)
    deviation = ((picture - paper) * located.sign[:, None, None, None]).clamp(min=0) * mask
    weight = deviation.square()
    full = (weight * deviation).sum((1, 2, 3)) / weight.sum((1, 2, 3)).clamp(min=1e-9)
    part = deviation / full.clamp(min=1e-3)[:, None, None, None]
    small = smallness(grid.step)
    lowest = _FLOOR + (_SMALL_FLOOR - _FLOOR) * small
    highest = _FULL + (_SMALL_FULL - _FULL) * small
    ink = ((part - lowest) / (highest - lowest)).clamp(0, 1)
    return ink * located.found[:, None, None, None]


def box_of(regions: Regions, chosen: Tensor) -> tuple[Tensor, Tensor]:
    """Return the upper left and lower right corners (B, 2) of chosen (B, K) regions, in cells."""
    sides = torch.stack([-regions.top, -regions.left, regions.bottom, regions.right], 2)
    ends = torch.where(chosen[:, :, None], sides, -1e4).amax(1)
    return -ends[:, :2], ends[:, 2:]


def _inside(grey: Tensor, start: Tensor, step: Tensor) -> Tensor:
    """Return by how much output pixels lie in the picture: (B, 1, 88, 88), in [0, 1]."""
    places = torch.arange(INK_SIDE, device=grey.device, dtype=grey.dtype) + 0.5
    lengths = torch.stack([length_of(grey, 2), length_of(grey, 3)])
    first, last = -start / step[:, None], (lengths - start) / step[:, None]
    before, after = places - first[:, :, None] + 0.5, last[:, :, None] - places + 0.5
    rows, columns = torch.minimum(before, after).clamp(0, 1).unbind(1)
    return (rows[:, :, None] * columns[:, None, :]).unsqueeze(1)
