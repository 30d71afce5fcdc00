"""Each setting of a training has its effect."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from support.training import Splits, finish, part, small, weights
from torch import Tensor

from mnist_core import MnistCoreError
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import Step
from mnist_core.training.trainer import Trainer, train

# adamw without weight decay is adam
PLAIN = {"epochs": 2, "weight_decay": 0.1}


@pytest.fixture(scope="module")
def plain_weights(fewer: Splits) -> Tensor:
    return weights(finish(train(small(**PLAIN), *fewer)).model)


@pytest.mark.parametrize(
    "setting",
    [
        {"label_smoothing": 0.1},
        {"precision": "bf16"},
        {"ema_decay": 0.9},
        {"weight_decay": 1.0},
        {"clip_grad_norm": 0.1},
        {"lr_scheduler": "none"},
        {"optimizer": "adam"},
        {"head_learning_rate": 1e-4},
        {"augment": "article"},
        {"seed": 1},
        {"batch_size": 40},
        {"allographs": 0.5},
        {"non_digits": 0.5},
    ],
    ids=lambda setting: next(iter(setting)),
)
def test_every_setting_has_an_effect(
    fewer: Splits, plain_weights: Tensor, setting: dict[str, Any]
) -> None:
    other = weights(finish(train(small(**{**PLAIN, **setting}), *fewer)).model)
    assert other.isfinite().all()
    assert not torch.equal(plain_weights, other)


def test_nesterov_and_dropout_have_an_effect(fewer: Splits) -> None:
    for plain, other in (
        ({"optimizer": "sgd"}, {"optimizer": "sgd", "nesterov": True}),
        ({"model": "mnist_cnn_fixed"}, {"model": "mnist_cnn_fixed", "dropout": 0.1}),
    ):
        first, second = (finish(train(small(**change), *fewer)).model for change in (plain, other))
        assert not torch.equal(weights(first), weights(second))


def test_a_single_epoch_has_a_moving_average_too(fewer: Splits) -> None:
    plain, averaged = (finish(train(small(ema_decay=d), *fewer)).model for d in (0.0, 0.9))
    assert not torch.equal(weights(plain), weights(averaged))


def test_the_moving_average_is_the_formula(few: Splits) -> None:
    splits = part(few, 100, 50)
    config = small(epochs=10, ema_decay=0.5)
    averaged, plain = Trainer(config, *splits), Trainer(config.with_changes(ema_decay=0.0), *splits)
    expected: Tensor | None = None
    both = zip(averaged.run(report_every=1), plain.run(report_every=1), strict=True)
    for event, _ in both:
        if not isinstance(event, Step):
            continue
        now = weights(plain.scored_model)
        if event.epoch == 1:  # a tenth of the epochs: it has not begun
            assert torch.equal(weights(averaged.scored_model), now)
            continue
        expected = now if expected is None else (expected + now) / 2
        assert torch.allclose(weights(averaged.scored_model), expected, atol=1e-6)
    assert expected is not None


def test_the_head_has_its_own_rate(fewer: Splits) -> None:
    config = small(optimizer="sgd", learning_rate=1e-8, head_learning_rate=0.05)
    trainer = Trainer(config, *fewer)
    before = {name: t.detach().clone() for name, t in trainer.scored_model.named_parameters()}
    finish(trainer.run())
    for name, after in trainer.scored_model.named_parameters():
        moved = (after - before[name]).norm().item()
        assert moved > 1e-3 if name.startswith("head.") else moved < 1e-5, name


@pytest.mark.parametrize("channels_last", [True, False])
def test_channels_last_is_the_layout_of_the_weights(fewer: Splits, channels_last: bool) -> None:
    kernel = finish(train(small(channels_last=channels_last), *fewer)).model.kernel("conv2")
    assert kernel.is_contiguous(memory_format=torch.channels_last) is channels_last
    assert kernel.is_contiguous() is not channels_last


def test_channels_last_changes_nothing_but_rounding(few: Splits) -> None:
    config = small(optimizer="sgd", augment="article")
    one, other = (finish(train(config.with_changes(channels_last=c), *few)) for c in (True, False))
    assert torch.allclose(weights(one.model), weights(other.model), atol=1e-4)


def test_a_cuda_graph_has_no_effect_on_a_cpu(fewer: Splits) -> None:
    config = small(model="mnist_cnn_bn", optimizer="adamw")
    plain = finish(train(config, *fewer)).model
    captured = finish(train(config.with_changes(cuda_graph=True), *fewer)).model
    assert torch.equal(weights(plain), weights(captured))


@pytest.mark.parametrize(
    "changes", [{"optimizer": "sgd"}, {"precision": "fp16"}, {"compile": True}]
)
def test_what_a_cuda_graph_cannot_capture_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(MnistCoreError, match="cuda_graph is True; it needs optimizer adam"):
        TrainConfig(cuda_graph=True, **changes)
