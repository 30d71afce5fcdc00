"""What training steps change: the network, its optimizer and schedule, and the average."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from mnist_core.models.architectures import build_model
from mnist_core.models.network import DigitNet
from mnist_core.models.transfer import copy_matching_weights, freeze_parts
from mnist_core.training.averaging import WeightAverage
from mnist_core.training.config import TrainConfig
from mnist_core.training.cuda_graph import CapturedStep, prepare_for_capture
from mnist_core.training.optimizers import Schedule, build_optimizer
from mnist_core.training.step import TrainingStep

if TYPE_CHECKING:
    from mnist_core.data.allographs.pool import DrawingPool


def build_network(
    config: TrainConfig, device: torch.device, initial: Mapping[str, Tensor] | None = None
) -> DigitNet:
    """Return the configured network on a device; its random weights are torch's next ones.

    Parameters
    ----------
    config : TrainConfig
    device : torch.device
    initial : state dict or None
        Tensors that fit by name and shape are loaded.

    Raises
    ------
    MnistCoreError
        If no tensor fits.
    """
    model = build_model(config.model, kernel_size=config.kernel_size, dropout=config.dropout)
    _place(model, config, device)
    if initial is not None:
        copy_matching_weights(model, initial)
    return model


class TrainState:
    """A network in training: what a step, or the end of an epoch, changes.

    Parameters
    ----------
    config : TrainConfig
    model : DigitNet
        As `build_network` returns it.
    steps : int
        Steps of an epoch.
    teacher : nn.Module or None
    pool : DrawingPool or None
        See `TrainingStep`.

    Attributes
    ----------
    model : DigitNet
        The network that is trained.

    Raises
    ------
    MnistCoreError
        If layers to freeze are not in the network.
    """

    def __init__(
        self,
        config: TrainConfig,
        model: DigitNet,
        steps: int,
        teacher: nn.Module | None = None,
        pool: "DrawingPool | None" = None,
    ) -> None:
        self.model = model
        self._device = device = next(model.parameters()).device
        self._frozen = freeze_parts(model, config.freeze)
        self._average = WeightAverage(model, config)
        self._optimizer = build_optimizer(model, config)
        captured = config.cuda_graph and device.type == "cuda"
        if captured:
            prepare_for_capture(self._optimizer, device)
        self._schedule = Schedule(self._optimizer, config, steps)
        if teacher is not None:
            _place(teacher.eval(), config, device)
        self._step = TrainingStep(config, model, self._optimizer, teacher, pool)
        self._captured_step = CapturedStep(self._step) if captured else None

    @property
    def scored_model(self) -> DigitNet:
        """The network that is validated: with averaged weights once the average has started."""
        return self._average.model if self._average.has_started else self.model

    @property
    def learning_rate(self) -> float:
        """The schedule's learning rate for the next step."""
        return self._schedule.learning_rate

    @property
    def can_skip_steps(self) -> bool:
        """Whether a step may change no weights; see `TrainingStep.was_skipped`."""
        return self._step.scaler.is_enabled()

    def train_mode(self) -> None:
        """Let dropout and batch normalisation train, except in frozen layers."""
        self.model.train()
        for layer in self._frozen:
            layer.eval()

    def step(self, frames: Tensor, labels: Tensor, norms: dict[str, float] | None = None) -> Tensor:
        """Train on one batch; see `TrainingStep`. `after_step` comes next."""
        if self._captured_step is not None and norms is None:
            return self._captured_step(frames, labels)
        return self._step(frames, labels, norms)

    def after_step(self, epoch: int) -> bool:
        """Continue schedule and average, in an epoch from 1; return whether weights have changed.

        If not, the step was skipped, and neither continues.
        """
        if self._step.was_skipped():
            return False
        self._schedule.after_step()
        self._average.update(self.model, epoch)
        return True

    def after_epoch(self, validation_loss: float) -> None:
        """Continue the schedule."""
        self._schedule.after_epoch(validation_loss)

    def set_learning_rate(self, rate: float) -> None:
        """Set the learning rate of all parameters until the schedule's next step."""
        for group in self._optimizer.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate

    def state_dict(self) -> dict[str, Any]:
        """Return the present tensors, not copies, and plain types."""
        return {
            "model": self.model.state_dict(),
            "average": self._average.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "schedule": self._schedule.state_dict(),
            "scaler": self._step.scaler.state_dict(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from what `state_dict` returned, whose tensors are kept; other keys are ignored.

        Raises what torch raises if the state does not fit.
        """
        self.model.load_state_dict(state["model"])
        self._average.load_state_dict(state["average"])
        self._optimizer.load_state_dict(state["optimizer"])
        if self._captured_step is not None:  # a graph of its own, for the loaded tensors
            prepare_for_capture(self._optimizer, self._device)
            self._captured_step = CapturedStep(self._step)
        self._schedule.load_state_dict(state["schedule"])
        self._step.load_scaler_state(state["scaler"])


def _place(module: nn.Module, config: TrainConfig, device: torch.device) -> None:
    """Move a network's weights to where and how the configuration wants them, in place."""
    module.to(device)
    if config.channels_last:
        module.to(memory_format=torch.channels_last)
