"""Learning-rate range test: raise the rate step by step and watch the loss.

Source: Smith 2017, "Cyclical Learning Rates for Training Neural Networks", section 3.3; the rule
for the suggestion is fastai's: a tenth of the rate at which the smoothed loss is lowest.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator
from torch import nn

from mnist_core.data.loaders import DeviceLoader, epoch_order
from mnist_core.data.mnist import Split
from mnist_core.errors import MnistCoreError
from mnist_core.training.config import TrainConfig
from mnist_core.training.trainer import Trainer
from mnist_core.utils.json_files import JsonModel

_SMOOTHING = 0.95
_DIVERGED = 4.0
_LEAST_FALL = 0.9
"""The loss has to fall below this share of its start for a suggestion to mean anything."""
_LEAST_RISE = 1.1
"""It has to rise above its lowest by this factor, or the lowest may lie beyond the range."""


class RangeTest(JsonModel):
    """The result of a range test.

    Attributes
    ----------
    rates, losses, smoothed : tuple of float
        One value for each step that was taken; the test ends early when the loss diverges.
    suggestion : float
        A learning rate: the peak of a schedule, or a fixed rate.
    """

    rates: tuple[Annotated[float, Field(gt=0)], ...] = Field(min_length=1)
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    suggestion: float = Field(gt=0)

    @model_validator(mode="after")
    def _check_lengths(self) -> Self:
        if not len(self.rates) == len(self.losses) == len(self.smoothed):
            raise ValueError("rates, losses and smoothed differ in length")
        return self

    @property
    def learning_rate(self) -> float:
        """The suggestion with two digits: more mean nothing."""
        return float(f"{self.suggestion:.1e}")


def check_range(low: float, high: float, steps: int) -> None:
    """Raise MnistCoreError if the bounds are no range, or the steps too few."""
    if not (0 < low < high <= 10 and steps >= 20):
        raise MnistCoreError(
            f"low is {low:g}, high is {high:g}, steps is {steps}; "
            "give 0 < low < high <= 10 and at least 20 steps"
        )


def find_learning_rate(
    config: TrainConfig,
    training: Split,
    *,
    low: float = 1e-6,
    high: float = 1.0,
    steps: int = 300,
    teacher: nn.Module | None = None,
    report: Callable[[int], None] = lambda step: None,
) -> RangeTest:
    """Train a fresh network while the rate rises from `low` to `high`, evenly in its logarithm.

    Parameters
    ----------
    config : TrainConfig
        Its model, optimizer, loss, augmentation, batch size, precision and seed are used.
    training : Split
    low, high : float
    steps : int
        As many batches are drawn; the images are gone through again where they do not suffice.
    teacher : nn.Module or None
        What `config.teacher` names.
    report : callable
        Called with the number of steps taken, after each.

    Raises
    ------
    MnistCoreError
        If the bounds are no range, the weights to start from are not fresh, or no rate can be
        suggested: the loss never falls, or it has not risen again at `high`.
    """
    check_range(low, high, steps)
    if config.init_weights:
        raise MnistCoreError(
            f"init_weights is {config.init_weights!r}, but a range test trains a fresh network: "
            "on trained weights the loss has nothing to fall; leave it out"
        )
    fixed = config.with_changes(lr_scheduler="none", lr_warmup=0.0, ema_decay=0.0)
    trainer = Trainer(fixed, training, training, teacher=teacher)
    loader = DeviceLoader(training, min(config.batch_size, len(training)))
    batches = itertools.chain.from_iterable(
        loader.batches(epoch_order(len(training), config.seed, epoch))
        for epoch in itertools.count(1)
    )
    rates, losses, smoothed = np.geomspace(low, high, steps), [], []
    average = 0.0
    with trainer.random_state.active():
        for step, (rate, (frames, labels)) in enumerate(zip(rates, batches, strict=False), start=1):
            trainer.set_learning_rate(float(rate))
            loss = float(trainer.train_step(frames, labels)[0])
            average = _SMOOTHING * average + (1 - _SMOOTHING) * loss
            mean = average / (1 - _SMOOTHING**step)
            if not math.isfinite(loss) or (smoothed and mean > _DIVERGED * min(smoothed)):
                break
            losses.append(loss)
            smoothed.append(mean)
            report(step)
    taken = len(smoothed)
    if taken < 10 or min(smoothed) > _LEAST_FALL * smoothed[0]:
        raise MnistCoreError(
            f"the loss never falls between {low:g} and {high:g} (it ends after {taken} steps); "
            "try another range, more steps, or another model"
        )
    if taken == steps and smoothed[-1] < _LEAST_RISE * min(smoothed):
        raise MnistCoreError(
            f"the loss has not risen again at {high:g}, so its lowest may lie beyond; "
            "try a higher high"
        )
    best = float(rates[int(np.argmin(smoothed))])
    return RangeTest(
        rates=rates[:taken].tolist(), losses=losses, smoothed=smoothed, suggestion=best / 10
    )
