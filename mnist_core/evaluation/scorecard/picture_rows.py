"""Rows about pictures: generated ones of every kind, the pad's, and scikit-learn's 8x8 digits."""

from collections.abc import Iterator

import numpy as np

from mnist_core.errors import MnistCoreError
from mnist_core.evaluation.pictures import KINDS
from mnist_core.evaluation.scorecard.context import Context, measured
from mnist_core.evaluation.scorecard.intervals import proportion
from mnist_core.evaluation.scorecard.pads import pad_picture
from mnist_core.evaluation.scorecard.results import Measurement, Row
from mnist_core.evaluation.scorecard.sets import StrokeSet

AIMS = {
    "pen 12": 0.985,
    "pen 28": 0.96,
    "corner": 0.98,
    "ruled box": 0.98,
    "strip": 0.98,
    "cut to ink": 0.98,
}
PADS = (12, 20, 28)

_KIND_ROWS = {
    kind: Row(
        key=f"picture-{kind.replace(' ', '-')}", title=f"pictures: {kind}", aim=AIMS.get(kind)
    )
    for kind in KINDS
}
_PAD_ROWS = {
    pen: Row(key=f"pad-{pen}", title=f"pendigits as they stood on the pad, pen {pen} of 280 px")
    for pen in PADS
}
SMALL = Row(key="digits-8x8", title="scikit-learn's digits, 8x8, cut to their ink", aim=0.97)
KEPT = Row(key="kept-pictures", title="digits as pictures that are accepted, all kinds", aim=0.97)
ROWS = (*_KIND_ROWS.values(), KEPT, *_PAD_ROWS.values(), SMALL)


def picture_rows(context: Context, wanted: set[str]) -> Iterator[Row]:
    """Measure those of `ROWS` whose keys are wanted."""
    accepted: dict[str, list[np.ndarray]] = {}
    for kind, row in _KIND_ROWS.items():
        if row.key in wanted or KEPT.key in wanted:
            yield measured(row, lambda row, kind=kind: _kind(context, row, kind, accepted))
    yield measured(KEPT, lambda row: _kept(context, accepted))
    for pen, row in _PAD_ROWS.items():
        if row.key in wanted:
            yield measured(row, lambda row, pen=pen: _pad(context, row, pen))
    if SMALL.key in wanted:
        yield measured(SMALL, lambda row: _small(context, row))


def _kind(
    context: Context, row: Row, kind: str, accepted: dict[str, list[np.ndarray]]
) -> dict[str, Measurement]:
    drawings = _sample(context)
    context.note(row.title)
    rng = context.rng(kind)
    pictures = [KINDS[kind](strokes, rng) for strokes in drawings.drawings]
    result = {}
    for model in context.models:
        predictions = model.predict_pictures(pictures)
        accepted.setdefault(model.summary.name, []).append(predictions.accepted)
        result[model.summary.name] = context.accuracy(model, row, predictions, drawings.digits)
    return result


def _sample(context: Context) -> StrokeSet:
    """Return drawings evenly over UNIPEN and pendigits; half of them of each."""
    sets = [
        drawings.spread(max(1, context.pictures // 2))
        for drawings in (context.sets.unipen, context.sets.pendigits)
    ]
    return StrokeSet(
        "UNIPEN and pendigits",
        [label for drawings in sets for label in drawings.labels],
        [strokes for drawings in sets for strokes in drawings.drawings],
    )


def _kept(context: Context, accepted: dict[str, list[np.ndarray]]) -> dict[str, Measurement]:
    if not accepted:
        raise MnistCoreError("no pictures were measured")
    return {name: proportion(np.concatenate(parts)) for name, parts in accepted.items()}


def _pad(context: Context, row: Row, pen: float) -> dict[str, Measurement]:
    drawings = context.sets.pendigits.spread(context.pictures)
    context.note(row.title)
    pads = [pad_picture(strokes, pen, drawings.box) for strokes in drawings.drawings]
    return {
        model.summary.name: context.accuracy(
            model, row, model.predict_pictures(pads), drawings.digits
        )
        for model in context.models
    }


def _small(context: Context, row: Row) -> dict[str, Measurement]:
    pictures, labels = context.sets.digits_8x8
    context.note(row.title)
    return {
        model.summary.name: context.accuracy(model, row, model.predict_pictures(pictures), labels)
        for model in context.models
    }
