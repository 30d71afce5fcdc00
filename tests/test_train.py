from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import pytest
import torch
from torch import Tensor

from mnist_core import MnistCoreError
from mnist_core import train as train_module
from mnist_core.data import Split
from mnist_core.devices import choose_device
from mnist_core.evaluate import score
from mnist_core.models import ARCHITECTURES
from mnist_core.progress import follow
from mnist_core.train import (
    OPTIMIZERS,
    Epoch,
    Finished,
    Step,
    TrainConfig,
    train,
)

Splits = tuple[Split, Split]


def small(**changes: Any) -> TrainConfig:
    """The article's network, one epoch."""
    settings = {"model": "mnist_cnn", "epochs": 1, "batch_size": 50, "device": "cpu"}
    return TrainConfig(**{**settings, **changes})


def finish(events: Iterable[Step | Epoch | Finished]) -> Finished:
    *_, finished = events
    assert isinstance(finished, Finished)
    return finished


def weights(finished: Finished) -> Tensor:
    return torch.cat([p.detach().flatten() for p in finished.model.parameters()])


# --- configuration -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", "lenet"),
        ("optimizer", "rmsprop"),
        ("device", "tpu"),
        ("epochs", 0),
        ("epochs", -3),
        ("batch_size", 1),
        ("batch_size", 60_001),
        ("learning_rate", 0.0),
        ("learning_rate", -1e-3),
        ("learning_rate", float("nan")),
        ("learning_rate", float("inf")),
        ("weight_decay", -0.1),
        ("label_smoothing", 1.0),
        ("ema_decay", 1.0),
        ("seed", -1),
        ("seed", 2**70),
    ],
)
def test_settings_that_cannot_be_used_are_named(name: str, value: object) -> None:
    with pytest.raises(MnistCoreError, match=name) as caught:
        TrainConfig(**{name: value})
    assert str(value) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "allowed"),
    [("model", tuple(ARCHITECTURES)), ("optimizer", OPTIMIZERS), ("device", ("auto", "cpu"))],
)
def test_a_wrong_choice_lists_the_right_ones(name: str, allowed: tuple[str, ...]) -> None:
    with pytest.raises(MnistCoreError) as caught:
        TrainConfig(**{name: "other"})
    for choice in allowed:
        assert choice in str(caught.value)


def test_config_is_plain_data() -> None:
    config = small(seed=3)
    assert TrainConfig(**json.loads(json.dumps(config.as_dict()))) == config


def test_choose_device() -> None:
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    with pytest.raises(MnistCoreError, match="tpu"):
        choose_device("tpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there() -> None:
    with pytest.raises(MnistCoreError, match=r"no GPU.*'auto' or 'cpu'"):
        choose_device("cuda")


# --- runs --------------------------------------------------------------------------------------


def test_one_epoch_on_2000_images_learns_to_read(small_splits: Splits) -> None:
    training, validation = small_splits
    events = list(train(small(learning_rate=5e-3, augment=False), training, validation, 15))
    steps = [event for event in events if isinstance(event, Step)]
    assert [(s.epoch, s.step, s.steps) for s in steps] == [(1, 15, 40), (1, 30, 40), (1, 40, 40)]
    assert steps[-1].loss < steps[0].loss
    assert all(step.images_per_second > 0 for step in steps)
    epoch, finished = events[-2:]
    assert isinstance(epoch, Epoch)
    assert epoch.best
    assert finished.validation_accuracy > 0.75
    assert not finished.model.training
    accuracy, loss = score(finished.model, validation)
    assert accuracy == pytest.approx(finished.validation_accuracy)
    assert loss == pytest.approx(finished.validation_loss, rel=1e-4)


def test_augmented_images_teach_too(small_splits: Splits) -> None:
    finished = finish(train(small(epochs=2, learning_rate=5e-3), *small_splits))
    assert finished.validation_accuracy > 0.75


@pytest.mark.parametrize("model", list(ARCHITECTURES))
def test_every_architecture_trains(small_splits: Splits, model: str) -> None:
    training, validation = small_splits
    part = Split(training.images[:600], training.labels[:600])
    config = small(model=model, learning_rate=5e-3, augment=False, batch_size=30)
    assert finish(train(config, part, validation)).validation_accuracy > 0.4


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_learns(small_splits: Splits, optimizer: str) -> None:
    rate = 0.05 if optimizer == "sgd" else 5e-3
    config = small(optimizer=optimizer, learning_rate=rate, augment=False)
    assert finish(train(config, *small_splits)).validation_accuracy > 0.7


@pytest.mark.parametrize(
    "setting",
    [{"label_smoothing": 0.1}, {"amp": True}, {"ema_decay": 0.0}, {"weight_decay": 0.0}],
    ids=lambda setting: next(iter(setting)),
)
def test_every_setting_has_an_effect(small_splits: Splits, setting: dict[str, Any]) -> None:
    training, validation = small_splits
    part = Split(training.images[:400], training.labels[:400])
    common = {"epochs": 2, "learning_rate": 5e-3, "augment": False, "weight_decay": 1.0}
    plain = weights(finish(train(small(**common), part, validation)))
    other = weights(finish(train(small(**{**common, **setting}), part, validation)))
    assert other.isfinite().all()
    assert not torch.equal(plain, other)


def test_the_seed_decides(small_splits: Splits) -> None:
    training, validation = small_splits
    part = Split(training.images[:500], training.labels[:500])

    def with_seed(seed: int) -> Tensor:
        return weights(finish(train(small(seed=seed, epochs=2), part, validation)))

    assert torch.equal(with_seed(1), with_seed(1))
    assert not torch.equal(with_seed(1), with_seed(2))


def test_a_batch_larger_than_the_data_is_the_data(small_splits: Splits) -> None:
    training, validation = small_splits
    part = Split(training.images[:60], training.labels[:60])
    events = list(train(small(batch_size=500), part, validation))
    assert [event.steps for event in events if isinstance(event, Step)] == [1]


def test_a_loss_that_is_not_finite_stops_with_advice(small_splits: Splits) -> None:
    config = small(optimizer="sgd", learning_rate=10.0, augment=False)
    with pytest.raises(MnistCoreError, match="learning rate below 10") as caught:
        finish(train(config, *small_splits))
    assert "epoch 1" in str(caught.value)


@pytest.mark.parametrize(
    ("scores", "best"),
    [
        ([(0.5, 1.0), (0.9, 0.4), (0.8, 0.3)], 2),
        ([(0.9, 0.5), (0.9, 0.4), (0.9, 0.6)], 2),
        ([(0.9, 0.5), (0.9, 0.5), (0.9, 0.5)], 1),
    ],
    ids=["highest accuracy", "lower loss on a tie", "first of equals"],
)
def test_the_best_epoch_is_kept(
    small_splits: Splits,
    monkeypatch: pytest.MonkeyPatch,
    scores: list[tuple[float, float]],
    best: int,
) -> None:
    seen: list[Tensor] = []

    def scripted(model: torch.nn.Module, _split: Split) -> tuple[float, float]:
        seen.append(torch.cat([p.detach().flatten().clone() for p in model.parameters()]))
        return scores[len(seen) - 1]

    monkeypatch.setattr(train_module, "score", scripted)
    training, validation = small_splits
    part = Split(training.images[:200], training.labels[:200])
    events = list(train(small(epochs=3), part, validation))
    finished = events[-1]
    assert finished.epoch == best
    assert (finished.validation_accuracy, finished.validation_loss) == scores[best - 1]
    assert torch.equal(weights(finished), seen[best - 1])
    assert not torch.equal(seen[0], seen[2])
    marked = [event.epoch for event in events if isinstance(event, Epoch) and event.best]
    assert marked[-1] == best


def test_following_a_run_prints_its_epochs(
    small_splits: Splits, capsys: pytest.CaptureFixture[str]
) -> None:
    training, validation = small_splits
    part = Split(training.images[:200], training.labels[:200])
    config = small(epochs=2)
    finished = follow(train(config, part, validation), config)
    out = capsys.readouterr()
    assert finished.epoch in (1, 2)
    assert "epoch   1" in out.out
    assert "epoch   2" in out.out
    assert "best" in out.out
    assert "loss=" in out.err
