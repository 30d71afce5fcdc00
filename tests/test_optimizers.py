from __future__ import annotations

import copy
import itertools

import pytest
import torch
from torch import nn

from mnist_core.config import TrainConfig
from mnist_core.models import build_model
from mnist_core.optimizers import Schedule, build_optimizer

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


def test_cosine_falls_to_nothing() -> None:
    rates = curve(lr_scheduler="cosine", lr_warmup=0.0)
    assert rates[0] == 0.1
    assert rates[50] == pytest.approx(0.05)
    assert rates[-1] < 1e-4


def test_step_drops_after_its_epochs() -> None:
    rates = curve(lr_scheduler="step", lr_step_size=2, lr_gamma=0.5, lr_warmup=0.0)
    assert rates[::20] == pytest.approx([0.1, 0.1, 0.05, 0.05, 0.025])


def test_plateau_drops_when_the_loss_does_not_fall() -> None:
    rates = curve(lr_scheduler="plateau", lr_patience=1, lr_gamma=0.1, lr_warmup=0.0)
    assert rates[::20] == pytest.approx([0.1, 0.1, 0.1, 0.01, 0.01])


def test_onecycle_rises_to_the_peak_and_falls() -> None:
    rates = curve(lr_scheduler="onecycle", lr_warmup=0.3)
    assert max(rates) == pytest.approx(0.1, rel=1e-3)
    assert rates.index(max(rates)) in (29, 30)
    assert rates[-1] < 1e-4


@pytest.mark.parametrize("name", ["none", "step", "cosine", "plateau", "onecycle"])
@pytest.mark.parametrize("warmup", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("total", [(1, 1), (1, 10), (10, 1)])
def test_short_runs(name: str, warmup: float, total: tuple[int, int]) -> None:
    rates = curve(*total, lr_scheduler=name, lr_warmup=warmup)
    assert all(0 < rate <= 0.1 + 1e-9 for rate in rates)


def test_the_head_keeps_its_own_rate() -> None:
    config = TrainConfig(learning_rate=0.01, head_learning_rate=0.1, lr_scheduler="cosine")
    model = build_model("mnist_cnn")
    optimizer = build_optimizer(model, config)
    schedule = Schedule(optimizer, config, 10)
    trunk, head = optimizer.param_groups
    assert {id(p) for p in head["params"]} == {id(p) for p in model.head.parameters()}
    for _ in range(50):
        optimizer.step()
        schedule.after_step()
        assert head["lr"] == pytest.approx(10 * trunk["lr"])


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
def test_a_schedule_goes_on_from_its_state(name: str) -> None:
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
