"""What each field of `TrainConfig` is: its kind, choices, bounds, help, group and requirement.

`config.FIELDS` holds one `ConfigField` for each field. The command line, the dashboard's form, the
search space of a sweep and the tests are made from it.
"""

import operator
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any, Literal

from pydantic.fields import FieldInfo

from mnist_core.errors import Message
from mnist_core.models.options import DROPOUT_ARCHITECTURES

NONE = "none"
"""How a command line or a list of values writes None."""

GROUPS = ("model", "optimisation", "data", "advanced")
"""The groups in which the command line and the form show the fields."""
_FIRST_FIELDS = ("model", "optimizer", "epochs", "teacher")
"""The first field of each group; those that follow it in `TrainConfig` belong to the same."""

_NONE_MEANS = {
    "kernel_size": "architecture default",
    "dropout": "architecture default",
    "init_weights": "random initialisation",
    "head_learning_rate": "same as learning_rate",
    "training_size": "all remaining images",
    "teacher": "no distillation",
}
_ABBREVIATIONS = ("LR", "EMA", "CUDA")
BOUND_TEXTS = {
    "ge": "at least {limit:g}",
    "gt": "above {limit:g}",
    "le": "at most {limit:g}",
    "lt": "below {limit:g}",
}
"""Templates of messages, by what pydantic calls a bound."""


_COMPARISONS = {"ge": operator.ge, "gt": operator.gt, "le": operator.le, "lt": operator.lt}


@dataclass(frozen=True)
class Requirement:
    """The settings without which a field has no effect.

    Attributes
    ----------
    text : str
        The settings as text, after "needs".
    holds : callable
        Values of all fields by name -> whether the field has an effect.
    strict : bool
        Whether `TrainConfig` refuses another value than the default where it has no effect.
    """

    text: str
    holds: Callable[[Mapping[str, Any]], bool]
    strict: bool = False


def _needs(field: str, *values: str) -> Requirement:
    return Requirement(f"{field} {' or '.join(values)}", lambda given: given[field] in values)


_A_TEACHER = Requirement("a teacher", lambda values: values["teacher"] is not None)
_REQUIREMENTS = {
    "dropout": Requirement(
        f"a model with dropout: {', '.join(DROPOUT_ARCHITECTURES)}",
        lambda values: values["model"] in DROPOUT_ARCHITECTURES,
        strict=True,
    ),
    "freeze": Requirement(
        "init_weights", lambda values: values["init_weights"] is not None, strict=True
    ),
    "momentum": _needs("optimizer", "sgd", "rmsprop"),
    "nesterov": Requirement(
        "optimizer sgd and a momentum above 0",
        lambda values: values["optimizer"] == "sgd" and bool(values["momentum"]),
        strict=True,
    ),
    "lr_step_size": _needs("lr_scheduler", "step"),
    "lr_gamma": _needs("lr_scheduler", "step", "plateau"),
    "lr_patience": _needs("lr_scheduler", "plateau"),
    "keep_epoch": Requirement(
        "no early stopping, which looks for the best epoch",
        lambda values: not values["early_stopping"],
        strict=True,
    ),
    "drawings": Requirement(
        "allographs or non_digits above 0",
        lambda values: values["allographs"] > 0 or values["non_digits"] > 0,
    ),
    "loader_workers": _needs("loader", "dataloader"),
    "cuda_graph": Requirement(
        "optimizer adam or adamw, precision fp32 or bf16, and no compile",
        lambda values: (
            values["optimizer"] in ("adam", "adamw")
            and values["precision"] != "fp16"
            and not values["compile"]
        ),
        strict=True,
    ),
    "distill_temperature": _A_TEACHER,
    "distill_alpha": _A_TEACHER,
}


class Kind(Enum):
    """What the values of a field are."""

    CHOICE = auto()
    BOOLEAN = auto()
    INTEGER = auto()
    FLOAT = auto()
    WEIGHTS = auto()
    """The name of shipped or promoted weights, a file, or a run."""
    LAYERS = auto()
    """Names of parts of the network."""
    DEVICE = auto()


_KIND_TEXTS = {
    Kind.BOOLEAN: "true or false",
    Kind.INTEGER: "an integer",
    Kind.FLOAT: "a number",
    Kind.WEIGHTS: "a name, a file or a run",
    Kind.LAYERS: "names of layers",
    Kind.DEVICE: "one of auto, cpu, cuda (cuda:1 for the second GPU)",
}
_WITH_BOUNDS = {0: "{kind}", 1: "{kind} {first}", 2: "{kind} {first} and {second}"}
"""By the number of bounds."""


@dataclass(frozen=True)
class ConfigField:
    """One field of `TrainConfig`.

    Attributes
    ----------
    name : str
    kind : Kind
    default : object
    help : str
        What it is, in one phrase without a full stop.
    group : str
        One of `GROUPS`.
    choices : tuple
        The allowed values of a CHOICE; empty otherwise.
    bounds : dict
        A number's bounds: any of "ge", "gt", "le", "lt" -> limit.
    optional : bool
        Whether None is allowed.
    none_means : str
        What None stands for; empty where it is not allowed.
    requirement : Requirement or None
        None: the field always has an effect.
    """

    name: str
    kind: Kind
    default: Any
    help: str
    group: str
    choices: tuple[Any, ...]
    bounds: dict[str, float]
    optional: bool
    none_means: str
    requirement: Requirement | None

    @property
    def label(self) -> str:
        """Its name for a form, such as "LR step size"."""
        words = self.name.replace("_", " ")
        for short in _ABBREVIATIONS:
            words = re.sub(rf"\b{short.lower()}\b", short, words)
        return words[0].upper() + words[1:]

    @property
    def allowed(self) -> Message:
        """The allowed values in words."""
        if self.kind is Kind.CHOICE:
            allowed = Message("one of {choices}", choices=", ".join(map(str, self.choices)))
        else:
            limits = [Message(BOUND_TEXTS[name], limit=n) for name, n in self.bounds.items()]
            allowed = Message(
                _WITH_BOUNDS[len(limits)],
                kind=Message(_KIND_TEXTS[self.kind]),
                **dict(zip(("first", "second"), limits, strict=False)),
            )
        return Message("{allowed}, or none", allowed=allowed) if self.optional else allowed

    def in_bounds(self, value: float | None) -> bool:
        """Return whether a number is in the field's bounds; None is."""
        return value is None or all(
            _COMPARISONS[bound](value, limit) for bound, limit in self.bounds.items()
        )

    def has_effect(self, values: Mapping[str, Any]) -> bool:
        """Return whether it has an effect with the given values of all fields, by name."""
        return self.requirement is None or self.requirement.holds(values)

    def refusal(self, values: Mapping[str, Any]) -> Message | None:
        """Return why its value cannot be combined with those of the others; None if it can."""
        value, needs = values[self.name], self.requirement
        if needs is None or not needs.strict or value == self.default or needs.holds(values):
            return None
        return Message(
            "{field} is {value}; it needs {settings}",
            field=self.name,
            value=repr(value),
            settings=Message(needs.text),
        )

    def parse(self, text: str) -> Any:
        """Return the value that a text stands for; `TrainConfig` checks and converts the rest."""
        if self.optional and text == NONE:
            return None
        if self.kind is Kind.CHOICE:  # a Literal does not convert text to its numbers
            return next((choice for choice in self.choices if str(choice) == text), text)
        return text


def describe_fields(model_fields: Mapping[str, FieldInfo]) -> dict[str, ConfigField]:
    """Return the descriptions of a model's fields, in their order."""
    described, group = {}, ""
    for name, info in model_fields.items():
        if name in _FIRST_FIELDS:
            group = GROUPS[_FIRST_FIELDS.index(name)]
        described[name] = _describe(name, group, info)
    return described


def _describe(name: str, group: str, info: FieldInfo) -> ConfigField:
    annotation: Any = info.annotation
    # Literal[...] | None is a typing.Union, float | None a types.UnionType
    optional = typing.get_origin(annotation) in (typing.Union, types.UnionType)
    if optional:
        annotation = next(part for part in typing.get_args(annotation) if part is not type(None))
    is_choice = typing.get_origin(annotation) is Literal
    return ConfigField(
        name=name,
        kind=Kind.CHOICE if is_choice else _kind(name, annotation),
        default=info.default,
        help=info.description or "",
        group=group,
        choices=typing.get_args(annotation) if is_choice else (),
        bounds={
            bound: getattr(part, bound)
            for part in info.metadata
            for bound in BOUND_TEXTS
            if hasattr(part, bound)
        },
        optional=optional,
        none_means=_NONE_MEANS[name] if optional else "",
        requirement=_REQUIREMENTS.get(name),
    )


def _kind(name: str, annotation: Any) -> Kind:
    if annotation is str:
        return Kind.DEVICE if name == "device" else Kind.WEIGHTS
    kinds = {bool: Kind.BOOLEAN, int: Kind.INTEGER, float: Kind.FLOAT}
    return kinds.get(annotation, Kind.LAYERS)
