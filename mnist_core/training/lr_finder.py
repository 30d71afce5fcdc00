"""Learning-rate range test: the loss while the learning rate rises from step to step.

Source: Smith 2017, "Cyclical Learning Rates for Training Neural Networks", section 3.3. The
suggestion follows fastai: a tenth of the rate with the lowest smoothed loss.
"""

import itertools
import math
from collections.abc import Callable
from enum import StrEnum, auto
from typing import Annotated, Self

import numpy as np
from pydantic import Field, model_validator
from torch import nn

from mnist_core.data.loaders import DeviceLoader, epoch_order
from mnist_core.data.mnist import Split
from mnist_core.errors import ExplainedError, Message, MnistCoreError
from mnist_core.training.config import TrainConfig
from mnist_core.training.trainer import Trainer
from mnist_core.utils.json_files import JsonModel

_SMOOTHING = 0.95
"""Decay of the loss's exponential moving average."""
_DIVERGED = 4.0
"""The test ends when the smoothed loss exceeds its minimum by this factor."""
_MIN_FALL = 0.9
"""The smoothed loss must fall below this share of its first value, or nothing was learned."""
_MIN_RISE = 1.1
"""At the end it must exceed its minimum by this factor, or the minimum may be out of range."""


class Outcome(StrEnum):
    """What the loss did while the rate rose."""

    FOUND = auto()
    """It fell and rose again, so its minimum is known."""
    NOT_RISEN = auto()
    """It fell, but did not rise again: the minimum may be at a higher rate."""
    NOT_FALLEN = auto()
    """It did not fall: nothing was learned."""


class RangeTest(JsonModel):
    """The result of a range test.

    Attributes
    ----------
    rates, losses, smoothed : tuple of float
        One value for each step; the test ends early when the loss diverges.
    suggestion : float or None
        A learning rate: constant, or the maximum of a schedule. None if the loss did not fall.
    outcome : Outcome
    """

    rates: tuple[Annotated[float, Field(gt=0)], ...] = Field(min_length=1)
    losses: tuple[float, ...]
    smoothed: tuple[float, ...]
    suggestion: float | None = Field(gt=0)
    outcome: Outcome = Outcome.FOUND

    @model_validator(mode="after")
    def _check_lengths(self) -> Self:
        if not len(self.rates) == len(self.losses) == len(self.smoothed):
            raise ValueError("rates, losses and smoothed differ in length")
        return self

    @property
    def learning_rate(self) -> float | None:
        """The suggestion, rounded to its two significant digits."""
        return None if self.suggestion is None else float(f"{self.suggestion:.1e}")


def check_range(low: float, high: float, steps: int) -> None:
    """Raise MnistCoreError for an invalid range, or too few steps."""
    if not (0 < low < high <= 10 and steps >= 20):
        raise ExplainedError(
            Message(
                "the lowest learning rate is {low:g}, the highest {high:g}, with {steps} steps; "
                "give 0 < lowest < highest <= 10 and at least 20 steps",
                low=low,
                high=high,
                steps=steps,
            )
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
    """Train a new network while the learning rate rises from `low` to `high`, geometrically.

    Parameters
    ----------
    config : TrainConfig
        Its model, optimizer, loss, augmentation, batch size, precision and seed are used.
    training : Split
    low, high : float
    steps : int
        Number of batches; they may take several epochs.
    teacher : nn.Module or None
        What `config.teacher` names.
    report : callable
        Called after each step with the number of steps so far.

    Raises
    ------
    MnistCoreError
        If the range is invalid, `config` names initial weights, or the loss is infinite from the
        first step.
    """
    check_range(low, high, steps)
    if config.init_weights:
        raise MnistCoreError(
            f"init_weights is {config.init_weights!r}, but a range test needs a new network: the "
            "loss of a trained one cannot fall; leave it out"
        )
    rates = np.geomspace(low, high, steps)
    losses, smoothed = _measure(config, training, teacher, rates, report)
    if not losses:
        raise MnistCoreError(
            f"the loss is infinite at the lowest learning rate, {low:g}; give a lower one"
        )
    suggestion: float | None
    if len(losses) < 10 or min(smoothed) > _MIN_FALL * smoothed[0]:
        suggestion, outcome = None, Outcome.NOT_FALLEN
    elif len(losses) == steps and smoothed[-1] < _MIN_RISE * min(smoothed):
        suggestion, outcome = high, Outcome.NOT_RISEN
    else:
        suggestion, outcome = float(rates[np.argmin(smoothed)]) / 10, Outcome.FOUND
    return RangeTest(
        rates=rates[: len(losses)].tolist(),
        losses=losses,
        smoothed=smoothed,
        suggestion=suggestion,
        outcome=outcome,
    )


def _measure(
    config: TrainConfig,
    training: Split,
    teacher: nn.Module | None,
    rates: np.ndarray,
    report: Callable[[int], None],
) -> tuple[list[float], list[float]]:
    """Take a step at each rate; return losses and smoothed losses up to where they diverge."""
    config = config.with_changes(lr_scheduler="none", lr_warmup=0.0, ema_decay=0.0)
    trainer = Trainer(config, training, training, teacher=teacher)
    loader = DeviceLoader(training, min(config.batch_size, len(training)))
    batches = itertools.chain.from_iterable(
        loader.batches(epoch_order(len(training), config.seed, epoch))
        for epoch in itertools.count(1)
    )
    losses: list[float] = []
    smoothed: list[float] = []
    average = 0.0
    with trainer.random_state.active():
        for step, (rate, batch) in enumerate(zip(rates, batches, strict=False), start=1):
            trainer.train_state.set_learning_rate(float(rate))
            loss = float(trainer.train_step(*batch)[0])
            average = _SMOOTHING * average + (1 - _SMOOTHING) * loss
            mean = average / (1 - _SMOOTHING**step)
            if not math.isfinite(loss) or (smoothed and mean > _DIVERGED * min(smoothed)):
                break
            losses.append(loss)
            smoothed.append(mean)
            report(step)
    return losses, smoothed
