"""A network's predictions for labelled images: checked once, for scores and single images alike."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from mnist_core.data.mnist import Split
from mnist_core.errors import MnistCoreError
from mnist_core.inference.attribution import attribution_maps
from mnist_core.models.forward import predict_logits
from mnist_core.models.network import NUM_CLASSES
from mnist_core.models.weights import Network


@dataclass(frozen=True, eq=False)
class Predictions:
    """Predictions of a network for N labelled images.

    Attributes
    ----------
    logits : float tensor (N, 10)
    labels : int64 tensor (N,)
        On the device of the logits.
    predicted : int64 array (N,)
        The digit of the largest logit; `Evaluation.align` may differ where two are nearly equal.

    Raises
    ------
    MnistCoreError
        If there are no images, the logits are not finite or not ten for each image, or a label is
        no digit.
    """

    logits: Tensor
    labels: Tensor
    predicted: np.ndarray = None  # type: ignore[assignment]  # set below

    def __post_init__(self) -> None:
        count = len(self.labels)
        if not count:
            raise MnistCoreError("there are no images to score; the split is empty")
        if self.logits.shape != (count, NUM_CLASSES):
            raise MnistCoreError(
                f"logits of shape {tuple(self.logits.shape)} for {count} labels; "
                f"the network must return {NUM_CLASSES} logits for each image"
            )
        if not torch.isfinite(self.logits).all():
            raise MnistCoreError("the network's logits are NaN or infinite; train it again")
        if self.labels.min() < 0 or self.labels.max() >= NUM_CLASSES:
            raise MnistCoreError(
                f"labels are {self.labels.min()} to {self.labels.max()}; they must be 0 to 9"
            )
        if self.predicted is None:
            object.__setattr__(self, "predicted", self.logits.argmax(1).cpu().numpy())

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def probabilities(self) -> np.ndarray:
        """Softmax of the logits, float64 (N, 10)."""
        return self.scaled(1.0)

    @cached_property
    def true(self) -> np.ndarray:
        """The labels as an array, int64 (N,)."""
        return self.labels.cpu().numpy()

    def scaled(self, temperature: float) -> np.ndarray:
        """Return the softmax of logits / temperature, float64 (N, 10)."""
        return (self.logits.detach().cpu().double() / temperature).softmax(1).numpy()

    def confidence(self, index: int) -> float:
        """Return the probability of an image's predicted digit."""
        return float(self.probabilities[index, self.predicted[index]])

    def cell(self, true: int, predicted: int) -> list[int]:
        """Return the images of a cell of the confusion matrix, those to look at first.

        Of errors the most confident ones; of correct predictions those nearest to an error, with
        the smallest lead over the second most probable digit.
        """
        found = np.flatnonzero((self.true == true) & (self.predicted == predicted))
        if true == predicted:
            second, first = np.sort(self.probabilities[found], 1)[:, -2:].T
            order = np.argsort(first - second, kind="stable")
        else:
            order = np.argsort(-self.probabilities[found, predicted], kind="stable")
        return found[order].tolist()

    def mistakes(
        self,
        true: Collection[int] = (),
        predicted: Collection[int] = (),
        confidence: tuple[float, float] = (0.0, 1.0),
    ) -> list[int]:
        """Return the misclassified images, the most confident first.

        Parameters
        ----------
        true, predicted : collection of int
            Only images of these digits, and only those predicted as these; none: all.
        confidence : (float, float)
            Lowest and highest confidence, in [0, 1].
        """
        certainty = self.probabilities[np.arange(len(self)), self.predicted]
        kept = (self.true != self.predicted) & (certainty >= confidence[0])
        # a confidence of one minus a rounding error is one
        kept &= certainty <= confidence[1] + 1e-9
        for digits, values in ((true, self.true), (predicted, self.predicted)):
            if digits:
                kept &= np.isin(values, list(digits))
        found = np.flatnonzero(kept)
        return found[np.argsort(-certainty[found], kind="stable")].tolist()


def predict_split(model: nn.Module, split: Split) -> Predictions:
    """Return a network's predictions for a split on its device.

    Raises MnistCoreError as `Predictions` does.
    """
    if not len(split):
        raise MnistCoreError("there are no images to score; the split is empty")
    return Predictions(predict_logits(model, split.images), split.labels)


def attributions(
    model: Network, split: Split, predictions: Predictions, indices: list[int]
) -> np.ndarray:
    """Return attribution maps (n, 28, 28) float32, predicted digit above 0 and true digit below.

    Zero for images that are classified correctly. See `mnist_core.inference.attribution`.
    """
    predicted = predictions.labels.new_tensor(predictions.predicted[indices])
    maps = attribution_maps(model, split.images[indices], predicted, split.labels[indices])
    return maps.cpu().numpy()


def indices_of_digit(split: Split, digit: int) -> list[int]:
    """Return the indices of a digit's images, in the order of the split."""
    return (split.labels == digit).nonzero().flatten().tolist()
