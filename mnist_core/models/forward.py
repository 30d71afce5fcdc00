"""Logits of a network for many frames, computed in batches."""

from collections.abc import Callable
from typing import overload

import torch
from torch import Tensor, nn

from mnist_core.data.mnist import normalise

_BATCH = 1000


@overload
def predict_logits(model: nn.Module, images: Tensor) -> Tensor: ...
@overload
def predict_logits(
    model: nn.Module, images: Tensor, *, should_stop: Callable[[], bool]
) -> Tensor | None: ...
def predict_logits(
    model: nn.Module, images: Tensor, *, should_stop: Callable[[], bool] | None = None
) -> Tensor | None:
    """Return a network's logits, computed in eval mode; the mode of each module is restored.

    Parameters
    ----------
    model : nn.Module
        Maps normalised frames (B, 1, 28, 28) to logits (B, 10).
    images : float (N, 1, 28, 28) in [0, 1]
        On the model's device.
    should_stop : callable, optional
        Called after each batch of 1,000 images; predict_logits returns None once it returns True.

    Returns
    -------
    float32 (N, 10) or None
    """
    # module by module: frozen parts of a network in training mode are in eval mode
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    parts = []
    try:
        for batch in images.split(_BATCH):
            with torch.inference_mode():
                parts.append(model(normalise(batch)).float())
            if should_stop is not None and should_stop():
                return None
    finally:
        for module, training in modes:
            module.training = training
    return torch.cat(parts)
