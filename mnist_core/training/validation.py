"""Scores of a network on held-out images while it trains."""

import dataclasses
from collections.abc import Callable

from torch import nn

from mnist_core.data.mnist import Split
from mnist_core.models.forward import predict_logits
from mnist_core.models.scoring import Scores, hardest_images, score_logits

StopCheck = Callable[[], bool]
Validate = Callable[[nn.Module, Split, StopCheck], Scores | None]


def validate(model: nn.Module, split: Split, should_stop: StopCheck) -> Scores | None:
    """Score a network on a split; None if `should_stop` returns True in between."""
    logits = predict_logits(model, split.images, should_stop=should_stop)
    if logits is None:
        return None
    scores = score_logits(logits, split.labels)
    return dataclasses.replace(scores, hardest=hardest_images(logits, split.labels))
