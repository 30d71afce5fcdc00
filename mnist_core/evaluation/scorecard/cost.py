"""Rows about what a model costs: time, parameters, bytes."""

import time
from collections.abc import Iterator

import numpy as np
import torch

from mnist_core.data.allographs import draw_digit
from mnist_core.evaluation.scorecard.context import Context, Measure, measure_rows
from mnist_core.evaluation.scorecard.intervals import exact, median
from mnist_core.evaluation.scorecard.pads import pad_picture
from mnist_core.evaluation.scorecard.results import Measurement, Row, Unit

SPEED = Row(
    key="seconds",
    title="picture of 280x280 to Prediction, one core",
    unit=Unit.SECONDS,
    aims={"default": 0.008},
    lower_is_better=True,
)
PARAMETERS = Row(
    key="parameters",
    title="parameters",
    unit=Unit.COUNT,
    aims={"student": 25_000},
    lower_is_better=True,
)
SIZE = Row(key="bytes", title="weights file", unit=Unit.BYTES, lower_is_better=True)
ROWS = (SPEED, PARAMETERS, SIZE)

_REPETITIONS = 60
_WARM_UP = 5


def cost_rows(context: Context, wanted: set[str]) -> Iterator[Row]:
    """Measure those of `ROWS` whose keys are wanted."""
    measures: dict[str, Measure] = {
        SPEED.key: lambda row: _seconds(context),
        PARAMETERS.key: lambda row: _parameters(context),
        SIZE.key: lambda row: _sizes(context),
    }
    yield from measure_rows(ROWS, measures, wanted)


def _parameters(context: Context) -> dict[str, Measurement]:
    return {model.summary.name: exact(model.parameters) for model in context.models}


def _sizes(context: Context) -> dict[str, Measurement]:
    return {
        model.summary.name: exact(model.file_size)
        for model in context.models
        if model.file_size is not None
    }


def _seconds(context: Context) -> dict[str, Measurement]:
    """Time single pictures, the models in turn: what else the machine does is shared by all."""
    context.note(SPEED.title)
    rng = context.rng(SPEED.key)
    pictures = [
        pad_picture(draw_digit(rng, number % 10), 20, None)
        for number in range(_WARM_UP + _REPETITIONS)
    ]
    times: dict[str, list[float]] = {model.summary.name: [] for model in context.models}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        for picture in pictures:
            for model in context.models:
                began = time.perf_counter()
                model.predict_pictures([picture])
                times[model.summary.name].append(time.perf_counter() - began)
    finally:
        torch.set_num_threads(threads)
    return {name: median(np.array(values[_WARM_UP:])) for name, values in times.items()}
