"""Several digits in one picture: the regions of ink that are digits or parts of digits."""

import numpy as np
import torch
from torch import Tensor

from mnist_core.imaging.grid import Grid, make_grid
from mnist_core.imaging.ink_parts import InkParts, grid_size
from mnist_core.imaging.normalize import fit_canvas
from mnist_core.imaging.segment import Located, enlarge, locate
from mnist_core.imaging.selection import is_surroundings
from mnist_core.imaging.sizes import GRID

COUNT = 64
"""Number of regions that are looked at in a row of digits."""

_SMALLEST_PART = 0.2  # of the longest side of the largest region; what is smaller is a speck


class PictureInk:
    """The ink of a picture of one digit, and what else is in the picture.

    Attributes
    ----------
    canvas : Tensor (1, 1, 56, 56)
        The digit's ink, float32 in [0, 1], as `fit_canvas` of `find_ink` returns it.

    Parameters
    ----------
    grey : Tensor (1, 1, H, W)
        Floats in [0, 1], as `to_grey` returns.
    """

    def __init__(self, grey: Tensor) -> None:
        self._grey = grey
        with torch.inference_mode():
            self._grid = make_grid(grey)
            self._located = locate(self._grid)
            self.canvas = fit_canvas(enlarge(grey, self._grid, self._located, self._located.chosen))

    def parts(self) -> InkParts | None:
        """Return the parts of all digits as `find_parts`, or None if there is one part only.

        Long pictures are searched again.
        """
        if grid_size(*self._grey.shape[-2:]) != GRID:
            return find_parts(self._grey)
        if not self._located.regions.several:
            return None
        return _ink_parts(self._grey, self._grid, self._located)


def find_parts(grey: Tensor) -> InkParts | None:
    """Return the parts of the digits of a grey image (1, 1, H, W); None for one without ink."""
    with torch.inference_mode():
        grid = make_grid(grey, grid_size(*grey.shape[-2:]))
        return _ink_parts(grey, grid, locate(grid, COUNT))


def _ink_parts(grey: Tensor, grid: Grid, located: Located) -> InkParts | None:
    if not located.found:
        return None

    def draw(chosen: np.ndarray) -> np.ndarray:
        with torch.inference_mode():
            return draw_parts(grey, grid, located, torch.from_numpy(chosen))[:, 0].numpy()

    with torch.inference_mode():
        kept, sides = kept_regions(grid, located)
    height, width = grey.shape[-2:]
    return InkParts(kept.numpy(), sides.numpy(), float(grid.step), (height, width), draw)


def kept_regions(grid: Grid, located: Located) -> tuple[Tensor, Tensor]:
    """Return which regions are parts of digits, bool (K,), and their left, top, right, bottom.

    The sides are (K, 4), in cells. Parts are of one kind, large enough, and not cut off.
    """
    regions, main = located.regions, located.main
    kept = (
        (regions.kind == regions.kind.gather(1, main))
        & (regions.longest >= _SMALLEST_PART * regions.longest.gather(1, main))
        & (located.contrast > 0.5 * located.contrast.gather(1, main))
        & ((regions.contact == 0) | (regions.contact.gather(1, main) > 0))
        & ~is_surroundings(regions, located.boxed, grid)
        & (regions.area > 0)
    ) | located.chosen
    sides = torch.stack([regions.left, regions.top, regions.right, regions.bottom], 2)
    return kept[0], sides[0]


def draw_parts(grey: Tensor, grid: Grid, located: Located, chosen: Tensor) -> Tensor:
    """Return the ink of some regions on canvases (N, 1, 56, 56), for each row of chosen (N, K)."""
    return fit_canvas(enlarge(grey, grid, located, chosen)).clamp(0, 1)
