"""The configuration of a training run: every technique is a field of `TrainConfig`."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mnist_core.data.sizes import TRAINING_SET_SIZE, VALIDATION_SIZE
from mnist_core.errors import ExplainedError, Message, joined, message_of
from mnist_core.models.options import MAX_DROPOUT, Architecture, KernelSize
from mnist_core.training.fields import describe_fields
from mnist_core.utils.text import short_repr


class TrainConfig(BaseModel):
    """Everything that a training run depends on; `FIELDS` describes each field.

    Equal configurations on equal data give equal weights on a CPU with the same number of threads.

    Raises
    ------
    MnistCoreError
        For an unknown field, or a value of the wrong type or out of its bounds. The message names
        the field, the value and what is allowed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    model: Architecture = Field("improved", description="network architecture")
    kernel_size: KernelSize | None = Field(
        None, description="side of the convolution kernels in pixels"
    )
    dropout: float | None = Field(
        None, ge=0, le=MAX_DROPOUT, description="dropout rate of the fully connected layers"
    )
    init_weights: str | None = Field(
        None, description="initial weights: a shipped or promoted name, a file or a run"
    )
    freeze: tuple[str, ...] = Field(
        (), description="layers that keep the initial weights, such as conv1"
    )

    optimizer: Literal["sgd", "adam", "adamw", "rmsprop"] = Field("adamw", description="optimizer")
    learning_rate: float = Field(
        2e-3, ge=1e-8, le=10, description="learning rate; with a schedule, its maximum"
    )
    head_learning_rate: float | None = Field(
        None, ge=1e-8, le=10, description="learning rate of the fully connected layers"
    )
    momentum: float = Field(0.9, ge=0, lt=1, description="momentum")
    nesterov: bool = Field(False, description="Nesterov momentum")
    weight_decay: float = Field(0.01, ge=0, le=10, description="weight decay")
    clip_grad_norm: float = Field(
        0.0, ge=0, le=1e6, description="max gradient norm; 0 disables clipping"
    )
    lr_scheduler: Literal["none", "step", "cosine", "plateau", "onecycle"] = Field(
        "onecycle", description="learning-rate schedule"
    )
    lr_step_size: int = Field(
        5, ge=1, le=10_000, description="step schedule: epochs between two decays"
    )
    lr_gamma: float = Field(
        0.1, gt=0, lt=1, description="step and plateau schedule: factor of a decay"
    )
    lr_patience: int = Field(
        2,
        ge=0,
        le=10_000,
        description="plateau schedule: epochs without a lower validation loss before a decay",
    )
    lr_warmup: float = Field(
        0.1, ge=0, le=1, description="warm-up: share of the steps in which the learning rate rises"
    )
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="label smoothing")
    ema_decay: float = Field(
        0.998,
        ge=0,
        lt=1,
        description="decay of the exponential moving average of the weights, which is what is "
        "validated and saved; 0 disables it",
    )

    epochs: int = Field(20, ge=1, le=10_000, description="number of epochs")
    early_stopping: int = Field(
        0, ge=0, le=10_000, description="early-stopping patience in epochs; 0 disables it"
    )
    keep_epoch: Literal["best", "last"] = Field(
        "best",
        description="the epoch whose weights are kept: that of the highest validation accuracy, or "
        "the last one, with the lowest learning rate",
    )
    batch_size: int = Field(128, ge=2, le=TRAINING_SET_SIZE, description="batch size")
    augment: Literal["none", "article", "pen", "strong"] = Field(
        "pen",
        description="data augmentation: rotation and shift (article), or also size, slant, "
        "elastic distortion and stroke width (pen), with larger rotations and shifts for long "
        "runs (strong)",
    )
    allographs: float = Field(
        0.0,
        ge=0,
        le=4,
        description="generated drawings of digits in each batch, per MNIST image",
    )
    non_digits: float = Field(
        0.0,
        ge=0,
        le=4,
        description="generated letters, scribbles and pairs of digits in each batch, per MNIST "
        "image; the network learns to refuse them",
    )
    drawings: int = Field(
        100_000,
        ge=100,
        le=2_000_000,
        description="most generated drawings of a run, digits and others; they are made once and "
        "kept in the cache folder",
    )
    validation_size: int = Field(
        VALIDATION_SIZE, ge=100, le=50_000, description="images held out for validation"
    )
    training_size: int | None = Field(
        None, ge=2, le=TRAINING_SET_SIZE, description="images used for training"
    )
    loader: Literal["device", "dataloader"] = Field(
        "device", description="data loading: indexing on the device, or a torch DataLoader"
    )
    loader_workers: int = Field(0, ge=0, le=64, description="worker processes of the DataLoader")

    teacher: str | None = Field(
        None, description="knowledge distillation: teacher weights; a name, a file or a run"
    )
    distill_temperature: float = Field(
        4.0, gt=0, le=100, description="knowledge distillation: softmax temperature"
    )
    distill_alpha: float = Field(
        0.7, ge=0, le=1, description="knowledge distillation: weight of the distillation loss"
    )
    precision: Literal["fp32", "fp16", "bf16"] = Field(
        "fp32", description="floating-point precision (AMP); the weights stay fp32"
    )
    channels_last: bool = Field(True, description="channels-last (NHWC) memory layout")
    compile: bool = Field(False, description="torch.compile: slower start, faster steps")
    cuda_graph: bool = Field(
        False,
        description="each training step is one CUDA graph: faster with a small network; no effect "
        "on a CPU",
    )
    device: str = Field(
        "auto", pattern=r"^(auto|cpu|cuda(:\d+)?)$", description="device to train on"
    )
    seed: int = Field(0, ge=0, le=2**63 - 1, description="random seed")

    if not TYPE_CHECKING:  # type checkers read the signature from the fields

        def __init__(self, **values: Any) -> None:
            try:
                super().__init__(**values)
            except ValidationError as error:
                raise ExplainedError(_explain(error)) from None

    @model_validator(mode="after")
    def _fields_can_be_combined(self) -> Self:
        values = dict(self)
        refusals = [why for field in FIELDS.values() if (why := field.refusal(values))]
        if refusals:
            raise ExplainedError(joined(refusals))
        if self.validation_size + (self.training_size or 2) > TRAINING_SET_SIZE:
            raise ExplainedError(
                Message(
                    "validation_size is {validation} and training_size is {training}; MNIST has "
                    "{total} training images in all",
                    validation=self.validation_size,
                    training=self.training_size,
                    total=TRAINING_SET_SIZE,
                )
            )
        return self

    def with_changes(self, **changes: Any) -> Self:
        """Return a validated copy with other values."""
        return type(self)(**{**dict(self), **changes})

    def differences(self, other: TrainConfig) -> dict[str, tuple[Any, Any]]:
        """Return the fields that differ: name -> (value of this one, value of the other)."""
        return {
            name: (value, getattr(other, name))
            for name, value in self
            if value != getattr(other, name)
        }


FIELDS = describe_fields(TrainConfig.model_fields)
"""What each field of `TrainConfig` is, by name."""


def _explain(error: ValidationError) -> Message:
    """Return what is wrong with each field."""
    reasons: list[Message] = []
    for problem in error.errors(include_url=False):
        name = str(problem["loc"][0]) if problem["loc"] else ""
        if problem["type"] == "extra_forbidden":
            near = difflib.get_close_matches(name, FIELDS, 1)
            shown = name if name.isprintable() and len(name) <= 80 else short_repr(name)
            hint = (
                Message("did you mean {name}?", name=near[0])
                if near
                else Message("`train --help` lists them all")
            )
            reasons.append(Message("there is no setting {name}; {hint}", name=shown, hint=hint))
        elif name:
            reasons.append(_not_allowed(name, problem["input"]))
        elif problem["type"] == "value_error":
            reasons.append(message_of(problem["ctx"]["error"]))
        else:
            reasons.append(Message("{message}", message=problem["msg"]))
    return joined(reasons)


def _not_allowed(field: str, value: object) -> Message:
    """Return what is wrong with a value that a field cannot have."""
    return Message(
        "{field} is {value}; it must be {allowed}",
        field=field,
        value=short_repr(value),
        allowed=FIELDS[field].allowed,
    )
