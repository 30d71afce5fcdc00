"""What a classifier computes in torch, or in exported graphs. Imports no torch."""

from typing import NamedTuple, Protocol

import numpy as np

from mnist_core.imaging.ink_parts import InkParts


class CanvasOutputs(NamedTuple):
    """Outputs for a batch of canvases, as of `PipelineOutput`.

    probabilities (N, 10); frame (N, 28, 28); blank (N,) bool; digit_score (N,); maps (N, C, H, W)
    of the stages that were asked for; hidden (N, H), the hidden layer, if maps were asked for and
    the network has one.
    """

    probabilities: np.ndarray
    frame: np.ndarray
    blank: np.ndarray
    digit_score: np.ndarray
    maps: dict[str, np.ndarray]
    hidden: np.ndarray | None = None


class FittedInk(NamedTuple):
    """Ink fitted to canvases (N, 56, 56), and the box that it had: centre (y, x), sides (N, 2)."""

    canvas: np.ndarray
    centre: np.ndarray
    sides: np.ndarray


class PictureInk(Protocol):
    """The ink of a picture of one digit, and what else is in the picture."""

    @property
    def canvas(self) -> np.ndarray:
        """The digit's ink (56, 56), float32 in [0, 1], light on dark."""

    def parts(self) -> InkParts | None:
        """Return the parts of all digits; None if there are no two."""


class ImagingSteps(Protocol):
    """The steps from ink and pictures to canvases."""

    def fit(self, ink: np.ndarray) -> FittedInk:
        """Fit ink (N, 56, 56), float32 in [0, 1], to canvases; see `fit_canvas`."""

    def picture_ink(self, grey: np.ndarray) -> PictureInk:
        """Find the ink of a grey picture (H, W), float32 in [0, 1]."""

    def parts(self, grey: np.ndarray) -> InkParts | None:
        """Return the parts of the digits in a grey picture; None for one without ink."""
