"""The scorecard as data: rows, one measurement for each model, and the errors behind them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from pydantic import Field

from mnist_core.utils.json_files import JsonModel


class Unit(StrEnum):
    """What a row's numbers are."""

    SHARE = "share"
    SECONDS = "seconds"
    COUNT = "count"
    BYTES = "bytes"


class Measurement(JsonModel):
    """A measured value and its 95% interval.

    `count` is how many drawings, pictures or repetitions were measured, `correct` how many of them
    the value counts, for a proportion. The interval of an exact number is that number.
    """

    value: float
    low: float
    high: float
    count: int = Field(ge=1)
    correct: int | None = None


class Row(JsonModel):
    """One line of the table.

    Attributes
    ----------
    key : str
        Short name, for `--only` and programs.
    title : str
    unit : Unit
    measured : dict
        Model name -> measurement; a model that the row does not apply to is absent.
    aim : float or None
        The value to reach.
    aims : dict
        Model name -> another aim than `aim`.
    lower_is_better : bool
    skipped : str
        Why nothing was measured; empty if it was.
    """

    key: str
    title: str
    unit: Unit = Unit.SHARE
    measured: dict[str, Measurement] = Field(default_factory=dict)
    aim: float | None = None
    aims: dict[str, float] = Field(default_factory=dict)
    lower_is_better: bool = False
    skipped: str = ""


class ModelSummary(JsonModel):
    """One column of the table: a model, and the seed of its training where the card tells it."""

    name: str
    architecture: str
    seed: int | None = None
    command: str = ""


class Scorecard(JsonModel):
    """The whole table, and what it was measured with.

    `limit` is the number of drawings of each set (None: all), `pictures` that of each kind of
    picture, `seed` that of the generated pictures and of the resampling.
    """

    models: tuple[ModelSummary, ...]
    rows: tuple[Row, ...]
    limit: int | None = None
    pictures: int
    seed: int
    environment: dict[str, Any] = Field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Misclassified:
    """One error.

    Attributes
    ----------
    model, row : str
        Name of the model, title of the row.
    index : int
        Of the drawing among those of the row, from 0.
    true, predicted : str
        A digit, a letter, several digits, "blank" or "refused".
    probabilities : float32 array (10,)
        Empty for a row of digits.
    frame : uint8 array (28, W)
        The network's input (28, 28), or a row of digits.
    """

    model: str
    row: str
    index: int
    true: str
    predicted: str
    probabilities: np.ndarray
    frame: np.ndarray
