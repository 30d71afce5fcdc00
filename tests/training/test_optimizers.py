from __future__ import annotations

import copy
import itertools
import math

import pytest
import torch
from torch import nn

from mnist_core.models.architectures import build_model
from mnist_core.training.config import FIELDS, TrainConfig
from mnist_core.training.optimizers import Schedule, build_optimizer

EPOCHS, STEPS = 5, 20


def curve(epochs: int = EPOCHS, steps: int = STEPS, **changes: object) -> list[float]:
    """Return the rate of every step of a run whose validation loss never falls."""
    config = TrainConfig(epochs=epochs, learning_rate=0.1, **changes)
    optimizer = build_optimizer(build_model("mnist_cnn"), config)
    schedule = Schedule(optimizer, config, steps)
    rates = []
    for _ in range(epochs):
        for _ in range(steps):
            rates.append(schedule.learning_rate)
            optimizer.step()
            schedule.after_step()
        schedule.after_epoch(1.0)
    return rates


def test_no_schedule_is_a_fixed_rate() -> None:
    assert set(curve(lr_scheduler="none", lr_warmup=0.0)) == {0.1}


def test_warmup_rises_to_the_peak_and_stays() -> None:
    rates = curve(lr_scheduler="none", lr_warmup=0.2)
    assert rates[0] == pytest.approx(0.001)
    assert all(a < b for a, b in itertools.pairwise(rates[:20]))
    assert rates[20:] == pytest.approx([0.1] * 80)


def test_cosine_falls_to_zero() -> None:
    rates = curve(lr_scheduler="cosine", lr_warmup=0.0)
    assert rates[0] == 0.1
    assert rates[50] == pytest.approx(0.05)
    assert rates[-1] < 1e-4


@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.25])
def test_cosine_is_the_formula(warmup: float) -> None:
    rates = curve(lr_scheduler="cosine", lr_warmup=warmup)
    rise = round(100 * warmup)
    expected = [0.05 * (1 + math.cos(math.pi * i / (100 - rise))) for i in range(100 - rise)]
    assert rates[rise:] == pytest.approx(expected)


@pytest.mark.parametrize("name", ["none", "step", "cosine", "plateau"])
@pytest.mark.parametrize("warmup", [0.1, 0.3, 0.5])
def test_a_warmup_comes_before_every_schedule(name: str, warmup: float) -> None:
    rates = curve(lr_scheduler=name, lr_warmup=warmup)
    rise = round(100 * warmup)
    expected = [0.1 * (0.01 + 0.99 * i / rise) for i in range(rise)]
    assert rates[:rise] == pytest.approx(expected)
    assert rates[rise] == pytest.approx(0.1)
    assert max(rates) == pytest.approx(0.1)


@pytest.mark.parametrize("name", ["none", "step", "cosine", "plateau"])
def test_a_warmup_may_be_the_whole_run(name: str) -> None:
    rates = curve(lr_scheduler=name, lr_warmup=1.0)
    assert rates == pytest.approx([0.1 * (0.01 + 0.99 * i / 100) for i in range(100)])


def test_step_drops_after_its_epochs() -> None:
    rates = curve(lr_scheduler="step", lr_step_size=2, lr_gamma=0.5, lr_warmup=0.0)
    assert rates[::20] == pytest.approx([0.1, 0.1, 0.05, 0.05, 0.025])


def test_plateau_drops_when_the_loss_does_not_fall() -> None:
    rates = curve(lr_scheduler="plateau", lr_patience=1, lr_gamma=0.1, lr_warmup=0.0)
    assert rates[::20] == pytest.approx([0.1, 0.1, 0.1, 0.01, 0.01])


def test_step_counts_from_the_end_of_the_warmup() -> None:
    rates = curve(lr_scheduler="step", lr_step_size=2, lr_gamma=0.5, lr_warmup=0.2)
    assert rates[20:] == pytest.approx([0.1] * 40 + [0.05] * 40)


def plateau(losses: list[float], **changes: object) -> list[float]:
    """Return the rate of each epoch, one step long, with such validation losses."""
    config = TrainConfig(
        epochs=len(losses), learning_rate=0.1, lr_scheduler="plateau", lr_gamma=0.5, **changes
    )
    optimizer = torch.optim.SGD(nn.Linear(1, 1).parameters(), 0.1)
    schedule = Schedule(optimizer, config, 1)
    rates = []
    for loss in losses:
        rates.append(schedule.learning_rate)
        optimizer.step()
        schedule.after_step()
        schedule.after_epoch(loss)
    return rates


def test_plateau_waits_while_the_loss_falls() -> None:
    falling = [1 / (epoch + 1) for epoch in range(10)]
    assert plateau(falling, lr_patience=0, lr_warmup=0.0) == [0.1] * 10
    rates = plateau([1, 0.5, 0.6, 0.4, 0.5, 0.5, 0.5, 0.5], lr_patience=1, lr_warmup=0.0)
    assert rates == pytest.approx([0.1] * 6 + [0.05, 0.05])


def test_plateau_ignores_the_loss_during_warmup() -> None:
    rates = plateau([1.0] * 10, lr_patience=0, lr_warmup=0.5)
    # the first look, after the fifth epoch, has nothing to compare with
    assert rates[4:] == pytest.approx([0.0802, 0.1, 0.05, 0.025, 0.0125, 0.00625])


def test_onecycle_rises_to_the_peak_and_falls() -> None:
    rates = curve(lr_scheduler="onecycle", lr_warmup=0.3)
    assert max(rates) == pytest.approx(0.1, rel=1e-3)
    assert rates.index(max(rates)) in (29, 30)
    assert rates[-1] < 1e-4


@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.3, 0.5, 1.0])
def test_onecycle_is_the_formula(warmup: float) -> None:
    rates = curve(lr_scheduler="onecycle", lr_warmup=warmup)
    top = 100 * warmup - 1  # the step at the peak; before the first one if nothing rises

    def between(start: float, end: float, share: float) -> float:
        return end + (start - end) / 2 * (1 + math.cos(math.pi * share))

    for step, rate in enumerate(rates[:-1]):
        if step <= top:
            assert rate == pytest.approx(between(0.004, 0.1, step / top), abs=1e-6)
        else:
            expected = between(0.1, 4e-6, (step - top) / (99 - top))
            assert rate == pytest.approx(expected, abs=1e-6)
    assert rates[-1] == pytest.approx(4e-6)


@pytest.mark.parametrize("name", FIELDS["lr_scheduler"].choices)
@pytest.mark.parametrize("warmup", [0.0, 0.1])
def test_a_run_of_one_step(name: str, warmup: float) -> None:
    assert curve(1, 1, lr_scheduler=name, lr_warmup=warmup)[0] > 1e-3


@pytest.mark.parametrize("total", [2, 10, 50])
def test_no_warmup_share_divides_by_zero(total: int) -> None:
    for off in (-2e-6, -1e-6, -5e-7, 0.0, 1e-6):
        rates = curve(1, total, lr_scheduler="onecycle", lr_warmup=1 / total + off)
        assert all(0 < rate <= 0.1 + 1e-9 for rate in rates)


@pytest.mark.parametrize("name", ["none", "step", "cosine", "plateau", "onecycle"])
@pytest.mark.parametrize("warmup", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("total", [(1, 1), (1, 10), (10, 1)])
def test_short_runs(name: str, warmup: float, total: tuple[int, int]) -> None:
    rates = curve(*total, lr_scheduler=name, lr_warmup=warmup)
    assert all(0 < rate <= 0.1 + 1e-9 for rate in rates)


@pytest.mark.parametrize("name", FIELDS["lr_scheduler"].choices)
def test_the_head_keeps_its_own_rate(name: str) -> None:
    config = TrainConfig(
        learning_rate=0.01,
        head_learning_rate=0.1,
        lr_scheduler=name,
        epochs=10,
        lr_patience=0,
        lr_step_size=1,
        lr_gamma=0.5,
    )
    model = build_model("mnist_cnn")
    optimizer = build_optimizer(model, config)
    schedule = Schedule(optimizer, config, 5)
    trunk, head = optimizer.param_groups
    assert {id(p) for p in head["params"]} == {id(p) for p in model.head.parameters()}
    assert {id(p) for p in trunk["params"]} == {id(p) for p in model.trunk.parameters()}
    seen = set()
    for step in range(1, 51):
        assert head["lr"] == pytest.approx(10 * trunk["lr"])
        assert schedule.learning_rate == trunk["lr"]
        seen.add(head["lr"])
        optimizer.step()
        schedule.after_step()
        if step % 5 == 0:
            schedule.after_epoch(1.0)
    assert max(seen) == pytest.approx(0.1, rel=0.01)
    assert len(seen) > 4


@pytest.mark.parametrize("frozen", ["trunk", "head"])
def test_what_is_frozen_is_in_no_group(frozen: str) -> None:
    model = build_model("mnist_cnn_bn")
    model.get_submodule(frozen).requires_grad_(False)
    config = TrainConfig(learning_rate=0.01, head_learning_rate=0.1)
    (group,) = build_optimizer(model, config).param_groups
    assert {id(p) for p in group["params"]} == {
        id(p) for p in model.parameters() if p.requires_grad
    }


@pytest.mark.parametrize(
    ("name", "kind"),
    [("sgd", "SGD"), ("adam", "Adam"), ("adamw", "AdamW"), ("rmsprop", "RMSprop")],
)
def test_optimizers_get_their_settings(name: str, kind: str) -> None:
    config = TrainConfig(optimizer=name, weight_decay=0.3, momentum=0.7, learning_rate=0.02)
    optimizer = build_optimizer(build_model("mnist_cnn"), config)
    assert type(optimizer).__name__ == kind
    (group,) = optimizer.param_groups
    assert (group["lr"], group["weight_decay"]) == (0.02, 0.3)
    if name in ("sgd", "rmsprop"):
        assert group["momentum"] == 0.7


@pytest.mark.parametrize("name", ["step", "cosine", "plateau", "onecycle", "none"])
def test_a_schedule_resumes_from_its_state(name: str) -> None:
    config = TrainConfig(epochs=4, lr_scheduler=name, lr_warmup=0.2, lr_patience=0)

    def fresh() -> tuple[torch.optim.Optimizer, Schedule]:
        optimizer = torch.optim.SGD(nn.Linear(1, 1).parameters(), config.learning_rate)
        return optimizer, Schedule(optimizer, config, 5)

    def walk(optimizer: torch.optim.Optimizer, schedule: Schedule, steps: range) -> list[float]:
        rates = []
        for step in steps:
            rates.append(schedule.learning_rate)
            optimizer.step()
            schedule.after_step()
            if step % 5 == 4:
                schedule.after_epoch(1.0)
        return rates

    whole = walk(*fresh(), range(20))
    first, schedule = fresh()
    begun = walk(first, schedule, range(7))
    second, again = fresh()
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    again.load_state_dict(copy.deepcopy(schedule.state_dict()))
    assert begun + walk(second, again, range(7, 20)) == whole


@pytest.mark.parametrize("optimizer", ["adamw", "adam", "sgd", "rmsprop"])
def test_the_updates_are_exactly_those_of_torch(optimizer: str) -> None:
    config = TrainConfig(optimizer=optimizer, learning_rate=0.01, weight_decay=0.1)
    models = [build_model("mnist_cnn") for _ in range(2)]
    models[1].load_state_dict(models[0].state_dict())
    ours = build_optimizer(models[0], config)
    theirs = build_optimizer(models[1], config.with_changes(compile=True))
    assert type(theirs).__module__.startswith("torch.optim")
    assert isinstance(ours, type(theirs))
    frames = torch.rand(8, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    for _ in range(3):
        for model, one in zip(models, (ours, theirs), strict=True):
            one.zero_grad()
            model(frames).square().sum().backward()
            one.step()
    for one, other in zip(models[0].parameters(), models[1].parameters(), strict=True):
        assert torch.equal(one, other)
    theirs.load_state_dict(ours.state_dict())
    ours.load_state_dict(theirs.state_dict())
