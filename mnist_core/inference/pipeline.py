"""The inference pipeline, from ink canvas to probabilities, as one exportable module."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from mnist_core.data.mnist import normalise
from mnist_core.imaging.normalize import fit_frame, is_dot, set_thickness
from mnist_core.models.ensemble import Ensemble
from mnist_core.models.network import DigitNet


class PipelineOutput(NamedTuple):
    """Outputs for a batch.

    probabilities (B, 10) sum to 1; frame (B, 1, 28, 28) in [0, 1]; blank (B,) bool; maps has every
    stage's feature maps (B, C, H, W), after the ReLU.
    """

    probabilities: Tensor
    frame: Tensor
    blank: Tensor
    maps: dict[str, Tensor]


class InferencePipeline(nn.Module):
    """canvas -> limited thickness -> frame -> normalised -> network -> probabilities, maps."""

    def __init__(self, model: DigitNet | Ensemble) -> None:
        super().__init__()
        self.model = model

    def forward(self, canvas: Tensor) -> PipelineOutput:
        """Classify canvases (B, 1, 56, 56) of `draw_strokes` or `fit_canvas`, in [0, 1]."""
        frame = fit_frame(set_thickness(canvas))
        logits, maps = self.model.forward_with_maps(normalise(frame))
        blank = is_dot(canvas)
        uniform = torch.full_like(logits, 1 / logits.shape[1])
        probabilities = torch.where(blank[:, None], uniform, logits.softmax(1))
        return PipelineOutput(probabilities, frame, blank, maps)
