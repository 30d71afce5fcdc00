"""Score a network on a labelled split; the metrics are scikit-learn's."""

from __future__ import annotations

from itertools import combinations, permutations
from pathlib import Path
from typing import Annotated

import numpy as np
import torch.nn.functional as F
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from torch import Tensor, nn
from typing_extensions import TypedDict

from mnist_core.data.mnist import Split
from mnist_core.errors import MnistCoreError
from mnist_core.evaluation.calibration import Calibration, calibrate, check_logits, fit_temperature
from mnist_core.models.architectures import NUM_CLASSES
from mnist_core.models.forward import predict_logits
from mnist_core.models.scoring import score_logits
from mnist_core.utils.files import make_folder, write_atomic

CLASSIC_PAIRS = ((4, 9), (3, 8), (1, 7))
"""The digits that networks and people most often confuse."""
_MOST_CONFUSED = 10

_Digit = Annotated[int, Field(ge=0, lt=NUM_CLASSES)]
_Count = Annotated[int, Field(ge=0)]
_Share = Annotated[float, Field(ge=0, le=1)]
_Row = Annotated[tuple[_Count, ...], Field(min_length=NUM_CLASSES, max_length=NUM_CLASSES)]
_FROZEN = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ClassScores(TypedDict):
    """One digit's scores in [0, 1] (0 where there is nothing to divide) and its images."""

    precision: _Share
    recall: _Share
    f1: _Share
    support: _Count


class Confusion(BaseModel):
    """Images of one digit that were read as another; rate is their share of the digit's images."""

    model_config = _FROZEN

    true: _Digit
    predicted: _Digit
    count: _Count
    rate: _Share


class ConfusedPair(BaseModel):
    """Two digits and how often each was read as the other; first < second."""

    model_config = _FROZEN

    first: _Digit
    second: _Digit
    first_as_second: _Count
    second_as_first: _Count

    @property
    def total(self) -> int:
        """Both directions together."""
        return self.first_as_second + self.second_as_first


class Misclassified(BaseModel):
    """An image that was read wrongly: its index in the split and ten probabilities."""

    model_config = _FROZEN

    index: _Count
    label: _Digit
    predicted: _Digit
    probabilities: Annotated[
        tuple[_Share, ...], Field(min_length=NUM_CLASSES, max_length=NUM_CLASSES)
    ]

    @property
    def confidence(self) -> float:
        """Probability of the digit that it was read as."""
        return self.probabilities[self.predicted]


class Evaluation(BaseModel):
    """Scores of a network on a split; JSON and back by `write` and `read`.

    Attributes
    ----------
    split : str
        "validation", "test" or what the caller called it.
    images : int
    accuracy : float in [0, 1]
    loss : float
        Mean cross entropy in nats.
    per_class : dict
        "0".."9" to precision, recall, f1 and support.
    confusion : tuple of tuples
        confusion[true][predicted] counts images.
    pairs : tuple of Confusion
        4 and 9, 3 and 8, 1 and 7, each in both directions.
    most_confused : tuple of ConfusedPair
        The (at most ten) pairs with the most errors, most first; a tie goes by the digits.
    calibration : Calibration
    misclassified : tuple of Misclassified
        Every image that was read wrongly, the most confident first.
    """

    model_config = _FROZEN

    split: str
    images: int = Field(ge=1)
    accuracy: _Share
    loss: float = Field(ge=0)
    per_class: dict[str, ClassScores]
    confusion: Annotated[tuple[_Row, ...], Field(min_length=NUM_CLASSES, max_length=NUM_CLASSES)]
    pairs: tuple[Confusion, ...]
    most_confused: tuple[ConfusedPair, ...]
    calibration: Calibration
    misclassified: tuple[Misclassified, ...]

    @model_validator(mode="after")
    def _adds_up(self) -> Evaluation:
        confusion = np.array(self.confusion)
        wrong = confusion.sum() - confusion.trace()
        if confusion.sum() != self.images or wrong != len(self.misclassified):
            raise ValueError("images, confusion and misclassified do not add up")
        if set(self.per_class) != {str(digit) for digit in range(NUM_CLASSES)}:
            raise ValueError("per_class does not hold the digits 0 to 9")
        return self

    def write(self, path: Path) -> None:
        """Write as JSON. Raises MnistCoreError if it cannot be written there."""
        make_folder(path.parent)
        write_atomic(path, self.model_dump_json(indent=2) + "\n")

    @classmethod
    def read(cls, path: Path) -> Evaluation:
        """Read what `write` wrote.

        Raises
        ------
        MnistCoreError
            If the file is missing, not JSON or not an evaluation. The message says which.
        """
        try:
            content = path.read_bytes()
        except OSError as error:
            raise MnistCoreError(f"{path}: cannot be read ({error.strerror})") from error
        try:
            return cls.model_validate_json(content)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            if first["type"] == "json_invalid":
                raise MnistCoreError(
                    f"{path}: not JSON ({first['msg']}); evaluate again"
                ) from error
            place = ".".join(map(str, first["loc"])) or "it"
            raise MnistCoreError(
                f"{path}: JSON, but not an evaluation ({place}: {first['msg']}); evaluate again"
            ) from error


def score(model: nn.Module, split: Split) -> tuple[float, float]:
    """Return (accuracy, mean cross entropy) on a split."""
    scores = score_logits(predict_logits(model, split.images), split.labels)
    return scores.accuracy, scores.loss


def evaluate(
    model: nn.Module, split: Split, *, name: str = "validation", temperature: float | None = None
) -> Evaluation:
    """Score a network on a split.

    Parameters
    ----------
    model : nn.Module
        Maps normalised frames (B, 1, 28, 28) to logits (B, 10).
    split : Split
        On the model's device.
    name : str
        What the split is called.
    temperature : float > 0, optional
        Fitted on validation with `fit_temperature`. Without one it is fitted here if the split is
        "validation", and only then: nothing is fitted on what is reported.

    Raises
    ------
    MnistCoreError
        If the split is empty, or the logits are not finite or not ten for each image.
    """
    if not len(split):
        raise MnistCoreError(f"the {name} split is empty; there is nothing to score")
    logits = predict_logits(model, split.images)
    return evaluate_logits(logits, split.labels, name=name, temperature=temperature)


def evaluate_logits(
    logits: Tensor, labels: Tensor, *, name: str = "validation", temperature: float | None = None
) -> Evaluation:
    """Score logits (N, 10) for labels (N,) int64. Otherwise as `evaluate`."""
    check_logits(logits, labels)
    if logits.shape[1] != NUM_CLASSES:
        raise MnistCoreError(f"the network gives {logits.shape[1]} logits; it must give ten")
    if temperature is None and name == "validation":
        temperature = fit_temperature(logits, labels)
    probabilities = logits.cpu().double().softmax(1).numpy()
    true, predicted = labels.cpu().numpy(), logits.argmax(1).cpu().numpy()
    confusion = _confusion(true, predicted)
    return Evaluation(
        split=name,
        images=len(labels),
        accuracy=float((true == predicted).mean()),
        loss=F.cross_entropy(logits, labels).item(),
        per_class=_per_class(true, predicted),
        confusion=confusion,
        pairs=tuple(
            _direction(confusion, *p) for pair in CLASSIC_PAIRS for p in permutations(pair)
        ),
        most_confused=_most_confused(confusion),
        calibration=calibrate(logits, labels, temperature),
        misclassified=_misclassified(true, predicted, probabilities),
    )


def _confusion(true: np.ndarray, predicted: np.ndarray) -> tuple[tuple[int, ...], ...]:
    from sklearn.metrics import confusion_matrix  # slow to import

    return tuple(map(tuple, confusion_matrix(true, predicted, labels=range(NUM_CLASSES)).tolist()))


def _per_class(true: np.ndarray, predicted: np.ndarray) -> dict[str, ClassScores]:
    from sklearn.metrics import precision_recall_fscore_support  # slow to import

    columns = precision_recall_fscore_support(
        true, predicted, labels=range(NUM_CLASSES), zero_division=0
    )
    return {
        str(digit): ClassScores(
            precision=float(precision), recall=float(recall), f1=float(f1), support=int(support)
        )
        for digit, (precision, recall, f1, support) in enumerate(zip(*columns, strict=True))
    }


def _direction(confusion: tuple[tuple[int, ...], ...], true: int, predicted: int) -> Confusion:
    count, support = confusion[true][predicted], sum(confusion[true])
    return Confusion(
        true=true, predicted=predicted, count=count, rate=count / support if support else 0.0
    )


def _most_confused(confusion: tuple[tuple[int, ...], ...]) -> tuple[ConfusedPair, ...]:
    pairs = [
        ConfusedPair(
            first=first,
            second=second,
            first_as_second=confusion[first][second],
            second_as_first=confusion[second][first],
        )
        for first, second in combinations(range(NUM_CLASSES), 2)
    ]
    # sorted() is stable: a tie stays in the order of the digits
    ranked = sorted((pair for pair in pairs if pair.total), key=lambda pair: -pair.total)
    return tuple(ranked[:_MOST_CONFUSED])


def _misclassified(
    true: np.ndarray, predicted: np.ndarray, probabilities: np.ndarray
) -> tuple[Misclassified, ...]:
    wrong = np.flatnonzero(true != predicted)
    order = wrong[np.argsort(-probabilities[wrong].max(1), kind="stable")]
    return tuple(
        Misclassified(
            index=int(index),
            label=int(true[index]),
            predicted=int(predicted[index]),
            probabilities=np.clip(probabilities[index], 0, 1).tolist(),
        )
        for index in order
    )
