"""Rows about pen drawings: digits, digits kept, letters refused, and calibration."""

from collections.abc import Iterator

import numpy as np

from mnist_core.evaluation.scorecard.context import Context, Measure, measure_rows
from mnist_core.evaluation.scorecard.intervals import calibration_error, proportion
from mnist_core.evaluation.scorecard.recognisers import SetPredictions
from mnist_core.evaluation.scorecard.results import Measurement, Row
from mnist_core.evaluation.scorecard.sets import StrokeSet

CONFIDENT = 0.9

UNIPEN = Row(
    key="unipen", title="UNIPEN digits, by strokes", aim=0.988, aims={"student": 0.98}
)  # fmt: skip
PENDIGITS = Row(
    key="pendigits", title="pendigits, by strokes", aim=0.992, aims={"student": 0.985}
)  # fmt: skip
KEPT = Row(key="kept", title="digits by strokes that are accepted", aim=0.97)
LETTERS = Row(key="letters", title="letters by strokes that are refused", aim=0.85)
CONFIDENT_LETTERS = Row(
    key="confident-letters",
    title="letters accepted as a digit with more than 0.9",
    lower_is_better=True,
)
CALIBRATION = Row(
    key="ece-strokes",
    title="calibration error (ECE), pen strokes",
    aim=0.01,
    lower_is_better=True,
)
ROWS = (UNIPEN, PENDIGITS, KEPT, LETTERS, CONFIDENT_LETTERS, CALIBRATION)


def stroke_rows(context: Context, wanted: set[str]) -> Iterator[Row]:
    """Measure those of `ROWS` whose keys are wanted."""
    measures: dict[str, Measure] = {
        UNIPEN.key: lambda row: _accuracy(context, row, context.sets.unipen),
        PENDIGITS.key: lambda row: _accuracy(context, row, context.sets.pendigits),
        KEPT.key: lambda row: _kept(context, row),
        LETTERS.key: lambda row: _letters(context, row),
        CONFIDENT_LETTERS.key: lambda row: _confident_letters(context),
        CALIBRATION.key: lambda row: _calibration(context),
    }
    yield from measure_rows(ROWS, measures, wanted)


def _accuracy(context: Context, row: Row, drawings: StrokeSet) -> dict[str, Measurement]:
    return {
        model.summary.name: context.accuracy(
            model, row, context.strokes(model, drawings), drawings.digits
        )
        for model in context.models
    }


def _both(context: Context) -> tuple[StrokeSet, StrokeSet]:
    return context.sets.unipen, context.sets.pendigits


def _kept(context: Context, row: Row) -> dict[str, Measurement]:
    sets = _both(context)
    result = {}
    for model in context.models:
        accepted = []
        for drawings in sets:
            predictions = context.strokes(model, drawings)
            refused = ["refused"] * len(drawings)
            context.add_errors(
                model, row, predictions, ~predictions.accepted, drawings.labels, refused
            )
            accepted.append(predictions.accepted)
        result[model.summary.name] = proportion(np.concatenate(accepted))
    return result


def _letters(context: Context, row: Row) -> dict[str, Measurement]:
    letters = context.sets.letters
    result = {}
    for model in context.models:
        predictions = context.strokes(model, letters)
        predicted = [str(digit) for digit in predictions.digits]
        context.add_errors(model, row, predictions, predictions.accepted, letters.labels, predicted)
        result[model.summary.name] = proportion(~predictions.accepted)
    return result


def _confident_letters(context: Context) -> dict[str, Measurement]:
    letters = context.sets.letters

    def confident(predictions: SetPredictions) -> np.ndarray:
        return predictions.accepted & (predictions.probabilities.max(1) > CONFIDENT)

    return {
        model.summary.name: proportion(confident(context.strokes(model, letters)))
        for model in context.models
    }


def _calibration(context: Context) -> dict[str, Measurement]:
    sets = _both(context)
    labels = np.concatenate([drawings.digits for drawings in sets])
    return {
        model.summary.name: calibration_error(
            np.concatenate([context.strokes(model, drawings).probabilities for drawings in sets]),
            labels,
            context.seed,
        )
        for model in context.models
    }
