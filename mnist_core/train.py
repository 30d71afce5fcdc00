"""Train a network on MNIST: data, augmentation and metrics stay on the device."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mnist_core.augment import Augmentation, augment
from mnist_core.data import Split, normalise
from mnist_core.devices import DEVICES
from mnist_core.errors import MnistCoreError
from mnist_core.evaluate import score
from mnist_core.models import ARCHITECTURES, DigitNet, build_model

OPTIMIZERS = ("adamw", "adam", "sgd")
WARM_UP = 0.1
"""Share of the run in which the learning rate rises to its peak."""


@dataclass(frozen=True)
class TrainConfig:
    """Everything that a run depends on.

    Attributes
    ----------
    model : one of `ARCHITECTURES`
    epochs, batch_size : int >= 1
    learning_rate : float > 0
        The peak; it warms up over the first tenth of the run and falls to zero along a cosine.
    optimizer : "adamw", "adam" or "sgd" (momentum 0.9, Nesterov)
    weight_decay : float >= 0
    label_smoothing : float in [0, 1)
    augment : bool
        Random changes of every training image, see `Augmentation`.
    ema_decay : float in [0, 1)
        The weights that are scored and kept are an exponential moving average over the steps
        after the warm-up; 0 turns it off.
    amp : bool
        Run the network in bfloat16 (autocast); the weights stay float32.
    device : "auto", "cpu" or "cuda"
    seed : int >= 0
    """

    model: str = "improved"
    epochs: int = 20
    batch_size: int = 128
    learning_rate: float = 2e-3
    optimizer: str = "adamw"
    weight_decay: float = 0.01
    label_smoothing: float = 0.0
    augment: bool = True
    ema_decay: float = 0.998
    amp: bool = False
    device: str = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        _choice("model", self.model, tuple(ARCHITECTURES))
        _choice("optimizer", self.optimizer, OPTIMIZERS)
        _choice("device", self.device, DEVICES)
        for name, low, high in (
            ("epochs", 1, 10_000),
            ("batch_size", 2, 60_000),
            ("learning_rate", 1e-8, 10.0),
            ("weight_decay", 0.0, 10.0),
            ("label_smoothing", 0.0, 0.99),
            ("ema_decay", 0.0, 0.99999),
            ("seed", 0, 2**63 - 1),
        ):
            value = getattr(self, name)
            if not (math.isfinite(value) and low <= value <= high):
                raise MnistCoreError(f"{name} is {value}; it must lie in {low} to {high}")

    def as_dict(self) -> dict[str, Any]:
        """Return plain JSON types."""
        return asdict(self)


@dataclass(frozen=True)
class Step:
    """One training step: running loss and accuracy of its epoch, images seen per second."""

    epoch: int
    step: int
    steps: int
    loss: float
    accuracy: float
    images_per_second: float


@dataclass(frozen=True)
class Epoch:
    """The end of an epoch, scored on validation; `best` says whether its weights were kept."""

    epoch: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    seconds: float
    best: bool


@dataclass(frozen=True)
class Finished:
    """The end of the run: the best epoch's network, on the CPU, in eval mode."""

    model: DigitNet
    epoch: int
    validation_accuracy: float
    validation_loss: float


def train(
    config: TrainConfig, training: Split, validation: Split, report_every: int = 20
) -> Iterator[Step | Epoch | Finished]:
    """Train and yield what happens; the last event is `Finished`.

    The best epoch is the one with the highest validation accuracy, the lower loss on a tie.

    Parameters
    ----------
    config : TrainConfig
    training, validation : Split
        Images in [0, 1] on the device that `config.device` chooses.
    report_every : int
        Steps between two `Step` events.

    Raises
    ------
    MnistCoreError
        If the loss is no longer finite.
    """
    torch.manual_seed(config.seed)
    device = training.images.device
    model = build_model(config.model).to(device, memory_format=torch.channels_last)
    average = AveragedModel(
        model, multi_avg_fn=get_ema_multi_avg_fn(config.ema_decay), use_buffers=True
    )
    optimizer = _optimizer(model, config)
    steps = max(1, len(training) // config.batch_size)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer,
        config.learning_rate,
        total_steps=steps * config.epochs,
        pct_start=WARM_UP,
        cycle_momentum=False,
        final_div_factor=1e3,
    )
    first_averaged = 1 + math.ceil(WARM_UP * config.epochs) if config.ema_decay else math.inf
    best: tuple[float, float] | None = None
    kept, kept_epoch = model, 0
    for epoch in range(1, config.epochs + 1):
        began = time.perf_counter()
        sums = torch.zeros(2, device=device)
        model.train()
        order = torch.randperm(len(training), device=device)
        for step in range(1, steps + 1):
            batch = order[(step - 1) * config.batch_size : step * config.batch_size]
            loss, correct = _step(model, training, batch, optimizer, config)
            schedule.step()
            if epoch >= first_averaged:
                average.update_parameters(model)
            sums += torch.stack([loss, correct])
            if step % report_every == 0 or step == steps:
                mean_loss, accuracy = (sums / step).tolist()
                _check_finite(mean_loss, epoch, step, config)
                rate = step * config.batch_size / (time.perf_counter() - began)
                yield Step(epoch, step, steps, mean_loss, accuracy, rate)
        scored = average.module if epoch >= first_averaged else model
        accuracy, loss = score(scored, validation)
        is_best = best is None or (accuracy, -loss) > best
        if is_best:
            best, kept_epoch = (accuracy, -loss), epoch
            kept = copy.deepcopy(scored)
        mean_loss, train_accuracy = (sums / steps).tolist()
        seconds = time.perf_counter() - began
        yield Epoch(epoch, mean_loss, train_accuracy, loss, accuracy, seconds, is_best)
    yield Finished(kept.to("cpu").eval(), kept_epoch, best[0], -best[1])


def _step(
    model: DigitNet,
    training: Split,
    batch: Tensor,
    optimizer: torch.optim.Optimizer,
    config: TrainConfig,
) -> tuple[Tensor, Tensor]:
    frames, labels = training.images[batch], training.labels[batch]
    if config.augment:
        frames = augment(frames, labels, Augmentation())
    with torch.autocast(frames.device.type, torch.bfloat16, enabled=config.amp):
        logits = model(normalise(frames))
    loss = F.cross_entropy(logits.float(), labels, label_smoothing=config.label_smoothing)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
    return loss.detach(), (logits.detach().argmax(1) == labels).float().mean()


def _optimizer(model: DigitNet, config: TrainConfig) -> torch.optim.Optimizer:
    rate, decay = config.learning_rate, config.weight_decay
    if config.optimizer == "sgd":
        return torch.optim.SGD(
            model.parameters(), rate, momentum=0.9, nesterov=True, weight_decay=decay
        )
    kind = torch.optim.AdamW if config.optimizer == "adamw" else torch.optim.Adam
    return kind(model.parameters(), rate, weight_decay=decay)


def _check_finite(loss: float, epoch: int, step: int, config: TrainConfig) -> None:
    if not math.isfinite(loss):
        raise MnistCoreError(
            f"the loss is {loss} at epoch {epoch}, step {step}; "
            f"try a learning rate below {config.learning_rate:g}"
        )


def _choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise MnistCoreError(f"{name} is {value!r}; choose from {', '.join(allowed)}")
