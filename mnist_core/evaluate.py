"""Score a network on a labelled split; the metrics are scikit-learn's."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mnist_core.data import Split, normalise

_BATCH = 1000


@dataclass(frozen=True)
class Evaluation:
    """Scores of a network on a split.

    accuracy in [0, 1]; loss is the mean cross entropy in nats; per_class maps "0".."9" to
    precision, recall, f1-score and support; confusion[true][predicted] counts images.
    """

    accuracy: float
    loss: float
    per_class: dict[str, dict[str, float]]
    confusion: list[list[int]]

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return asdict(self)


@torch.inference_mode()
def predict_logits(model: nn.Module, images: Tensor) -> Tensor:
    """Return logits (N, 10) for frames (N, 1, 28, 28) in [0, 1]. The model's mode is kept."""
    was_training = model.training
    model.eval()
    logits = torch.cat([model(normalise(batch)).float() for batch in images.split(_BATCH)])
    model.train(was_training)
    return logits


def score(model: nn.Module, split: Split) -> tuple[float, float]:
    """Return (accuracy, mean cross entropy) on a split."""
    logits = predict_logits(model, split.images)
    accuracy = (logits.argmax(1) == split.labels).float().mean().item()
    return accuracy, F.cross_entropy(logits, split.labels).item()


def evaluate(model: nn.Module, split: Split) -> Evaluation:
    """Return accuracy, loss, the per-class report and the confusion matrix on a split."""
    from sklearn.metrics import classification_report, confusion_matrix  # slow to import

    logits = predict_logits(model, split.images)
    labels, predicted = split.labels.cpu().numpy(), logits.argmax(1).cpu().numpy()
    digits = list(range(logits.shape[1]))
    report = classification_report(
        labels, predicted, labels=digits, output_dict=True, zero_division=0
    )
    return Evaluation(
        accuracy=float((labels == predicted).mean()),
        loss=F.cross_entropy(logits, split.labels).item(),
        per_class={str(d): {k: float(v) for k, v in report[str(d)].items()} for d in digits},
        confusion=confusion_matrix(labels, predicted, labels=digits).tolist(),
    )
