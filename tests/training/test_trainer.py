"""The loop over epochs and steps: its events, its order, its random numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from support.training import Splits, finish, small, weights
from torch import Tensor

from mnist_core import MnistCoreError
from mnist_core.data.allographs import pool
from mnist_core.data.mnist import Split
from mnist_core.evaluation.scores import score
from mnist_core.training import trainer as train_module
from mnist_core.training.config import FIELDS
from mnist_core.training.events import Drawn, Epoch, Finished, Step
from mnist_core.training.trainer import Trainer, train


def test_one_epoch_on_2000_images_learns_the_digits(small_splits: Splits) -> None:
    training, validation = small_splits
    events = list(train(small(), training, validation, report_every=15))
    steps = [event for event in events if isinstance(event, Step)]
    assert [(s.epoch, s.step, s.steps) for s in steps] == [(1, 15, 40), (1, 30, 40), (1, 40, 40)]
    assert [s.global_step for s in steps] == [15, 30, 40]
    assert steps[-1].loss < steps[0].loss
    assert all(step.images_per_second > 0 for step in steps)
    epoch, finished = events[-2:]
    assert isinstance(epoch, Epoch)
    assert epoch.best
    confusion = torch.tensor(epoch.confusion)
    assert confusion.sum() == len(validation)
    assert confusion.diag().sum() / len(validation) == pytest.approx(epoch.validation_accuracy)
    assert confusion.sum(1).tolist() == torch.bincount(validation.labels, minlength=10).tolist()
    assert finished.validation_accuracy > 0.75
    assert not finished.model.training
    scores = score(finished.model, validation)
    assert scores.accuracy == pytest.approx(finished.validation_accuracy)
    assert scores.loss == pytest.approx(finished.validation_loss, rel=1e-4)


def test_the_epochs_loss_is_the_mean_of_its_steps(few: Splits) -> None:
    *steps, epoch, _ = train(small(), *few, report_every=1)
    assert sum(s.loss for s in steps) / len(steps) == pytest.approx(epoch.train_loss, rel=1e-5)


@pytest.mark.parametrize(
    ("report_every", "reported"), [(1, range(1, 9)), (3, (3, 6, 8)), (4, (4, 8)), (20, (8,))]
)
def test_events_come_in_order(few: Splits, report_every: int, reported: tuple[int, ...]) -> None:
    events = [
        (type(event), event.epoch, getattr(event, "step", None))
        for event in train(small(epochs=2), *few, report_every=report_every)
    ]
    expected: list[tuple[Any, ...]] = []
    for epoch in (1, 2):
        expected += [(Step, epoch, step) for step in reported] + [(Epoch, epoch, None)]
    assert events[:-1] == expected
    assert events[-1][0] is Finished


def test_a_step_event_has_the_rate_of_the_next_step(few: Splits) -> None:
    config = small(lr_scheduler="step", lr_step_size=1, lr_gamma=0.5, lr_warmup=0.0, epochs=2)
    steps = [e for e in train(config, *few, report_every=4) if isinstance(e, Step)]
    assert [s.learning_rate for s in steps] == pytest.approx([5e-3, 2.5e-3, 2.5e-3, 1.25e-3])


def test_the_time_of_the_consumer_is_not_counted(
    few: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]

    def look() -> float:
        clock[0] += 1
        return clock[0]

    monkeypatch.setattr(train_module.time, "perf_counter", look)

    def speeds(pause: float) -> list[float]:
        found = []
        for event in train(small(), *few, report_every=2):
            clock[0] += pause
            if isinstance(event, Step):
                found.append(event.images_per_second)
        return found

    assert speeds(1000) == speeds(0)


@pytest.mark.parametrize("workers", [0, 2])
def test_both_loaders_give_the_same_weights(fewer: Splits, workers: int) -> None:
    one = small(epochs=2, augment="pen")
    other = one.with_changes(loader="dataloader", loader_workers=workers)
    first, second = (finish(train(config, *fewer)).model for config in (one, other))
    assert torch.equal(weights(first), weights(second))


def test_the_seed_decides(fewer: Splits) -> None:
    def with_seed(seed: int) -> Tensor:
        return weights(finish(train(small(seed=seed), *fewer)).model)

    assert torch.equal(with_seed(1), with_seed(1))
    assert not torch.equal(with_seed(1), with_seed(2))


@pytest.mark.parametrize("augment", FIELDS["augment"].choices)
def test_the_process_and_the_run_draw_their_own_random_numbers(few: Splits, augment: str) -> None:
    config = small(model="mnist_cnn_fixed", augment=augment)

    def final_weights(draws: int) -> tuple[Tensor, Tensor]:
        torch.manual_seed(1)
        events, drawn = [], []
        for event in train(config, *few, report_every=3):
            drawn.append(torch.rand(draws))
            events.append(event)
        return weights(finish(events).model), torch.cat(drawn)

    without, _ = final_weights(0)
    trained, drawn = final_weights(5)
    assert torch.equal(without, trained)
    torch.manual_seed(1)
    assert torch.equal(drawn, torch.cat([torch.rand(5) for _ in range(len(drawn) // 5)]))


def test_it_says_how_many_drawings_are_generated(
    few: Splits, monkeypatch: pytest.MonkeyPatch
) -> None:
    def generate(labels: np.ndarray, seed: int, report: Callable[[int, int], None]) -> Tensor:
        for done in range(len(labels) + 1):
            report(done, len(labels))
        return torch.zeros(len(labels), 1, 28, 28, dtype=torch.uint8)

    monkeypatch.setattr(pool, "cached_frames", generate)
    seen: list[Drawn] = []
    Trainer(small(allographs=1.0, drawings=100), *few, listen=seen.append)
    assert [event.count for event in seen] == list(range(0, 101, 5))
    assert str(seen[1]) == "generated 5 of 100 drawings"


def test_a_batch_larger_than_the_data_is_the_data(few: Splits) -> None:
    events = list(train(small(batch_size=5000), *few))
    assert [event.steps for event in events if isinstance(event, Step)] == [1]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: (s.images, s.labels), "images are tuple; give mnist_core.data.Split"),
        (lambda s: Split(s.images.numpy(), s.labels), "images are no torch tensor"),
        (lambda s: Split((s.images * 255).byte(), s.labels), "torch.uint8"),
        (lambda s: Split(s.images.double(), s.labels), "torch.float64"),
        (lambda s: Split(s.images[:, 0], s.labels), r"\(N, 28, 28\); give torch.float32 \(N, 1, "),
        (lambda s: Split(s.images[:-1], s.labels), "; give torch.float32"),
        (lambda s: Split(s.images * 255, s.labels), r"images must lie in \[0, 1\]"),
        (lambda s: Split(s.images * np.nan, s.labels), r"images must lie in \[0, 1\]"),
        (lambda s: Split(s.images, s.labels.int()), "give torch.int64"),
        (lambda s: Split(s.images, s.labels + 1), "labels must lie in 0 to 9"),
        (lambda s: Split(s.images, s.labels - 1), "labels must lie in 0 to 9"),
    ],
)
def test_data_of_another_kind_is_refused(
    few: Splits, change: Callable[[Split], Any], message: str
) -> None:
    training, validation = few
    for name, splits in (
        ("training", (change(training), validation)),
        ("validation", (training, change(validation))),
    ):
        count = str(len(training if name == "training" else validation))
        with pytest.raises(MnistCoreError, match=f"the {name} .*{message.replace('N', count)}"):
            next(train(small(), *splits))


def test_data_on_another_device_is_refused(few: Splits) -> None:
    with pytest.raises(
        MnistCoreError, match="device is 'cuda', but the training images are on cpu"
    ):
        next(train(small(device="cuda"), *few))


def test_no_images_are_refused(few: Splits) -> None:
    training, validation = few
    none = Split(training.images[:0], training.labels[:0])
    for splits in ((none, validation), (training, none)):
        with pytest.raises(MnistCoreError, match="image"):
            finish(train(small(), *splits))
