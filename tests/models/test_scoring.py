from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss

from mnist_core.models.scoring import score_logits


@pytest.mark.parametrize("size", [1, 7, 500])
def test_scores_are_those_of_scikit_learn(size: int) -> None:
    generator = torch.Generator().manual_seed(size)
    logits = 3 * torch.randn(size, 10, generator=generator)
    labels = torch.randint(10, (size,), generator=generator)
    scores = score_logits(logits, labels)
    true, predicted = labels.numpy(), logits.argmax(1).numpy()
    probabilities = logits.double().softmax(1).numpy()
    assert scores.accuracy == accuracy_score(true, predicted)
    assert scores.loss == pytest.approx(log_loss(true, probabilities, labels=range(10)), rel=1e-5)
    expected = confusion_matrix(true, predicted, labels=range(10))
    assert np.array_equal(scores.confusion, expected)


def test_logits_that_are_not_finite_have_no_finite_loss() -> None:
    logits = torch.full((3, 10), torch.nan)
    assert not np.isfinite(score_logits(logits, torch.tensor([0, 1, 2])).loss)
