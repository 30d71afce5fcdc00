"""Connected regions of a small grid, as batched tensor operations without a loop over pixels.

Labels are those of scipy.ndimage.label. It has no ONNX form: in an export they are found by hooking
and pointer jumping (FastSV: Zhang, Azad and Hu 2020), with a fixed number of steps: every step
joins each region's parts with their neighbours, so that the number of parts at least halves.
"""

from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from scipy import ndimage
from torch import Tensor

COUNT = 16
"""Number of regions that are measured, the largest ones by area."""

BLOCK = 4
"""Side of the blocks, in cells, by which a region's straight lines are found."""

_RIM = 0.12
"""Part of a box's side within which cells lie along the next one."""

_STEPS = 6
_NEIGHBOURS = np.ones((3, 3))


class Regions(NamedTuple):
    """The K largest regions of a batch of grids; absent ones have area 0.

    `number` (B, G, G) is each cell's region, in 0..K; K is none of them. The rest are (B, K)
    floats: `area` in cells; `top`, `left`, `bottom`, `right` (excluded) of the box in cells; `kind`
    -1 or 1; `contact`, the number of cells on the picture's border; `line`, the largest part of the
    box's width or height that lies within one line of blocks; `rim`, the part of the cells that
    lie along the box's sides. `line` and `rim` are 0 where there is only one region.
    """

    number: Tensor
    area: Tensor
    top: Tensor
    left: Tensor
    bottom: Tensor
    right: Tensor
    kind: Tensor
    contact: Tensor
    line: Tensor
    rim: Tensor

    @property
    def longest(self) -> Tensor:
        """Longest side (B, K) of the box in cells."""
        return torch.maximum(self.bottom - self.top, self.right - self.left)

    @property
    def several(self) -> bool:
        """Whether any of the grids has more than one region; not for an export."""
        return bool((self.area[:, 1:] > 0).any())

    @property
    def fill(self) -> Tensor:
        """Part (B, K) of its box that a region fills."""
        return self.area / ((self.bottom - self.top) * (self.right - self.left)).clamp(min=1)

    @property
    def border_part(self) -> Tensor:
        """Cells on the picture's border (B, K) per cell of the box's perimeter."""
        perimeter = 2 * (self.bottom - self.top + self.right - self.left)
        return self.contact / perimeter.clamp(min=1)

    def cells(self, chosen: Tensor) -> Tensor:
        """Return (N, G, G): 1 on the cells of chosen (N, K) regions; N is B, or any if B is 1."""
        table = F.pad(chosen.to(self.area.dtype), (0, 1))
        number = self.number.flatten(1).expand(chosen.shape[0], -1)
        return table.gather(1, number).view(chosen.shape[0], *self.number.shape[1:])

    def mean(self, values: Tensor) -> Tensor:
        """Return the means (B, K) of values (B, G, G)."""
        count = self.area.shape[1]
        sums = values.new_zeros(values.shape[0], count + 1)
        sums = sums.scatter_add(1, self.number.flatten(1), values.flatten(1))
        return sums[:, :count] / self.area.clamp(min=1)


def dilate(grid: Tensor, reach: int) -> Tensor:
    """Return maxima over squares of side 2 reach + 1, of floats (B, G, G) that are at least 0.

    By doubling: the maximum of shifted copies, which is many times faster than max_pool2d.
    """
    for axis in (1, 2):
        grid = F.pad(grid, (0, 0, reach, reach) if axis == 1 else (reach, reach))
        size, done = grid.shape[axis], 0
        while done < reach:
            shift = min(reach - done, 2 * done + 1)
            size -= 2 * shift
            low, own, high = (grid.narrow(axis, start * shift, size) for start in (0, 1, 2))
            grid = torch.maximum(own, torch.maximum(low, high))
            done += shift
    return grid


def label_regions(kinds: Tensor) -> Tensor:
    """Return labels (B, G * G), int64, of the 8-connected regions of equal kinds (B, G, G).

    Kinds are -1, 0 and 1. A label is the index of the region's last cell; cells of kind 0 are
    labelled by their own index.
    """
    if torch.compiler.is_compiling() or kinds.device.type != "cpu":
        return hook_regions(kinds)
    return torch.from_numpy(np.stack([_labels_of_one(grid) for grid in kinds.numpy()]))


def _labels_of_one(kinds: np.ndarray) -> np.ndarray:
    """Return labels (G * G,) of kinds (G, G) as `label_regions` does."""
    labels = np.arange(kinds.size)
    for cells in (kinds < 0, kinds > 0):
        numbers, count = ndimage.label(cells, _NEIGHBOURS)
        if count:
            inside = np.flatnonzero(cells)
            numbers = numbers.ravel()[inside]
            last = np.zeros(count + 1, np.int64)
            np.maximum.at(last, numbers, inside)
            labels[inside] = last[numbers]
    return labels


def hook_regions(kinds: Tensor) -> Tensor:
    """Return labels as `label_regions` does, in any export."""
    batch, height, width = kinds.shape
    index = torch.arange(height * width, device=kinds.device).expand(batch, -1)
    own = torch.stack([kinds < 0, kinds > 0]).to(torch.float32)
    labels = index
    for _ in range(_STEPS):
        # floats hold integers up to 2^24 exactly
        grid = labels.view_as(kinds).to(torch.float32)
        near = dilate((grid * own).flatten(0, 1), 1).view_as(own) * own
        near = near.amax(0).flatten(1).to(torch.int64)
        # the root of every part learns the largest label next to the part
        labels = labels.scatter_reduce(1, labels, near, "amax")
        for _ in range(2):
            labels = labels.gather(1, labels)
    return labels


def measure_regions(kinds: Tensor, border: Tensor, count: int = COUNT) -> Regions:
    """Return the `count` largest regions of kinds (B, G, G).

    `border` (G, G) is 1 on the picture's border.
    """
    batch, side = kinds.shape[:2]
    labels = label_regions(kinds)
    flat = kinds.flatten(1)
    inside = flat.abs()
    sums = torch.stack([inside, inside * border.flatten()], 1)
    sums = torch.zeros_like(sums).scatter_add(2, labels[:, None].expand_as(sums), sums)
    area, roots = sums[:, 0].topk(count, 1)
    contact, kind = sums[:, 1].gather(1, roots), flat.gather(1, roots)
    y, x = (index.to(kinds.dtype) for index in _cell_indices(side, kinds.device))
    ends = torch.stack([side - y, side - x, y + 1, x + 1]) * inside[:, None]
    ends = torch.zeros_like(ends).scatter_reduce(2, labels[:, None].expand_as(ends), ends, "amax")
    ends = ends.gather(2, roots[:, None].expand(-1, 4, -1))
    top, left = (side - ends[:, :2]).unbind(1)
    bottom, right = ends[:, 2:].unbind(1)

    ranks = torch.arange(count, device=kinds.device).expand(batch, -1)
    number = torch.full_like(labels, count).scatter(1, roots, ranks).gather(1, labels)
    number = torch.where(kinds != 0, number.view_as(kinds), count)
    none = torch.zeros_like(area)
    regions = Regions(number, area, top, left, bottom, right, kind, contact, none, none)
    if not (torch.compiler.is_compiling() or regions.several):
        return regions  # only of one around another one it matters whether it is a box
    line = _longest_line(number.flatten(1), side, bottom - top, right - left)
    return regions._replace(line=line, rim=_rim(regions, y, x))


def _rim(regions: Regions, y: Tensor, x: Tensor) -> Tensor:
    """Return the part (B, K) of each region's cells that lie along the sides of its box."""
    number = regions.number.flatten(1)
    top, left, bottom, right = (
        F.pad(end, (0, 1)).gather(1, number)
        for end in (regions.top, regions.left, regions.bottom, regions.right)
    )
    down = torch.minimum(y - top, bottom - 1 - y) < _RIM * (bottom - top)
    across = torch.minimum(x - left, right - 1 - x) < _RIM * (right - left)
    return regions.mean((down | across).to(regions.area.dtype).view(regions.number.shape))


def _cell_indices(side: int, device: torch.device) -> tuple[Tensor, Tensor]:
    # a sum, as an export cannot take remainders, or repeat, by a side that is not constant
    place = torch.arange(side, device=device)
    zero = torch.zeros_like(place)
    return (place[:, None] + zero).flatten(), (zero[:, None] + place).flatten()


def _longest_line(number: Tensor, side: int, height: Tensor, width: Tensor) -> Tensor:
    """Return the largest part of a region's box sides within two adjacent lines of blocks."""
    y, x = (index // BLOCK for index in _cell_indices(side, number.device))
    blocks, count = side // BLOCK, height.shape[1]
    places = (number * blocks + y) * blocks + x
    occupied = torch.zeros(
        number.shape[0], (count + 1) * blocks * blocks, device=number.device, dtype=height.dtype
    )
    occupied = occupied.scatter(1, places, torch.ones_like(places, dtype=height.dtype))
    occupied = occupied.view(-1, count + 1, blocks, blocks)[:, :count]
    two_rows = torch.maximum(occupied[:, :, 1:], occupied[:, :, :-1]).sum(3).amax(2)
    two_columns = torch.maximum(occupied[:, :, :, 1:], occupied[:, :, :, :-1]).sum(2).amax(2)
    return torch.maximum(
        BLOCK * two_rows / width.clamp(min=BLOCK), BLOCK * two_columns / height.clamp(min=BLOCK)
    )
