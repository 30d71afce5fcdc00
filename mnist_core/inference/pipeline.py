"""The inference pipeline, from ink canvas to probabilities and digit score, exportable."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from mnist_core.data.mnist import normalise
from mnist_core.imaging.normalize import frame_from_canvas, is_dot, stroke_sizes
from mnist_core.models.calibration import UNCALIBRATED, LogitCalibration
from mnist_core.models.ensemble import Ensemble
from mnist_core.models.network import DigitNet


class PipelineOutput(NamedTuple):
    """Outputs for a batch.

    probabilities (B, 10) sum to 1; frame (B, 1, 28, 28) in [0, 1]; blank (B,) bool; digit_score
    (B,) in [0, 1], the probability of a single digit, 0 for a blank; maps has every stage's feature
    maps (B, C, H, W), after the ReLU; logits (B, 10) are the network's own, also of a blank;
    hidden (B, H) is its hidden layer, None where it has none.
    """

    probabilities: Tensor
    frame: Tensor
    blank: Tensor
    digit_score: Tensor
    maps: dict[str, Tensor]
    logits: Tensor
    hidden: Tensor | None


def make_frame(canvas: Tensor) -> tuple[Tensor, Tensor]:
    """Return the frames (B, 1, 28, 28) in [0, 1] of canvases, and which canvases are blank (B,)."""
    sizes = stroke_sizes(canvas)
    return frame_from_canvas(canvas, sizes), is_dot(canvas, sizes)


class InferencePipeline(nn.Module):
    """canvas -> limited thickness -> frame -> normalised -> network -> probabilities, maps.

    Parameters
    ----------
    model : DigitNet or Ensemble
    calibration : LogitCalibration
        Of the model's card; by default it never refuses.
    """

    def __init__(
        self, model: DigitNet | Ensemble, calibration: LogitCalibration = UNCALIBRATED
    ) -> None:
        super().__init__()
        self.model = model
        self.calibration = calibration

    def forward(self, canvas: Tensor) -> PipelineOutput:
        """Classify canvases (B, 1, 56, 56) of `draw_strokes` or `fit_canvas`, in [0, 1]."""
        return self.classify(*make_frame(canvas))

    def classify(self, frame: Tensor, blank: Tensor) -> PipelineOutput:
        """Classify what `make_frame` returns."""
        logits, maps, hidden = self.model.forward_with_activations(normalise(frame))
        uniform = torch.full_like(logits, 1 / logits.shape[1])
        probabilities = self.calibration.probabilities(logits)
        probabilities = torch.where(blank[:, None], uniform, probabilities)
        score = self.calibration.digit_score(logits)
        score = torch.where(blank, torch.zeros_like(score), score)
        return PipelineOutput(probabilities, frame, blank, score, maps, logits, hidden)
