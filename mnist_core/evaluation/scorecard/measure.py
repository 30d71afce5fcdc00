"""Measuring a whole scorecard."""

import os
import platform
from collections.abc import Collection, Sequence

import numpy as np
import torch

from mnist_core.errors import MnistCoreError
from mnist_core.evaluation.scorecard import cost, mnist_rows, picture_rows, several, strokes
from mnist_core.evaluation.scorecard.context import Context
from mnist_core.evaluation.scorecard.results import Measurement, ModelSummary, Scorecard

PICTURES = 500
"""Drawings of each kind of picture, unless another number is asked for."""
MEAN = "mean"

_PARTS = (
    (strokes.ROWS, strokes.stroke_rows),
    (picture_rows.ROWS, picture_rows.picture_rows),
    (several.ROWS, several.several_rows),
    (mnist_rows.ROWS, mnist_rows.mnist_rows),
    (cost.ROWS, cost.cost_rows),
)
ROWS = tuple(row for rows, _ in _PARTS for row in rows)
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
    rows = [
        row
        for part, measure_part in _PARTS
        if any(row.key in wanted for row in part)
        for row in measure_part(context, wanted)
        if row.key in wanted
    ]
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
