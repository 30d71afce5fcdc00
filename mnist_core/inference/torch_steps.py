"""The steps from ink and pictures to canvases, in torch."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_core.imaging import digit_row
from mnist_core.imaging.ink_parts import InkParts
from mnist_core.imaging.normalize import fit_canvas, ink_box
from mnist_core.inference.steps import FittedInk

_MARGIN = 2  # so that the soft edge of ink at the border stays where it is


def fit_ink(ink: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Fit ink (N, 1, 56, 56) to canvases; return them, and the centre and sides (N, 2) it had."""
    centre, sides = ink_box(ink)
    canvas = fit_canvas(F.pad(ink, (_MARGIN, _MARGIN, _MARGIN, _MARGIN))).clamp(0, 1)
    return canvas, centre, sides


class TorchSteps:
    """`ImagingSteps` in torch."""

    def fit(self, ink: np.ndarray) -> FittedInk:
        """Fit ink (N, 56, 56), float32 in [0, 1], to canvases."""
        with torch.inference_mode():
            canvas, centre, sides = fit_ink(torch.from_numpy(ink)[:, None])
        return FittedInk(canvas[:, 0].numpy(), centre.numpy(), sides.numpy())

    def picture_ink(self, grey: np.ndarray) -> TorchPictureInk:
        """Find the ink of a grey picture (H, W), float32 in [0, 1]."""
        return TorchPictureInk(grey)

    def parts(self, grey: np.ndarray) -> InkParts | None:
        """Return the parts of the digits in a grey picture; None for one without ink."""
        return digit_row.find_parts(torch.from_numpy(grey)[None, None])


class TorchPictureInk:
    """`PictureInk` in torch."""

    def __init__(self, grey: np.ndarray) -> None:
        self._found = digit_row.PictureInk(torch.from_numpy(grey)[None, None])

    @property
    def canvas(self) -> np.ndarray:
        """The digit's ink (56, 56), float32 in [0, 1], light on dark."""
        return self._found.canvas[0, 0].numpy()

    def parts(self) -> InkParts | None:
        """Return the parts of all digits; None if there are no two."""
        return self._found.parts()
