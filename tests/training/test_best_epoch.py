"""The epoch that is kept, early stopping, and losses that are not finite."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from support.training import Splits, finish, part, small, weights
from torch import Tensor, nn

from mnist_core import MnistCoreError
from mnist_core.data.mnist import Split
from mnist_core.models.scoring import Scores
from mnist_core.training.events import Epoch
from mnist_core.training.trainer import Trainer, train


@pytest.mark.parametrize(
    ("scores", "best"),
    [
        ([(0.5, 1.0), (0.9, 0.4), (0.8, 0.3)], 2),
        ([(0.9, 0.5), (0.9, 0.4), (0.9, 0.6)], 2),
        ([(0.9, 0.5), (0.9, 0.5), (0.9, 0.5)], 1),
    ],
    ids=["highest accuracy", "lower loss on a tie", "first of equals"],
)
def test_the_best_epoch_is_kept(few: Splits, scores: list[tuple[float, float]], best: int) -> None:
    seen: list[Tensor] = []

    def scripted(model: nn.Module, _split: Split, _should_stop: object) -> Scores:
        seen.append(weights(model))
        return Scores(*scores[len(seen) - 1], confusion=())

    *events, finished = Trainer(small(epochs=3), *few, validate=scripted).run()
    assert finished.epoch == best
    assert (finished.validation_accuracy, finished.validation_loss) == scores[best - 1]
    assert torch.equal(weights(finished.model), seen[best - 1])
    assert not torch.equal(seen[0], seen[2])
    assert [e.epoch for e in events if isinstance(e, Epoch) and e.best][-1] == best


def test_the_last_epoch_is_kept_if_asked_for(few: Splits) -> None:
    values = iter([(0.9, 0.1), (0.8, 0.5), (0.7, 0.6)])
    trainer = Trainer(
        small(epochs=3, keep_epoch="last"),
        *few,
        validate=lambda *_: Scores(*next(values), confusion=()),
    )
    *events, finished = trainer.run()
    assert (finished.epoch, finished.validation_accuracy) == (3, 0.7)
    assert str(finished).startswith("last epoch 3: validation accuracy 70.00%")
    assert not any("best" in str(event) for event in events)
    assert torch.equal(weights(finished.model), weights(trainer.scored_model))


def test_the_last_epoch_and_early_stopping_exclude_each_other() -> None:
    with pytest.raises(MnistCoreError, match=r"keep_epoch.*needs no early stopping"):
        small(keep_epoch="last", early_stopping=2)


@pytest.mark.parametrize(
    ("epochs", "accuracies", "trained", "best"),
    [(9, [0.5, 0.9, 0.8, 0.9, 0.99], 4, 2), (3, [0.5, 0.5, 0.5], 3, 1)],
    ids=["patience exhausted", "in the last epoch"],
)
def test_early_stopping(
    fewer: Splits, epochs: int, accuracies: list[float], trained: int, best: int
) -> None:
    values = iter(accuracies)
    trainer = Trainer(
        small(epochs=epochs, early_stopping=2),
        *fewer,
        validate=lambda *_: Scores(next(values), 1.0, ()),
    )
    *events, finished = trainer.run()
    assert [e.epoch for e in events if isinstance(e, Epoch)] == [*range(1, trained + 1)]
    assert finished.early == (trained < epochs)
    assert finished.epoch == best


def test_a_network_that_diverges_at_the_last_step_is_refused(few: Splits) -> None:
    # every loss is finite, but the last step leaves weights whose outputs are NaN
    config = small(
        optimizer="sgd",
        learning_rate=3,
        weight_decay=10,
        lr_scheduler="none",
        lr_warmup=0.0,
        batch_size=20,
    )
    with pytest.raises(MnistCoreError, match="learning rate below 3"):
        finish(train(config, *part(few, 60, 200)))


@pytest.mark.parametrize(
    ("changes", "cures"),
    [
        ({}, "a learning rate below 10, or clip_grad_norm 1"),
        ({"precision": "fp16"}, "below 10, or clip_grad_norm 1, or precision bf16 or fp32"),
        ({"clip_grad_norm": 1e6}, "try a learning rate below 10"),
    ],
)
def test_the_advice_fits_the_settings(few: Splits, changes: dict[str, Any], cures: str) -> None:
    config = small(optimizer="sgd", learning_rate=10.0, weight_decay=10.0, epochs=3, **changes)
    with pytest.raises(MnistCoreError) as caught:
        finish(train(config, *few, report_every=1))
    assert str(caught.value).endswith(cures)


def test_a_loss_that_is_not_finite_stops_with_advice(small_splits: Splits) -> None:
    config = small(optimizer="sgd", learning_rate=10.0)
    with pytest.raises(MnistCoreError, match="learning rate below 10") as caught:
        finish(train(config, *small_splits))
    assert "epoch 1, step 20" in str(caught.value)
