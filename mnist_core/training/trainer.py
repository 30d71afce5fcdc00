"""The training loop: data, augmentation and metrics stay on the device."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_, get_total_norm
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from mnist_core.data.augment import ARTICLE, PEN, augment
from mnist_core.data.loaders import DeviceLoader, WorkerLoader, epoch_order
from mnist_core.data.mnist import Split, normalise
from mnist_core.errors import MnistCoreError
from mnist_core.models.architectures import build_model
from mnist_core.models.forward import predict_logits
from mnist_core.models.network import NUM_CLASSES, DigitNet
from mnist_core.models.scoring import score_logits
from mnist_core.models.transfer import freeze_parts, take_weights
from mnist_core.training.config import TrainConfig
from mnist_core.training.distillation import distillation_loss
from mnist_core.training.events import Epoch, Event, Finished, Step, Stopped
from mnist_core.training.optimizers import Schedule, build_optimizer
from mnist_core.training.random_state import random_state, set_random_state

_AUGMENTATIONS = {"none": None, "article": ARTICLE, "pen": PEN}
_PRECISIONS = {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}
_AVERAGE_AFTER = 0.1
"""Share of the epochs before the moving average starts: the first weights are far from good."""


def train(
    config: TrainConfig,
    training: Split,
    validation: Split,
    *,
    initial: Mapping[str, Tensor] | None = None,
    teacher: nn.Module | None = None,
    report_every: int = 20,
) -> Iterator[Event]:
    """Train and yield what happens; the last event is `Finished`.

    See `Trainer` for the parameters; that class can also stop and go on.
    """
    trainer = Trainer(config, training, validation, initial=initial, teacher=teacher)
    yield from trainer.run(report_every=report_every)


class Trainer:
    """A training run that can stop after any step and go on from its state.

    The best epoch is the one with the highest validation accuracy, the lower loss on a tie. On a
    CPU, a run that stopped and went on ends with the very weights of one that did not.

    Parameters
    ----------
    config : TrainConfig
    training, validation : Split
        Images in [0, 1] on the device that `config.device` chooses.
    initial : state dict or None
        What `config.init_weights` names: tensors that fit by name and shape are taken.
    teacher : nn.Module or None
        What `config.teacher` names: normalised frames (B, 1, 28, 28) -> logits (B, 10).

    Raises
    ------
    MnistCoreError
        If weights or parts to freeze do not fit the model, or they are named in the
        configuration and not given.
    """

    def __init__(
        self,
        config: TrainConfig,
        training: Split,
        validation: Split,
        *,
        initial: Mapping[str, Tensor] | None = None,
        teacher: nn.Module | None = None,
    ) -> None:
        _check_given("init_weights", config.init_weights, initial)
        _check_given("teacher", config.teacher, teacher)
        if not len(training) or not len(validation):
            raise MnistCoreError("there are no images to train on, or none to validate")
        self.config = config
        self._training, self._validation = training, validation
        self._device = device = training.images.device
        torch.manual_seed(config.seed)
        model = build_model(
            config.model, kernel_size=config.kernel_size, dropout=config.dropout
        ).to(device)
        if config.channels_last:
            model = model.to(memory_format=torch.channels_last)
        self.taken_weights = take_weights(model, initial) if initial is not None else []
        self._frozen = freeze_parts(model, config.freeze)
        self._model = model
        self._forward: Callable[[Tensor], Tensor] = (
            torch.compile(model) if config.compile else model
        )
        self._teacher = teacher.to(device).eval() if teacher is not None else None
        self._average = AveragedModel(
            model, multi_avg_fn=get_ema_multi_avg_fn(config.ema_decay), use_buffers=True
        )
        after = math.ceil(_AVERAGE_AFTER * config.epochs) if config.epochs > 1 else 0
        self._average_from = 1 + after if config.ema_decay else math.inf
        # the data's size decides: a batch larger than the data is the data
        batch_size = min(config.batch_size, len(training))
        self._batch_size = batch_size
        self._loader = (
            DeviceLoader(training, batch_size)
            if config.loader == "device"
            else WorkerLoader(training, batch_size, config.loader_workers, device)
        )
        self.steps = len(training) // batch_size
        self._optimizer = build_optimizer(model, config)
        self._schedule = Schedule(self._optimizer, config, self.steps)
        self._scaler = torch.amp.GradScaler(device.type, enabled=config.precision == "fp16")
        self._augmentation = _AUGMENTATIONS[config.augment]
        self._layers = _layers(model)

        self.epoch, self.step = 1, 0
        self._report = False  # whether the step at hand is one to tell of
        self._norms: dict[str, float] = {}  # of its gradients, before clipping
        self._sums = torch.zeros(2, device=device)  # loss and accuracy of the epoch so far
        self._best: tuple[float, float] | None = None
        self._best_epoch = 0
        self._best_model = copy.deepcopy(model)
        self._random_state = random_state(device)

    @property
    def best_model(self) -> DigitNet:
        """The best epoch's network, on the training device."""
        return self._best_model

    @property
    def best(self) -> tuple[int, float, float] | None:
        """The best epoch so far, its validation accuracy and loss; None before the first."""
        if self._best is None:
            return None
        accuracy, negative_loss = self._best
        return self._best_epoch, accuracy, -negative_loss

    @property
    def scored_model(self) -> DigitNet:
        """The network as it is scored: the moving average of its weights where that has begun."""
        begun = (self.epoch, self.step) > (self._average_from, 0)
        return self._average.module if begun else self._model

    def run(
        self, should_stop: Callable[[], bool] = lambda: False, report_every: int = 20
    ) -> Iterator[Event]:
        """Train to the end, or until `should_stop` says so (it is asked after every step).

        Yields
        ------
        Step every `report_every` steps and at an epoch's end, Epoch at an epoch's end, and at
        last Finished or Stopped. `state_dict` can be taken whenever the generator waits.

        Raises
        ------
        MnistCoreError
            If the loss is no longer finite.
        torch.OutOfMemoryError
            If the GPU's memory is too small for the batch.
        """
        set_random_state(self._device, self._random_state)
        while self.epoch <= self.config.epochs and not self._ran_dry():
            began = time.perf_counter()
            stopped = yield from self._train_epoch(should_stop, report_every)
            scores = None if stopped else self._validate(should_stop)
            if scores is None:
                self._random_state = random_state(self._device)
                yield Stopped(self.epoch, self.step, self.steps)
                return
            yield self._end_epoch(*scores, began)
            set_random_state(self._device, self._random_state)
        best = copy.deepcopy(self._best_model).to("cpu").eval()
        accuracy, negative_loss = self._best or (math.nan, math.nan)
        early = self.epoch <= self.config.epochs
        yield Finished(best, self._best_epoch, accuracy, -negative_loss, early)

    def set_learning_rate(self, rate: float) -> None:
        """Set every parameter's rate; a schedule moves on from its own."""
        for group in self._optimizer.param_groups:
            group["lr"] = rate

    def state_dict(self) -> dict[str, Any]:
        """Return all that `load_state_dict` needs to go on: tensors and plain types, copied."""
        return copy.deepcopy(self._state())

    def _state(self) -> dict[str, Any]:
        return {
            "config": self.config.model_dump(mode="json"),
            "epoch": self.epoch,
            "step": self.step,
            "model": self._model.state_dict(),
            "average": self._average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
            "scaler": self._scaler.state_dict(),
            "sums": self._sums,
            "random_state": self._random_state,
            "best": self._best,
            "best_epoch": self._best_epoch,
            "best_model": self._best_model.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a state.

        Raises
        ------
        MnistCoreError
            If it is of another configuration, or no such state.
        """
        try:
            state = copy.deepcopy(dict(state))  # torch's optimizers keep the tensors they are given
            saved = TrainConfig(**state["config"])
            # another device is no other run
            if changed := saved.with_changes(device=self.config.device).differences(self.config):
                raise MnistCoreError(f"the checkpoint is of another run: {changed}")
            self._model.load_state_dict(state["model"])
            self._average.load_state_dict(state["average"])
            self._optimizer.load_state_dict(state["optimizer"])
            self._schedule.load_state_dict(state["schedule"])
            self._scaler.load_state_dict(state["scaler"])
            self._best_model.load_state_dict(state["best_model"])
            self._sums.copy_(state["sums"])
            self.epoch, self.step = int(state["epoch"]), int(state["step"])
            if self.epoch < 1 or not 0 <= self.step <= self.steps:
                raise ValueError(f"step {self.step} of epoch {self.epoch}, of {self.steps} steps")
            self._random_state = [tensor.cpu() for tensor in state["random_state"]]
            self._best = tuple(state["best"]) if state["best"] else None
            self._best_epoch = int(state["best_epoch"])
        except MnistCoreError:
            raise
        except (AttributeError, KeyError, TypeError, ValueError, RuntimeError) as error:
            raise MnistCoreError(f"the checkpoint does not fit this run ({error})") from error

    # --- an epoch ------------------------------------------------------------------------------

    def _train_epoch(
        self, should_stop: Callable[[], bool], report_every: int
    ) -> Generator[Step, None, bool]:
        """Take the steps that are left of the epoch; return whether it was told to stop."""
        self._model.train()
        for stage in self._frozen:
            stage.eval()
        order = epoch_order(len(self._training), self.config.seed, self.epoch)
        since, since_step, since_time = self._sums.clone(), self.step, time.perf_counter()
        for frames, labels in self._loader.batches(order, self.step):
            self._report = (self.step + 1) % report_every == 0 or self.step + 1 == self.steps
            self._sums += self.train_step(frames, labels)
            self._schedule.after_step()
            if self.epoch >= self._average_from:
                self._average.update_parameters(self._model)
            self.step += 1
            if self._report:
                taken = self.step - since_step
                loss, accuracy = ((self._sums - since) / taken).tolist()
                self._check_finite(loss)
                now = time.perf_counter()
                rate = taken * self._batch_size / (now - since_time)
                since, since_step = self._sums.clone(), self.step
                self._random_state = random_state(self._device)
                yield Step(
                    self.epoch,
                    self.step,
                    self.steps,
                    loss,
                    accuracy,
                    self._schedule.learning_rate,
                    rate,
                    self._norms,
                    _device_memory(self._device),
                )
                # whoever watches may draw random numbers, and take their time
                set_random_state(self._device, self._random_state)
                since_time = time.perf_counter()
            if should_stop():
                return True
        return False

    def train_step(self, frames: Tensor, labels: Tensor) -> Tensor:
        """Take one step on frames (B, 1, 28, 28) in [0, 1]; return loss and accuracy (2,).

        The result stays on the device: reading it there would wait for it.
        """
        config = self.config
        if self._augmentation is not None:
            frames = augment(frames, labels, self._augmentation)
        frames = normalise(frames)
        with self._autocast():
            logits = self._forward(frames)
        logits = logits.float()
        loss = F.cross_entropy(logits, labels, label_smoothing=config.label_smoothing)
        if self._teacher is not None:
            with torch.no_grad(), self._autocast():
                answers = self._teacher(frames).float()
            taught = distillation_loss(logits, answers, config.distill_temperature)
            loss = torch.lerp(loss, taught, config.distill_alpha)
        self._optimizer.zero_grad(set_to_none=True)
        self._scaler.scale(loss).backward()
        self._scaler.unscale_(self._optimizer)  # norms and clipping want the true gradients
        if self._report:
            self._norms = self._gradient_norms()
        if config.clip_grad_norm:
            clip_grad_norm_(self._model.parameters(), config.clip_grad_norm)
        self._scaler.step(self._optimizer)
        self._scaler.update()
        accuracy = (logits.detach().argmax(1) == labels).float().mean()
        return torch.stack([loss.detach(), accuracy])

    def _autocast(self) -> AbstractContextManager[Any]:
        dtype = _PRECISIONS[self.config.precision]
        return nullcontext() if dtype == torch.float32 else torch.autocast(self._device.type, dtype)

    def _validate(self, should_stop: Callable[[], bool]) -> tuple[float, float, Tensor] | None:
        """Return accuracy, loss and confusion counts on validation; None if told to stop."""
        labels = self._validation.labels
        logits = predict_logits(self.scored_model, self._validation.images, should_stop=should_stop)
        if logits is None:
            return None
        predicted = logits.argmax(1)
        pairs = torch.bincount(labels * NUM_CLASSES + predicted, minlength=NUM_CLASSES**2)
        scores = score_logits(logits, labels)
        self._check_finite(scores.loss)
        return scores.accuracy, scores.loss, pairs.view(NUM_CLASSES, NUM_CLASSES)

    def _end_epoch(self, accuracy: float, loss: float, confusion: Tensor, began: float) -> Epoch:
        is_best = self._best is None or (accuracy, -loss) > self._best
        if is_best:
            self._best, self._best_epoch = (accuracy, -loss), self.epoch
            self._best_model.load_state_dict(self.scored_model.state_dict())
        self._schedule.after_epoch(loss)
        train_loss, train_accuracy = (self._sums / self.steps).tolist()
        event = Epoch(
            self.epoch,
            self.steps,
            train_loss,
            train_accuracy,
            loss,
            accuracy,
            confusion.tolist(),
            time.perf_counter() - began,
            is_best,
        )
        self._sums.zero_()
        self.epoch, self.step = self.epoch + 1, 0
        self._random_state = random_state(self._device)
        return event

    def _ran_dry(self) -> bool:
        patience = self.config.early_stopping
        return 0 < patience <= self.epoch - 1 - self._best_epoch

    def _gradient_norms(self) -> dict[str, float]:
        norms = {
            name: get_total_norm(gradients)
            for name, parameters in self._layers.items()
            if (gradients := [p.grad for p in parameters if p.grad is not None])
        }
        return dict(zip(norms, torch.stack(list(norms.values())).tolist(), strict=True))

    def _check_finite(self, loss: float) -> None:
        if not math.isfinite(loss):
            config = self.config
            cures = [f"a learning rate below {config.learning_rate:g}"]
            cures += ["clip_grad_norm 1"] if not config.clip_grad_norm else []
            cures += ["precision bf16 or fp32"] if config.precision == "fp16" else []
            raise MnistCoreError(
                f"the loss is {loss} at epoch {self.epoch}, step {self.step}; "
                f"try {', or '.join(cures)}"
            )


def _check_given(field: str, name: str | None, value: object) -> None:
    if name is not None and value is None:
        raise MnistCoreError(f"{field} is {name!r}: load it and give it to the trainer")
    if name is None and value is not None:
        raise MnistCoreError(f"{field} is none, but weights are given: name them in the config")


def _layers(model: nn.Module) -> dict[str, list[nn.Parameter]]:
    layers: dict[str, list[nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            layers.setdefault(name.rpartition(".")[0], []).append(parameter)
    return layers


def _device_memory(device: torch.device) -> int | None:
    return torch.cuda.max_memory_allocated(device) if device.type == "cuda" else None
