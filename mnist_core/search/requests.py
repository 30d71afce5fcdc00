"""What a job is requested to do, as typed models: the content of its job.json."""

import itertools
import json
import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import ConfigDict, Field, RootModel, ValidationError, field_validator, model_validator

from mnist_core.errors import ExplainedError, Message, MnistCoreError, joined, message_of
from mnist_core.search.search_space import BASE_CONFIG, DEFAULT_GRID, Grid, Value
from mnist_core.training.config import FIELDS, TrainConfig
from mnist_core.training.fields import BOUND_TEXTS
from mnist_core.training.lr_finder import check_range
from mnist_core.utils.json_files import JsonModel, problem_text
from mnist_core.utils.text import short_repr, single_line

JobKind: TypeAlias = Literal["find-lr", "sweep"]
MAX_GRID_POINTS = 10_000
"""Each point is checked before the first trial."""
MAX_TRIALS = 10_000
MAX_WORKERS = 256
MAX_STEPS = 100_000
"""Of a range test."""
DEFAULT_TRIALS = 20


# types of pydantic's errors
_INTEGER_ERRORS = {"int_type", "int_parsing", "int_parsing_size", "int_from_float"}
_NUMBER_ERRORS = {"float_type", "float_parsing", "finite_number"}
_BOUND_ERRORS = {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}

_MAX_STUDY_NAME = 60
_NAME_SIGNS = " ._-"


def check_study_name(name: str) -> None:
    """Raise MnistCoreError for a name that no new study may have.

    The name of an existing study is read whatever it is: earlier versions allowed any.
    """
    name = name.strip()
    usable = all(char.isalnum() or char in _NAME_SIGNS for char in name)
    if not (name[:1].isalnum() and usable and len(name) <= _MAX_STUDY_NAME):
        raise ExplainedError(
            Message(
                "the study's name {name} cannot be used; give 1 to {most} characters: letters, "
                "digits, spaces, - _ and . (the first a letter or a digit)",
                name=repr(single_line(name)),
                most=_MAX_STUDY_NAME,
            )
        )


class _Request(JsonModel):
    """Raises MnistCoreError, naming the field and the value, where a value cannot be used."""

    # an unknown field may be an instruction that this version does not follow
    model_config = ConfigDict(extra="forbid")

    def __init__(self, **fields: Any) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise ExplainedError(joined(map(_explain, error.errors()))) from None

    @model_validator(mode="before")
    @classmethod
    def _refuse_earlier_format(cls, fields: object) -> object:
        if isinstance(fields, Mapping) and "options" in fields:
            raise MnistCoreError(
                "it has the format of an earlier version; delete the job and start it again: "
                "runs and studies are kept"
            )
        return fields


class RangeTestRequest(_Request):
    """A learning-rate range test: `config` trained while the rate rises from `low` to `high`."""

    kind: Literal["find-lr"] = "find-lr"
    config: TrainConfig
    low: float = 1e-6
    high: float = 1.0
    steps: int = Field(300, le=MAX_STEPS)

    @model_validator(mode="after")
    def _check_range(self) -> Self:
        check_range(self.low, self.high, self.steps)
        return self


class SweepRequest(_Request):
    """A sweep: a search over `grid` around the configuration `config`.

    Attributes
    ----------
    config : TrainConfig
        What the trials have in common.
    study : str
        Name of the study in the storage; sweeps with the same name continue it.
    sampler : "grid" or "tpe"
    trials : int or None
        Of the whole study; None: the whole grid, or 20 with TPE.
    workers : int
        Processes that train at the same time.
    pruning : bool
        Whether a trial below the median of the others after an epoch is ended early.
    grid : mapping of field name to values

    Raises
    ------
    MnistCoreError
        If a point of the grid is not a valid configuration, or another value cannot be used.
    """

    kind: Literal["sweep"] = "sweep"
    config: TrainConfig = BASE_CONFIG
    study: str = Field("sweep", min_length=1, max_length=200)
    sampler: Literal["grid", "tpe"] = "tpe"
    trials: int | None = Field(None, ge=1, le=MAX_TRIALS)
    workers: int = Field(1, ge=1, le=MAX_WORKERS)
    pruning: bool = True
    grid: dict[str, tuple[Value, ...]] = Field(default=DEFAULT_GRID, min_length=1)

    @field_validator("study")
    @classmethod
    def _strip_name(cls, name: str) -> str:
        if not name.strip():
            raise ExplainedError(Message("the study's name is empty; give at least one letter"))
        return name.strip()

    @field_validator("grid")
    @classmethod
    def _check_fields(cls, grid: Grid) -> Grid:
        if unknown := [name for name in grid if name not in FIELDS]:
            raise MnistCoreError(
                f"the sweep's grid has {short_repr(unknown[0])}, which is not a setting"
            )
        return grid

    @model_validator(mode="after")
    def _check_grid(self) -> Self:
        points = math.prod(map(len, self.grid.values()))
        if not 1 <= points <= MAX_GRID_POINTS:
            raise ExplainedError(
                Message(
                    "the sweep's grid has {points:,} points; give 1 to {most:,}: fewer fields, or "
                    "fewer values",
                    points=points,
                    most=MAX_GRID_POINTS,
                )
            )
        for point in self.points():
            try:
                self.trial_config(point)
            except MnistCoreError as error:
                why = message_of(error)
                raise ExplainedError(
                    Message("the sweep's grid has {point}: {reason}", point=point, reason=why)
                ) from None
        return self

    def points(self) -> list[dict[str, Value]]:
        """Return every point of the grid: a value for each of its fields."""
        values = itertools.product(*self.grid.values())
        return [dict(zip(self.grid, point, strict=True)) for point in values]

    def slots(self) -> list[dict[str, Value]]:
        """Return the parameters of every trial; TPE's are empty: it samples them later."""
        if self.sampler == "grid":
            return self.points()[: self.trials]
        return [{} for _ in range(self.trials or DEFAULT_TRIALS)]

    def trial_config(self, params: Mapping[str, Value]) -> TrainConfig:
        """Return the configuration of a trial with these parameters."""
        return self.config.with_changes(**params)

    def study_settings(self) -> dict[str, Any]:
        """Return what all sweeps of one study have in common, as plain JSON types.

        Number of trials, pruning, workers and device are not part of it: machines may differ.
        """
        config = self.config.model_dump(mode="json", exclude={"device", *self.grid})
        # JSON turns tuples into lists, as the database does
        return json.loads(json.dumps({"sampler": self.sampler, **config, **self.grid}))

    def differences(self, settings: Mapping[str, Any]) -> list[Message]:
        """Return how a study's settings differ from this sweep's, each as a phrase."""
        return [
            Message("{field} {other}, not {value}", field=name, other=settings[name], value=value)
            for name, value in self.study_settings().items()
            # a setting that the study's version did not have is no difference
            if settings.get(name, value) != value
        ]


JobRequest: TypeAlias = RangeTestRequest | SweepRequest


class StoredRequest(RootModel[Annotated[JobRequest, Field(discriminator="kind")]]):
    """Content of job.json."""


def _allowed(error: Any) -> Message | None:
    """Return what is allowed in the place of a number that pydantic refuses; None for others."""
    if error["type"] in _INTEGER_ERRORS:
        return Message("an integer")
    if error["type"] in _NUMBER_ERRORS:
        return Message("a number")
    if error["type"] in _BOUND_ERRORS:
        ((bound, limit),) = error["ctx"].items()
        return Message(BOUND_TEXTS[bound], limit=limit)
    return None


def _explain(error: Any) -> Message:
    if error["type"] == "value_error":
        return message_of(error["ctx"]["error"])
    message, allowed = problem_text(error), _allowed(error)
    if not error["loc"]:
        return Message("{message}", message=message)
    field = single_line(".".join(map(str, error["loc"])), 80)
    if allowed is not None:
        return Message(
            "{field} is {value}; it must be {allowed}",
            field=field,
            value=short_repr(error["input"]),
            allowed=allowed,
        )
    return Message(
        "{field} is {value}; {message}",
        field=field,
        value=short_repr(error["input"]),
        message=f"{message[0].lower()}{message[1:]}",
    )
