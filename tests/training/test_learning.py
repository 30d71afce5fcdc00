"""Networks learn with every architecture, optimizer, schedule, precision and augmentation."""

from __future__ import annotations

import shutil
import warnings

import numpy as np
import pytest
import torch
from support.training import Splits, finish, part, small, weights

from mnist_core.data.allographs import NON_DIGIT
from mnist_core.data.allographs.frames import generate_frames
from mnist_core.data.mnist import Split
from mnist_core.models.architectures import ARCHITECTURES
from mnist_core.models.forward import predict_logits
from mnist_core.training.config import FIELDS
from mnist_core.training.events import Step
from mnist_core.training.trainer import train


@pytest.fixture(scope="module")
def some(small_splits: Splits) -> Splits:
    """600 training and 200 validation images."""
    return part(small_splits, 600, 200)


@pytest.mark.parametrize("augment", ["article", "pen"])
def test_augmented_images_can_be_learned(some: Splits, augment: str) -> None:
    config = small(epochs=2, batch_size=15, augment=augment)
    assert finish(train(config, *some)).validation_accuracy > 0.7


# one of the two kernel sizes each: tests/models has the shapes of all pairs
@pytest.mark.parametrize(
    ("model", "kernel_size"), [*zip(ARCHITECTURES, [3, 5, 3, 5, None, None, None, 5], strict=True)]
)
def test_every_architecture_trains(some: Splits, model: str, kernel_size: int | None) -> None:
    # BatchNorm's running statistics need more steps where it follows six convolutions
    batch_size = 10 if model == "vgg" else 30
    config = small(model=model, batch_size=batch_size, kernel_size=kernel_size)
    if model not in ("simple_cnn", "improved"):
        assert finish(train(config, *part(some, 600, 100))).validation_accuracy > 0.4
        return
    # a step of the large networks takes longest: few of them, all on the same images
    config = config.with_changes(epochs=5, lr_scheduler="none")
    events = train(config, *part(some, 10, 10))
    losses = [event.loss for event in events if isinstance(event, Step)]
    assert losses[-1] < losses[0] / 2


RATES = {"sgd": 0.05, "rmsprop": 5e-4}
# every optimizer, schedule and precision, each pair of an optimizer with another setting once
COMBINATIONS = [
    (optimizer, schedule, FIELDS["precision"].choices[(i + j) % 3])
    for i, optimizer in enumerate(FIELDS["optimizer"].choices)
    for j, schedule in enumerate(FIELDS["lr_scheduler"].choices)
]


@pytest.mark.parametrize(("optimizer", "schedule", "precision"), COMBINATIONS[::3])
def test_every_optimizer_schedule_and_precision_learns(
    some: Splits, optimizer: str, schedule: str, precision: str
) -> None:
    config = small(
        batch_size=15,
        optimizer=optimizer,
        lr_scheduler=schedule,
        precision=precision,
        learning_rate=RATES.get(optimizer, 4e-3),
    )
    assert finish(train(config, *some)).validation_accuracy > 0.55


@pytest.mark.parametrize(("optimizer", "schedule", "precision"), COMBINATIONS)
def test_every_pair_runs_without_warnings(
    fewer: Splits, optimizer: str, schedule: str, precision: str
) -> None:
    config = small(
        optimizer=optimizer, lr_scheduler=schedule, precision=precision, epochs=2, batch_size=30
    )
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        finished = finish(train(config, *part(fewer, 60, 20)))
    assert weights(finished.model).isfinite().all()


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
def test_compiled_training_learns_the_same(fewer: Splits, monkeypatch: pytest.MonkeyPatch) -> None:
    # inductor would compile a program for each instruction set, only to see whether it can
    monkeypatch.setattr("torch._inductor.config.cpp.vec_isa_ok", True)
    plain, compiled = (finish(train(small(compile=c), *fewer)).model for c in (False, True))
    assert list(plain.state_dict()) == list(compiled.state_dict())
    assert torch.allclose(weights(plain), weights(compiled), atol=1e-3)


def test_a_network_learns_to_refuse_non_digits(small_splits: Splits) -> None:
    config = small(model="mnist_cnn_bn", allographs=0.5, non_digits=1.0, epochs=2, drawings=400)
    splits = part(small_splits, 1000, 200)
    finished = finish(train(config.with_changes(batch_size=25), *splits))
    assert finished.validation_accuracy > 0.75
    # the logit of "no digit" is 0, so these are the log-odds of being a digit
    drawn = generate_frames(np.array([*range(10)] * 10 + [NON_DIGIT] * 100), seed=99)
    log_odds = predict_logits(finished.model, drawn.float() / 255).logsumexp(1)
    assert (log_odds[:100] > 0).float().mean() > 0.7
    assert (log_odds[100:] < 0).float().mean() > 0.7


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_captured_step_learns_as_a_step_does(small_splits: Splits) -> None:
    training, validation = (Split(s.images.cuda(), s.labels.cuda()) for s in small_splits)
    config = small(model="mnist_cnn_bn", optimizer="adamw", device="cuda", cuda_graph=True)
    assert finish(train(config, training, validation)).validation_accuracy > 0.75
