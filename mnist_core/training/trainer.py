"""A training run: its state, and the loop over epochs and steps."""

import copy
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from mnist_core.data.loaders import DeviceLoader, WorkerLoader, epoch_order
from mnist_core.data.mnist import Split
from mnist_core.errors import MnistCoreError
from mnist_core.models.network import DigitNet
from mnist_core.models.scoring import Scores
from mnist_core.training.best_epoch import BestEpoch
from mnist_core.training.checks import check_finite, check_given, check_split
from mnist_core.training.config import TrainConfig
from mnist_core.training.drawings import generate_drawings
from mnist_core.training.events import Drawn, Epoch, Event, Finished, Step, Stopped
from mnist_core.training.interval import Interval
from mnist_core.training.layer_statistics import (
    copy_parameters,
    gradient_histograms,
    takes_histograms,
    update_ratios,
    weight_histograms,
)
from mnist_core.training.random_state import RandomState
from mnist_core.training.train_state import TrainState, build_network
from mnist_core.training.validation import StopCheck, Validate, validate
from mnist_core.utils.usage import UsageMonitor


def train(
    config: TrainConfig,
    training: Split,
    validation: Split,
    *,
    initial: Mapping[str, Tensor] | None = None,
    teacher: nn.Module | None = None,
    report_every: int = 20,
) -> Iterator[Event]:
    """Train and yield the run's events; the last one is `Finished`.

    See `Trainer` for the parameters and errors, which are raised with the first event; that class
    can also stop and resume.
    """
    trainer = Trainer(config, training, validation, initial=initial, teacher=teacher)
    yield from trainer.run(report_every=report_every)


class Trainer:
    """A training run that can stop after any step and resume from its state.

    On a CPU, a run that was stopped and resumed ends with exactly the weights of one that was not.
    The random generators of the process are not changed.

    Parameters
    ----------
    config : TrainConfig
    training, validation : Split
        Images in [0, 1] on the device that `config.device` chooses.
    initial : state dict or None
        What `config.init_weights` names: tensors that fit by name and shape are loaded.
    teacher : nn.Module or None
        What `config.teacher` names: normalised frames (B, 1, 28, 28) -> logits (B, 10).
    validate : callable
        Scores the network after each epoch.
    listen : callable, optional
        Called with `Drawn` while this object is made, if it has many drawings to generate.

    Attributes
    ----------
    epoch : int
        The current epoch, from 1.
    step, steps : int
        Steps taken in it, and steps of each epoch.
    train_state : TrainState
    best : BestEpoch
    random_state : RandomState

    Raises
    ------
    MnistCoreError
        If weights or layers to freeze do not fit the model, or the configuration names weights
        that are not given, or images or labels are not as `Split` says.
    """

    def __init__(
        self,
        config: TrainConfig,
        training: Split,
        validation: Split,
        *,
        initial: Mapping[str, Tensor] | None = None,
        teacher: nn.Module | None = None,
        validate: Validate = validate,
        listen: Callable[[Drawn], None] | None = None,
    ) -> None:
        check_given("init_weights", config.init_weights, initial)
        check_given("teacher", config.teacher, teacher)
        check_split("training", training, config)
        check_split("validation", validation, config)
        self.config = config
        self._training, self._validation = training, validation
        self._validate = validate
        device = training.images.device
        self._usage = UsageMonitor(device)
        # a batch larger than the training split is the whole split
        self._batch_size = batch_size = min(config.batch_size, len(training))
        self._loader = (
            DeviceLoader(training, batch_size)
            if config.loader == "device"
            else WorkerLoader(training, batch_size, config.loader_workers, device)
        )
        self.steps = len(training) // batch_size
        self.random_state = RandomState(device, config.seed)
        with self.random_state.active():
            model = build_network(config, device, initial)
        drawings = generate_drawings(config, len(training), device, listen)
        self.train_state = TrainState(config, model, self.steps, teacher, drawings)
        self.epoch, self.step = 1, 0
        self._sums = torch.zeros(2, device=device)  # loss and accuracy of the epoch so far
        self.best = BestEpoch(model, config.keep_epoch)

    @property
    def scored_model(self) -> DigitNet:
        """The network that is validated; see `TrainState`."""
        return self.train_state.scored_model

    def run(
        self, should_stop: StopCheck = lambda: False, report_every: int = 20
    ) -> Iterator[Event]:
        """Train to the end, or until `should_stop`, called after each step, returns True.

        Yields
        ------
        Step every `report_every` steps and at an epoch's end, Epoch at an epoch's end, and last
        Finished or Stopped. `state_dict` may be called after each of them.

        Raises
        ------
        MnistCoreError
            If the loss is no longer finite.
        torch.OutOfMemoryError
            If the GPU's memory is too small for the batch.
        """
        events = self._run(should_stop, report_every)
        while True:
            with self.random_state.active():
                event = next(events, None)
            if event is None:
                return
            yield event

    def train_step(
        self, frames: Tensor, labels: Tensor, norms: dict[str, float] | None = None
    ) -> Tensor:
        """Train on one batch outside of `run`; see `TrainingStep`.

        Draws from torch's generators: activate `random_state` for the run's own sequence.
        """
        return self.train_state.step(frames, labels, norms)

    def state_dict(self) -> dict[str, Any]:
        """Return all that `load_state_dict` needs to resume: copies of tensors, plain types."""
        return copy.deepcopy(
            {
                "config": self.config.model_dump(mode="json"),
                "epoch": self.epoch,
                "step": self.step,
                **self.train_state.state_dict(),
                "sums": self._sums,
                "random_state": self.random_state.state(),
                **self.best.state_dict(),
            }
        )

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Resume from a state.

        Raises
        ------
        MnistCoreError
            If it is of another configuration, or damaged.
        """
        try:
            state = copy.deepcopy(dict(state))  # torch's optimizers keep the tensors they are given
            saved = TrainConfig(**state["config"]).with_changes(device=self.config.device)
            if changed := saved.differences(self.config):
                others = ", ".join(f"{k} {old!r}, not {new!r}" for k, (old, new) in changed.items())
                raise MnistCoreError(
                    f"the checkpoint is of another run: {others}; give the configuration these "
                    "values again, or train a new run"
                )
            self.train_state.load_state_dict(state)
            self.best.load_state_dict(state)
            self._sums.copy_(state["sums"])
            self.epoch, self.step = int(state["epoch"]), int(state["step"])
            if not 1 <= self.epoch <= self.config.epochs + 1 or not 0 <= self.step <= self.steps:
                raise ValueError(f"step {self.step} of epoch {self.epoch}, of {self.steps} steps")
            self.random_state.load_state(state["random_state"])
        except MnistCoreError:
            raise
        except (
            AttributeError,
            ArithmeticError,
            LookupError,
            TypeError,
            ValueError,
            RuntimeError,
        ) as error:
            raise MnistCoreError(f"the checkpoint does not fit this run ({error})") from error

    def _run(self, should_stop: StopCheck, report_every: int) -> Iterator[Event]:
        config, best = self.config, self.best
        while self.epoch <= config.epochs and not best.patience_exhausted(
            config.early_stopping, self.epoch - 1
        ):
            began = time.perf_counter()
            stopped = yield from self._train_epoch(should_stop, report_every)
            scores = (
                None
                if stopped
                else self._validate(self.scored_model, self._validation, should_stop)
            )
            if scores is None:
                yield Stopped(self.epoch, self.step, self.steps)
                return
            check_finite(scores.loss, config, self.epoch, self.step)
            yield self._end_epoch(scores, began)
        model = copy.deepcopy(best.model).to("cpu").eval()
        yield Finished(
            model,
            best.epoch,
            best.accuracy,
            best.loss,
            early=self.epoch <= config.epochs,
            keeps=config.keep_epoch,
        )

    def _train_epoch(
        self, should_stop: StopCheck, report_every: int
    ) -> Generator[Step, None, bool]:
        """Train on the remaining batches of the epoch; return whether to stop the run."""
        self.train_state.train_mode()
        order = epoch_order(len(self._training), self.config.seed, self.epoch)
        interval = Interval(self._sums, self.step)
        for frames, labels in self._loader.batches(order, self.step):
            report = (self.step + 1) % report_every == 0 or self.step + 1 == self.steps
            norms: dict[str, float] = {}
            ratios: dict[str, float] = {}
            before = copy_parameters(self.train_state.model) if report else None
            self._sums += self.train_step(frames, labels, norms if report else None)
            self.step += 1
            if not self.train_state.after_step(self.epoch):
                interval.skipped += 1
                norms.clear()  # they are not finite
            elif before is not None:
                ratios = update_ratios(self.train_state.model, before)
            if report:
                loss, accuracy = interval.means(self._sums, self.step)
                check_finite(loss, self.config, self.epoch, self.step)
                yield Step(
                    self.epoch,
                    self.step,
                    self.steps,
                    loss,
                    accuracy,
                    self.train_state.learning_rate,
                    interval.steps_per_second(self.step) * self._batch_size,
                    norms,
                    self._usage.sample(),
                    interval.skipped if self.train_state.can_skip_steps else None,
                    ratios,
                )
                # the caller's time between two events does not count
                interval = Interval(self._sums, self.step)
            if should_stop():
                return True
        return False

    def _end_epoch(self, scores: Scores, began: float) -> Epoch:
        is_best = self.best.update(self.epoch, scores, self.scored_model)
        self.train_state.after_epoch(scores.loss)
        train_loss, train_accuracy = (self._sums / self.steps).tolist()
        model, due = self.train_state.model, takes_histograms(self.epoch, self.config.epochs)
        event = Epoch(
            self.epoch,
            self.steps,
            train_loss,
            train_accuracy,
            scores.loss,
            scores.accuracy,
            scores.confusion,
            time.perf_counter() - began,
            is_best,
            scores.hardest,
            weight_histograms(model) if due else {},
            gradient_histograms(model) if due else {},
            self.config.keep_epoch,
        )
        self._sums.zero_()
        self.epoch, self.step = self.epoch + 1, 0
        return event
