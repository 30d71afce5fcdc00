"""One run, one configuration: every technique of training is a field of `TrainConfig`.

The command line's flags, the dashboard's form and a run folder's `config.json` are all made from
the fields below, their bounds and their descriptions.
"""

from __future__ import annotations

import difflib
import json
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from mnist_core.data.mnist import TRAINING_SET_SIZE, VALIDATION_SIZE
from mnist_core.errors import MnistCoreError
from mnist_core.models.architectures import (
    ARCHITECTURES,
    DROPOUT_ARCHITECTURES,
    KERNEL_SIZES,
    MAX_DROPOUT,
)
from mnist_core.utils.files import write_atomic

GROUPS = ("model", "optimisation", "data", "advanced")
"""The order in which a form shows the fields; every field belongs to one."""

# the names are known only at run time, and pydantic needs a Literal for choices
Architecture = Literal[tuple(ARCHITECTURES)]  # type: ignore[valid-type]
KernelSize = Literal[tuple(KERNEL_SIZES)]  # type: ignore[valid-type]


def _field(group: str, description: str, **bounds: float) -> Any:
    return Field(description=description, json_schema_extra={"group": group}, **bounds)


class TrainConfig(BaseModel):
    """Everything that a run depends on; `description` of a field says what it does.

    Equal configurations on equal data give equal weights on a CPU with as many threads. Build one
    with keywords, `from_dict` or `read`; `model_dump_json()` writes it.

    Raises
    ------
    MnistCoreError
        For an unknown field, a value of the wrong kind or out of its bounds: the message names
        the field, the value and what is allowed.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    model: Annotated[Architecture, _field("model", "architecture of the network")] = "improved"
    kernel_size: Annotated[
        KernelSize | None,
        _field("model", "side of the convolution kernels in pixels; none: the architecture's own"),
    ] = None
    dropout: Annotated[
        float | None,
        _field(
            "model",
            "share of the fully connected part that is dropped; none: the architecture's own",
            ge=0,
            le=MAX_DROPOUT,
        ),
    ] = None
    init_weights: Annotated[
        str | None,
        _field("model", "weights to start from: a shipped name, a file or a run; none: random"),
    ] = None
    freeze: Annotated[
        tuple[str, ...],
        _field("model", "parts of init_weights that stay as they are, such as conv1"),
    ] = ()

    optimizer: Annotated[
        Literal["sgd", "adam", "adamw", "rmsprop"],
        _field("optimisation", "rule that turns gradients into steps"),
    ] = "adamw"
    learning_rate: Annotated[
        float,
        _field("optimisation", "the schedule's peak", ge=1e-8, le=10, allow_inf_nan=False),
    ] = 2e-3
    head_learning_rate: Annotated[
        float | None,
        _field(
            "optimisation",
            "peak for the fully connected part; none: the same",
            ge=1e-8,
            le=10,
        ),
    ] = None
    momentum: Annotated[
        float, _field("optimisation", "of sgd and rmsprop; adam has its own", ge=0, lt=1)
    ] = 0.9
    nesterov: Annotated[bool, _field("optimisation", "look ahead with sgd's momentum")] = False
    weight_decay: Annotated[
        float, _field("optimisation", "pull of the weights towards zero", ge=0, le=10)
    ] = 0.01
    clip_grad_norm: Annotated[
        float, _field("optimisation", "longest gradient that is taken whole; 0: any", ge=0, le=1e6)
    ] = 0.0
    lr_scheduler: Annotated[
        Literal["none", "step", "cosine", "plateau", "onecycle"],
        _field("optimisation", "how the learning rate moves from its peak"),
    ] = "onecycle"
    lr_step_size: Annotated[
        int, _field("optimisation", "step: epochs from one drop to the next", ge=1, le=10_000)
    ] = 5
    lr_gamma: Annotated[
        float, _field("optimisation", "step and plateau: factor of a drop", gt=0, lt=1)
    ] = 0.1
    lr_patience: Annotated[
        int,
        _field("optimisation", "plateau: epochs without a lower validation loss", ge=0, le=10_000),
    ] = 2
    lr_warmup: Annotated[
        float,
        _field("optimisation", "share of the run in which the rate rises to its peak", ge=0, le=1),
    ] = 0.1
    label_smoothing: Annotated[
        float, _field("optimisation", "share of each label given to all digits", ge=0, lt=1)
    ] = 0.0
    ema_decay: Annotated[
        float,
        _field(
            "optimisation",
            "scored and kept are the weights' moving average; 0: the weights themselves",
            ge=0,
            lt=1,
        ),
    ] = 0.998

    epochs: Annotated[int, _field("data", "passes over the images", ge=1, le=10_000)] = 20
    early_stopping: Annotated[
        int,
        _field("data", "epochs without a better validation accuracy; 0: never", ge=0, le=10_000),
    ] = 0
    batch_size: Annotated[int, _field("data", "images in a step", ge=2, le=TRAINING_SET_SIZE)] = 128
    augment: Annotated[
        Literal["none", "article", "pen"],
        _field(
            "data",
            "random changes of the images: rotation and shift (article), or ways of writing (pen)",
        ),
    ] = "pen"
    validation_size: Annotated[
        int, _field("data", "training images held out to validate", ge=100, le=50_000)
    ] = VALIDATION_SIZE
    training_size: Annotated[
        int | None,
        _field("data", "training images used; none: all that are left", ge=2, le=TRAINING_SET_SIZE),
    ] = None
    loader: Annotated[
        Literal["device", "dataloader"],
        _field("data", "images wait on the device, or come from a torch DataLoader"),
    ] = "device"
    loader_workers: Annotated[int, _field("data", "processes of the DataLoader", ge=0, le=64)] = 0

    teacher: Annotated[
        str | None,
        _field("advanced", "distillation: the weights that teach: a name, a file or a run"),
    ] = None
    distill_temperature: Annotated[
        float, _field("advanced", "distillation: softens the teacher's answers", gt=0, le=100)
    ] = 4.0
    distill_alpha: Annotated[
        float, _field("advanced", "distillation: the teacher's share of the loss", ge=0, le=1)
    ] = 0.7
    precision: Annotated[
        Literal["fp32", "fp16", "bf16"],
        _field("advanced", "number format of the network's arithmetic; the weights stay fp32"),
    ] = "fp32"
    channels_last: Annotated[bool, _field("advanced", "memory layout NHWC")] = True
    compile: Annotated[bool, _field("advanced", "torch.compile: slow to start, then faster")] = (
        False
    )
    device: Annotated[
        str, Field(pattern=r"^(auto|cpu|cuda(:\d+)?)$"), _field("advanced", "auto, cpu or cuda")
    ] = "auto"
    seed: Annotated[int, _field("advanced", "of every random choice", ge=0, le=2**63 - 1)] = 0

    def __init__(self, **fields: Any) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise MnistCoreError(_explain(error)) from None

    @model_validator(mode="after")
    def _fields_fit_together(self) -> Self:
        if self.nesterov and not (self.optimizer == "sgd" and self.momentum > 0):
            raise ValueError("nesterov is True; it needs optimizer 'sgd' and a momentum above 0")
        if self.dropout is not None and self.model not in DROPOUT_ARCHITECTURES:
            raise ValueError(
                f"dropout is {self.dropout}, but {self.model} has nothing to drop; leave it "
                f"out, or choose a model from {', '.join(DROPOUT_ARCHITECTURES)}"
            )
        if self.freeze and not self.init_weights:
            raise ValueError(
                f"freeze is {self.freeze}, but init_weights is none: name the weights to start from"
            )
        used = self.validation_size + (self.training_size or 2)
        if used > TRAINING_SET_SIZE:
            raise ValueError(
                f"validation_size is {self.validation_size} and training_size is "
                f"{self.training_size}; MNIST has {TRAINING_SET_SIZE} training images in all"
            )
        return self

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """Build one from plain JSON types."""
        return cls(**fields)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a JSON file. Raises MnistCoreError, naming the file, if it holds no such thing."""
        try:
            fields = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise MnistCoreError(f"{path}: cannot be read as JSON ({error})") from error
        if not isinstance(fields, dict):
            raise MnistCoreError(f"{path}: holds no JSON object")
        try:
            return cls(**fields)
        except MnistCoreError as error:
            raise MnistCoreError(f"{path}: {error}") from error

    def write(self, path: Path) -> None:
        """Write a JSON file. Raises MnistCoreError if it cannot be written."""
        write_atomic(path, self.model_dump_json(indent=2) + "\n")

    def with_changes(self, **changes: Any) -> Self:
        """Return a validated copy with other values."""
        return type(self)(**{**self.model_dump(), **changes})

    def differences(self, other: TrainConfig) -> dict[str, tuple[Any, Any]]:
        """Return what differs: field -> (value here, value there)."""
        mine, theirs = self.model_dump(), other.model_dump()
        return {name: (mine[name], theirs[name]) for name in mine if mine[name] != theirs[name]}


def field_group(name: str) -> str:
    """Return which of `GROUPS` a field belongs to."""
    return TrainConfig.model_fields[name].json_schema_extra["group"]


def field_choices(name: str) -> tuple[Any, ...]:
    """Return the values that a field chooses from; empty where it is not a choice."""
    return typing.get_args(_bare_type(name)) if _is_choice(name) else ()


def field_bounds(name: str) -> dict[str, float]:
    """Return a number's bounds, of "ge", "gt", "le", "lt"."""
    return {
        bound: getattr(part, bound)
        for part in TrainConfig.model_fields[name].metadata
        for bound in ("ge", "gt", "le", "lt")
        if hasattr(part, bound)
    }


def field_allows(name: str) -> str:
    """Say in words what a field takes."""
    kind = _bare_type(name)
    words = {int: "a whole number", float: "a number", bool: "true or false"}.get(kind, "text")
    if choices := field_choices(name):
        words = f"one of {', '.join(map(str, choices))}"
    elif bounds := field_bounds(name):
        signs = {
            "ge": "at least {:g}",
            "gt": "above {:g}",
            "le": "at most {:g}",
            "lt": "below {:g}",
        }
        words += " " + " and ".join(signs[sign].format(limit) for sign, limit in bounds.items())
    elif name == "device":
        words = "one of auto, cpu, cuda (cuda:1 for the second GPU)"
    elif typing.get_origin(kind) is tuple:
        words = "names of parts of the network"
    optional = type(None) in typing.get_args(TrainConfig.model_fields[name].annotation)
    return words + (", or none" if optional else "")


def _bare_type(name: str) -> Any:
    """Return a field's type without the `| None`."""
    kind = TrainConfig.model_fields[name].annotation
    if isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union:
        return next(part for part in typing.get_args(kind) if part is not type(None))
    return kind


def _is_choice(name: str) -> bool:
    return typing.get_origin(_bare_type(name)) is Literal


def _explain(error: ValidationError) -> str:
    """Say what is wrong with every field, in the words of the field."""
    reasons = []
    for problem in error.errors():
        name = str(problem["loc"][0]) if problem["loc"] else ""
        if problem["type"] == "extra_forbidden":
            near = difflib.get_close_matches(name, TrainConfig.model_fields, 1)
            hint = f"did you mean {near[0]}?" if near else "`train --help` lists them all"
            reasons.append(f"there is no setting {name}; {hint}")
        elif name:
            reasons.append(f"{name} is {problem['input']!r}; it must be {field_allows(name)}")
        else:
            reasons.append(problem["msg"].removeprefix("Value error, "))
    return "; ".join(dict.fromkeys(reasons))
