"""What a training run tells those who watch it."""

from __future__ import annotations

from dataclasses import dataclass, field

from mnist_core.models.network import DigitNet


@dataclass(frozen=True)
class Step:
    """Some training steps were taken.

    Attributes
    ----------
    epoch, step, steps : int
        From 1; `steps` is the number of steps in an epoch.
    loss, accuracy : float
        Means over the steps since the event before; accuracy in [0, 1].
    learning_rate : float
        Of the next step, of the trunk.
    images_per_second : float
    gradient_norms : dict of str to float
        Layer -> L2 norm of its gradient at this step, before clipping.
    device_memory : int or None
        Most bytes that were taken on the GPU; None on the CPU.
    """

    epoch: int
    step: int
    steps: int
    loss: float
    accuracy: float
    learning_rate: float
    images_per_second: float
    gradient_norms: dict[str, float] = field(default_factory=dict)
    device_memory: int | None = None

    @property
    def global_step(self) -> int:
        """Steps since the run began."""
        return (self.epoch - 1) * self.steps + self.step


@dataclass(frozen=True)
class Epoch:
    """The end of an epoch, scored on validation.

    `best` says whether its weights are the best so far; confusion[true][predicted] counts
    validation images; `seconds` leaves out what lies before a resume.
    """

    epoch: int
    steps: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    confusion: list[list[int]]
    seconds: float
    best: bool

    @property
    def global_step(self) -> int:
        """Steps since the run began."""
        return self.epoch * self.steps


@dataclass(frozen=True)
class Stopped:
    """The run was asked to stop, after `step` steps of `epoch`; the trainer's state can go on."""

    epoch: int
    step: int
    steps: int


@dataclass(frozen=True)
class Finished:
    """The end of the run: the best epoch's network, on the CPU, in eval mode.

    `early` says that the run ended before its last epoch because nothing got better.
    """

    model: DigitNet
    epoch: int
    validation_accuracy: float
    validation_loss: float
    early: bool = False


Event = Step | Epoch | Stopped | Finished
