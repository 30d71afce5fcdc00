from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from support.training import Splits, finish, part, small, weights
from torch import Tensor

from mnist_core import MnistCoreError
from mnist_core.data.allographs import NON_DIGIT, pool
from mnist_core.data.allographs.frames import generate_frames
from mnist_core.data.mnist import Split, normalise
from mnist_core.evaluation.scores import score
from mnist_core.models.architectures import ARCHITECTURES, build_model
from mnist_core.models.forward import predict_logits
from mnist_core.training import trainer as train_module
from mnist_core.training.config import FIELDS, TrainConfig
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


@pytest.mark.parametrize("augment", ["article", "pen"])
def test_augmented_images_can_be_learned(small_splits: Splits, augment: str) -> None:
    config = small(epochs=2, augment=augment)
    assert finish(train(config, *small_splits)).validation_accuracy > 0.7


# one of the two kernel sizes each: tests/models has the shapes of all pairs
@pytest.mark.parametrize(
    ("model", "kernel_size"), [*zip(ARCHITECTURES, [3, 5, 3, 5, None, None, 5], strict=True)]
)
def test_every_architecture_trains(
    small_splits: Splits, model: str, kernel_size: int | None
) -> None:
    config = small(model=model, batch_size=30, kernel_size=kernel_size)
    # the large networks learn from fewer images, and take longest
    images = 360 if model in ("simple_cnn", "improved") else 600
    assert finish(train(config, *part(small_splits, images, 100))).validation_accuracy > 0.4


RATES = {"sgd": 0.05, "rmsprop": 5e-4}
# every optimizer, schedule and precision, each pair of an optimizer with another setting once
COMBINATIONS = [
    (optimizer, schedule, FIELDS["precision"].choices[(i + j) % 3])
    for i, optimizer in enumerate(FIELDS["optimizer"].choices)
    for j, schedule in enumerate(FIELDS["lr_scheduler"].choices)
]


@pytest.mark.parametrize(("optimizer", "schedule", "precision"), COMBINATIONS[::3])
def test_every_optimizer_schedule_and_precision_learns(
    small_splits: Splits, optimizer: str, schedule: str, precision: str
) -> None:
    config = small(
        optimizer=optimizer,
        lr_scheduler=schedule,
        precision=precision,
        learning_rate=RATES.get(optimizer, 4e-3),
    )
    assert finish(train(config, *small_splits)).validation_accuracy > 0.7


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


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler")
def test_compiled_training_learns_the_same(fewer: Splits) -> None:
    plain, compiled = (finish(train(small(compile=c), *fewer)).model for c in (False, True))
    assert list(plain.state_dict()) == list(compiled.state_dict())
    assert torch.allclose(weights(plain), weights(compiled), atol=1e-3)


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


def test_generated_drawings_complete_every_batch(few: Splits) -> None:
    sizes: list[Tensor] = []
    config = small(allographs=0.5, non_digits=0.2)
    trainer = Trainer(config, *few)
    seen = trainer._model.register_forward_pre_hook(lambda _, args: sizes.append(args[0].shape[0]))
    trainer.train_step(few[0].images[:50], few[0].labels[:50])
    seen.remove()
    assert sizes == [50 + 25 + 10]


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


def test_a_network_learns_to_refuse_non_digits(small_splits: Splits) -> None:
    config = small(model="mnist_cnn_bn", allographs=0.5, non_digits=1.0, epochs=2)
    finished = finish(train(config, *small_splits))
    assert finished.validation_accuracy > 0.8
    # the logit of "no digit" is 0, so these are the log-odds of being a digit
    drawn = generate_frames(np.array([*range(10)] * 20 + [NON_DIGIT] * 200), seed=99)
    log_odds = predict_logits(finished.model, drawn.float() / 255).logsumexp(1)
    assert (log_odds[:200] > 0).float().mean() > 0.7
    assert (log_odds[200:] < 0).float().mean() > 0.7


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


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_a_captured_step_learns_as_a_step_does(small_splits: Splits) -> None:
    training, validation = (Split(s.images.cuda(), s.labels.cuda()) for s in small_splits)
    config = small(model="mnist_cnn_bn", optimizer="adamw", device="cuda", cuda_graph=True)
    assert finish(train(config, training, validation)).validation_accuracy > 0.75


def test_a_batch_larger_than_the_data_is_the_data(few: Splits) -> None:
    events = list(train(small(batch_size=5000), *few))
    assert [event.steps for event in events if isinstance(event, Step)] == [1]


def test_no_images_are_refused(few: Splits) -> None:
    training, validation = few
    none = Split(training.images[:0], training.labels[:0])
    for splits in ((none, validation), (training, none)):
        with pytest.raises(MnistCoreError, match="image"):
            finish(train(small(), *splits))


def test_gradient_norms(few: Splits) -> None:
    trainer = Trainer(small(optimizer="sgd", learning_rate=1e-8), *few)
    step = next(trainer.run(report_every=1))
    layers = {n.rpartition(".")[0] for n, _ in trainer.scored_model.named_parameters()}
    assert set(step.gradient_norms) == layers
    parameters = dict(trainer.scored_model.named_parameters())
    for layer, norm in step.gradient_norms.items():
        parts = [p.grad.flatten() for n, p in parameters.items() if n.rpartition(".")[0] == layer]
        assert norm == pytest.approx(torch.cat(parts).norm().item(), rel=1e-5)


def test_gradient_norms_are_those_before_clipping(few: Splits) -> None:
    free, clipped = (
        next(Trainer(small(clip_grad_norm=c), *few).run(report_every=1)) for c in (0.0, 1e-3)
    )
    assert clipped.gradient_norms == pytest.approx(free.gradient_norms, rel=1e-5)


def test_gradient_norms_are_of_unscaled_gradients(fewer: Splits) -> None:
    whole, half = (
        next(Trainer(small(precision=p), *fewer).run(report_every=1)) for p in ("fp32", "fp16")
    )
    assert half.gradient_norms == pytest.approx(whole.gradient_norms, rel=0.05)


def test_frozen_layers_have_no_gradient(few: Splits) -> None:
    config = small(init_weights="given", freeze=["conv1", "head.0"])
    initial = build_model("mnist_cnn").state_dict()
    step = next(Trainer(config, *few, initial=initial).run(report_every=1))
    assert set(step.gradient_norms) == {"trunk.conv2.0", "head.1"}


def test_clipping_bounds_the_step(few: Splits) -> None:
    config = small(
        optimizer="sgd", learning_rate=1.0, momentum=0.0, weight_decay=0.0, clip_grad_norm=1e-3
    ).with_changes(lr_scheduler="none", lr_warmup=0.0)
    trainer = Trainer(config, *few)
    before = weights(trainer.scored_model)
    trainer.train_step(few[0].images[:50], few[0].labels[:50])
    assert (weights(trainer.scored_model) - before).norm().item() == pytest.approx(1e-3, rel=1e-2)


def test_smoothed_labels_are_torchs(few: Splits) -> None:
    trainer = Trainer(small(label_smoothing=0.2), *few)
    frames, labels = few[0].images[:50], few[0].labels[:50]
    with torch.no_grad():
        logits = trainer.scored_model(normalise(frames))
    expected = F.cross_entropy(logits, labels, label_smoothing=0.2)
    assert trainer.train_step(frames, labels)[0].item() == pytest.approx(expected.item(), rel=1e-4)
