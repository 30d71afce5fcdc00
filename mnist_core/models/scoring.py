"""The scores of logits for labels: the one computation that training and evaluation share."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from mnist_core.models.network import NUM_CLASSES


@dataclass(frozen=True)
class HardImage:
    """An image with a high loss.

    Attributes
    ----------
    index : int
        In the split.
    label : int
    probabilities : tuple of 10 floats
        Softmax of the logits.
    loss : float
        Cross entropy in nats.
    """

    index: int
    label: int
    probabilities: tuple[float, ...]
    loss: float


@dataclass(frozen=True)
class Scores:
    """Scores of a network on labelled images.

    Attributes
    ----------
    accuracy : float in [0, 1]
    loss : float
        Mean cross entropy in nats; not finite if the logits are not.
    confusion : tuple of tuples of int
        confusion[true][predicted] counts images, 10 by 10.
    hardest : tuple of HardImage
        What `hardest_images` returns, where it was asked for.
    """

    accuracy: float
    loss: float
    confusion: tuple[tuple[int, ...], ...]
    hardest: tuple[HardImage, ...] = ()


def score_logits(logits: Tensor, labels: Tensor) -> Scores:
    """Score logits (N, 10) float32 for labels (N,) int64 on the same device, N at least 1."""
    pairs = torch.bincount(labels * NUM_CLASSES + logits.argmax(1), minlength=NUM_CLASSES**2)
    confusion = pairs.view(NUM_CLASSES, NUM_CLASSES)
    return Scores(
        accuracy=confusion.diagonal().sum().item() / len(labels),
        loss=F.cross_entropy(logits, labels).item(),
        confusion=tuple(map(tuple, confusion.tolist())),
    )


def hardest_images(logits: Tensor, labels: Tensor, count: int = 12) -> tuple[HardImage, ...]:
    """Return the images with the highest loss, the highest first; parameters as `score_logits`."""
    losses = F.cross_entropy(logits, labels, reduction="none")
    top, indices = losses.topk(min(count, len(labels)))
    columns = (indices, labels[indices], logits[indices].softmax(1), top)
    index, label, probabilities, loss = (column.tolist() for column in columns)
    return tuple(map(HardImage, index, label, map(tuple, probabilities), loss))
