"""What a network answers to every image of a split, to look single images up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from mnist_core.data.mnist import Split
from mnist_core.evaluation.scores import Evaluation, evaluate_logits
from mnist_core.inference.attribution import attribution_maps
from mnist_core.models.forward import predict_logits
from mnist_core.models.weights import Network


@dataclass(frozen=True, eq=False)
class Answers:
    """A network's answers to a split.

    Attributes
    ----------
    split : Split
        The images, N of them.
    probabilities : float64 array (N, 10)
        Rows sum to 1.
    predicted : int64 array (N,)
        What each image was read as.
    evaluation : Evaluation
        The scores of these very answers.
    """

    split: Split
    probabilities: np.ndarray
    predicted: np.ndarray
    evaluation: Evaluation

    def __len__(self) -> int:
        return len(self.split)

    def label(self, index: int) -> int:
        """Return an image's true digit."""
        return int(self.split.labels[index])

    def confidence(self, index: int) -> float:
        """Return the probability of what an image was read as."""
        return float(self.probabilities[index, self.predicted[index]])

    def frames(self, indices: list[int]) -> Tensor:
        """Return images (n, 28, 28) float32 in [0, 1]."""
        return self.split.images[indices].squeeze(1)

    def cell(self, true: int, read: int) -> list[int]:
        """Return the images of one digit that were read as another, the most confident first."""
        labels = self.split.labels.cpu().numpy()
        found = np.flatnonzero((labels == true) & (self.predicted == read))
        return found[np.argsort(-self.probabilities[found, read], kind="stable")].tolist()


def answer(model: Network, split: Split) -> Answers:
    """Return what a network answers to a split that lies on its device.

    Raises
    ------
    MnistCoreError
        If the split is empty, or the logits are not finite.
    """
    logits = predict_logits(model, split.images)
    evaluation = evaluate_logits(logits, split.labels)
    return Answers(
        split,
        logits.cpu().double().softmax(1).numpy(),
        logits.argmax(1).cpu().numpy(),
        evaluation,
    )


def explain(model: Network, answers: Answers, indices: list[int]) -> np.ndarray:
    """Return what spoke for each image's reading and against its true digit, (n, 28, 28) float32.

    See `attribution_maps`; all zero for an image that was read rightly.
    """
    images, true = answers.split.images[indices], answers.split.labels[indices]
    wrong = true.new_tensor(answers.predicted[indices])
    return attribution_maps(model, images, wrong, true).cpu().numpy()


def images_of(split: Split, digit: int) -> list[int]:
    """Return the images of a digit, in the order of the split."""
    return np.flatnonzero(split.labels.cpu().numpy() == digit).tolist()
