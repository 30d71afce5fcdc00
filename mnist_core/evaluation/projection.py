"""The hidden layer of a network for many images, projected to a plane."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mnist_core.data.mnist import normalise
from mnist_core.models.weights import Network

_BATCH = 1000


@dataclass(frozen=True, eq=False)
class Projection:
    """Principal components of what a layer computes for N images.

    Attributes
    ----------
    points : float64 array (N, 2)
        The first and the second component of each image.
    explained : (float, float)
        Share of the variance that each component explains, in [0, 1].
    units : int
        Size of the layer.
    """

    points: np.ndarray
    explained: tuple[float, float]
    units: int


@torch.inference_mode()
def project_hidden(model: Network, images: Tensor) -> Projection:
    """Return the principal components of a network's hidden layer for images.

    The hidden layer is the input of the last fully connected layer; of a network that has only
    one, the logits are projected. Of an ensemble it is the first member's.

    Parameters
    ----------
    model : DigitNet or Ensemble
        In eval mode.
    images : float tensor (N, 1, 28, 28), N at least 1
        In [0, 1].
    """
    found = []
    for batch in images.split(_BATCH):
        activations = model.forward_with_activations(normalise(batch))
        layer = activations.logits if activations.hidden is None else activations.hidden
        found.append(layer.double().cpu())
    hidden = torch.cat(found)
    centred = hidden - hidden.mean(0)
    variances, directions = torch.linalg.eigh(centred.T @ centred / len(hidden))
    total = float(variances.clamp(min=0).sum()) or 1.0
    first, second = (max(0.0, float(variances[place])) / total for place in (-1, -2))
    points = centred @ directions[:, [-1, -2]]
    # the sign of a direction is arbitrary: the largest deviation is positive
    largest = points.gather(0, points.abs().argmax(0, keepdim=True))
    points = points * torch.where(largest < 0, -1.0, 1.0)
    return Projection(points.numpy(), (first, second), hidden.shape[1])
