"""What a network answers to many frames, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor, nn

from mnist_core.data.mnist import normalise

_BATCH = 1000


def iterate_logits(model: nn.Module, images: Tensor) -> Iterator[Tensor]:
    """Yield logits (up to 1000, 10) float32 for frames (N, 1, 28, 28) in [0, 1].

    The model is put into eval mode.
    """
    model.eval()
    for batch in images.split(_BATCH):
        with torch.inference_mode():
            yield model(normalise(batch)).float()
