"""The events of a training run, and each as one line of text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mnist_core.models.network import DigitNet
from mnist_core.models.scoring import HardImage
from mnist_core.training.layer_statistics import Histogram
from mnist_core.utils.usage import Usage


@dataclass(frozen=True)
class Drawn:
    """Some of the drawings that complete the batches were generated, before the first step."""

    count: int
    total: int

    def __str__(self) -> str:
        return f"generated {self.count:,} of {self.total:,} drawings"


@dataclass(frozen=True)
class Step:
    """Some training steps were taken.

    Attributes
    ----------
    epoch, step, steps : int
        From 1; `steps` is the number of steps of an epoch.
    loss, accuracy : float
        Means over the steps since the event before; accuracy in [0, 1].
    learning_rate : float
        Of the next step; of the convolutional layers where the head has its own.
    images_per_second : float
    gradient_norms : dict of str to float
        Layer -> L2 norm of its gradient at this step, before clipping; empty if it was skipped.
    usage : Usage
        Of the machine, since the event before.
    skipped_steps : int or None
        Steps since the event before that changed no weights: a gradient was not finite in fp16.
        None in another precision.
    update_ratios : dict of str to float
        Layer -> norm of its update at this step / norm of its weights before it; empty if the step
        was skipped.
    """

    epoch: int
    step: int
    steps: int
    loss: float
    accuracy: float
    learning_rate: float
    images_per_second: float
    gradient_norms: dict[str, float] = field(default_factory=dict)
    usage: Usage = field(default_factory=Usage)
    skipped_steps: int | None = None
    update_ratios: dict[str, float] = field(default_factory=dict)

    @property
    def global_step(self) -> int:
        """Steps since the start of the run."""
        return (self.epoch - 1) * self.steps + self.step

    def __str__(self) -> str:
        return (
            f"epoch {self.epoch:3d}  step {self.step}/{self.steps}  loss {self.loss:.4f}  "
            f"acc {self.accuracy:.2%}  {self.images_per_second:,.0f} images/s"
        )


@dataclass(frozen=True)
class Epoch:
    """The end of an epoch, with its scores on validation.

    Attributes
    ----------
    epoch, steps : int
        The epoch, from 1, and its number of steps.
    train_loss, train_accuracy : float
        Means over the epoch's steps.
    validation_loss, validation_accuracy : float
    confusion : sequence of sequences of int
        confusion[true][predicted] counts validation images.
    seconds : float
        Duration, without what was trained before a resume.
    best : bool
        Whether its weights are kept: it is the best epoch so far, or the last one is kept.
    hardest : sequence of HardImage
        Validation images with the highest loss, the highest first.
    weights, gradients : mapping of str to Histogram
        Layer -> its weights after the epoch, and its gradient at the last step. Empty in most
        epochs of a long run; `gradients` also if that step was skipped.
    keeps : "best" or "last"
        `TrainConfig.keep_epoch`.
    """

    epoch: int
    steps: int
    train_loss: float
    train_accuracy: float
    validation_loss: float
    validation_accuracy: float
    confusion: Sequence[Sequence[int]]
    seconds: float
    best: bool
    hardest: Sequence[HardImage] = ()
    weights: Mapping[str, Histogram] = field(default_factory=dict)
    gradients: Mapping[str, Histogram] = field(default_factory=dict)
    keeps: Literal["best", "last"] = "best"

    @property
    def global_step(self) -> int:
        """Steps since the start of the run."""
        return self.epoch * self.steps

    def __str__(self) -> str:
        return (
            f"epoch {self.epoch:3d}  train loss {self.train_loss:.4f} "
            f"acc {self.train_accuracy:.2%}  validation loss {self.validation_loss:.4f} "
            f"acc {self.validation_accuracy:.2%}  {self.seconds:.1f} s"
            + ("  best" if self.best and self.keeps == "best" else "")
        )


@dataclass(frozen=True)
class Stopped:
    """The run stopped after `step` steps of `epoch`; it can resume from the trainer's state."""

    epoch: int
    step: int
    steps: int

    def __str__(self) -> str:
        return f"stopped in epoch {self.epoch}, after step {self.step} of {self.steps}"


@dataclass(frozen=True)
class Finished:
    """The end of the run, with the network of the epoch that is kept, on the CPU, in eval mode.

    `early` says whether early stopping ended it before the last epoch; `keeps` is
    `TrainConfig.keep_epoch`.
    """

    model: DigitNet
    epoch: int
    validation_accuracy: float
    validation_loss: float
    early: bool = False
    keeps: Literal["best", "last"] = "best"

    def __str__(self) -> str:
        early = " (early stopping: patience exhausted)" if self.early else ""
        return (
            f"{self.keeps} epoch {self.epoch}: validation accuracy {self.validation_accuracy:.2%}, "
            f"loss {self.validation_loss:.4f}{early}"
        )


Event = Drawn | Step | Epoch | Stopped | Finished
