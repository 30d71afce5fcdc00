"""Measuring a whole scorecard."""

import os
import platform
from collections.abc import Collection, Iterator, Sequence

import numpy as np
import torch

from mnist_core.errors import MnistCoreError
from mnist_core.evaluation.scorecard import cost, mnist_rows, picture_rows, several, strokes
from mnist_core.evaluation.scorecard.context import Context
from mnist_core.evaluation.scorecard.results import Measurement, ModelSummary, Row, Scorecard

PICTURES = 500
"""Drawings of each kind of picture, unless another number is asked for."""
MEAN = "mean"

ROWS = (
    *strokes.ROWS,
    *picture_rows.ROWS,
    *several.ROWS,
    *mnist_rows.ROWS,
    *cost.ROWS,
)
"""All rows, in the table's order, without measurements."""


def measure(context: Context, only: Collection[str] = ()) -> Scorecard:
    """Measure all rows, or those whose keys are given; the errors are then in `context.errors`.

    Raises
    ------
    MnistCoreError
        For an unknown key, models of the same name, or if none of the rows could be measured.
    """
    wanted = _check_keys(only)
    names = [model.summary.name for model in context.models]
    if len(set(names)) < len(names):
        raise MnistCoreError(f"two models have the same name: {', '.join(names)}")
    rows = [row for row in _measure(context, wanted) if row.key in wanted]
    if not any(row.measured for row in rows):
        reasons = dict.fromkeys(row.skipped for row in rows)
        raise MnistCoreError("nothing could be measured: " + "; ".join(reasons))
    shown = {row.title for row in rows}
    context.errors[:] = [error for error in context.errors if error.row in shown]
    return Scorecard(
        models=tuple(model.summary for model in context.models),
        rows=tuple(rows),
        limit=context.sets.limit,
        pictures=context.pictures,
        seed=context.seed,
        environment={
            "torch": torch.__version__,
            "machine": platform.machine(),
            "cpus": os.cpu_count(),
        },
    )


def with_mean(card: Scorecard) -> Scorecard:
    """Return the scorecard with one more column: the mean of its models, such as several seeds.

    Its interval is the range from the lowest to the highest model.
    """
    rows = [
        row.model_copy(update={"measured": {**row.measured, MEAN: _mean([*row.measured.values()])}})
        if row.measured
        else row
        for row in card.rows
    ]
    column = ModelSummary(name=MEAN, architecture="mean of the other columns")
    return card.model_copy(update={"models": (*card.models, column), "rows": tuple(rows)})


def _mean(measurements: Sequence[Measurement]) -> Measurement:
    values = [one.value for one in measurements]
    return Measurement(
        value=float(np.mean(values)), low=min(values), high=max(values), count=len(values)
    )


def _check_keys(only: Collection[str]) -> set[str]:
    known = [row.key for row in ROWS]
    unknown = [key for key in only if key not in known]
    if unknown:
        raise MnistCoreError(f"unknown row {unknown[0]!r}; choose from {', '.join(known)}")
    return set(only) or set(known)


def _measure(context: Context, wanted: set[str]) -> Iterator[Row]:
    def asked(rows: Sequence[Row]) -> bool:
        return any(row.key in wanted for row in rows)

    if asked(strokes.ROWS):
        yield from strokes.stroke_rows(context, wanted)
    if asked(picture_rows.ROWS):
        yield from picture_rows.picture_rows(context, wanted)
    if asked(several.ROWS):
        yield from several.several_rows(context, wanted)
    if asked(mnist_rows.ROWS):
        yield from mnist_rows.mnist_rows(context)
    if asked(cost.ROWS):
        yield from cost.cost_rows(context, wanted)
