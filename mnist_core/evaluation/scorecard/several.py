"""Rows about several digits side by side: never taken for one, and read as a row."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from PIL import Image

from mnist_core.errors import MnistCoreError
from mnist_core.evaluation.pictures import draw_row
from mnist_core.evaluation.pictures.layers import ink_layer
from mnist_core.evaluation.scorecard.context import Context, Measure, measure_rows
from mnist_core.evaluation.scorecard.intervals import proportion
from mnist_core.evaluation.scorecard.pads import stroke_row
from mnist_core.evaluation.scorecard.recognisers import Recogniser, SetPredictions
from mnist_core.evaluation.scorecard.results import Measurement, Misclassified, Row
from mnist_core.evaluation.scorecard.sets import StrokeSet

REFUSED = Row(key="pairs-refused", title="two digits by strokes that are not accepted as one")
REFUSED_PICTURES = Row(
    key="pairs-refused-pictures", title="two digits in a picture that are not accepted as one"
)
READ = Row(key="rows-read", title="pairs and triples by strokes, read whole", aim=0.97)
READ_PICTURES = Row(
    key="rows-read-pictures", title="pairs and triples in a picture, read whole", aim=0.97
)
ROWS = (REFUSED, REFUSED_PICTURES, READ, READ_PICTURES)

Drawing = list[np.ndarray]
Draw = Callable[[list[Drawing], np.random.Generator], Drawing | Image.Image]
"""Digits, left to right, drawn as strokes or as a picture."""

_NEAR = 20
_HEIGHT = 28
_NONE = np.zeros(0, np.float32)


def several_rows(context: Context, wanted: set[str]) -> Iterator[Row]:
    """Measure those of `ROWS` whose keys are wanted."""
    measures: dict[str, Measure] = {
        REFUSED.key: lambda row: _refused(context, row, stroke_row, _predict_strokes),
        REFUSED_PICTURES.key: lambda row: _refused(
            context, row, _picture, lambda model, pairs: model.predict_pictures(pairs)
        ),
        READ.key: lambda row: _read(context, row, stroke_row),
        READ_PICTURES.key: lambda row: _read(context, row, _picture),
    }
    yield from measure_rows(ROWS, measures, wanted)


def _draw_rows(
    context: Context, row: Row, lengths: Sequence[int], draw: Draw
) -> tuple[list[str], list]:
    """Return rows of digits as text and as drawings; each row's are near each other in a set,
    which mostly means that one person wrote them."""
    context.note(row.title)
    rng = context.rng(row.key)
    texts, drawn = [], []
    for drawings in (context.sets.unipen, context.sets.pendigits):
        count = min(len(drawings), max(1, context.pictures // 2))
        starts = np.linspace(0, len(drawings) - 1, count).astype(int)
        for number, start in enumerate(starts):
            near = np.arange(start, start + _NEAR) % len(drawings)
            chosen = rng.choice(near, lengths[number % len(lengths)])
            texts.append("".join(drawings.labels[i] for i in chosen))
            drawn.append(draw([drawings.drawings[i] for i in chosen], rng))
    return texts, drawn


def _predict_strokes(model: Recogniser, pairs: list[list[np.ndarray]]) -> SetPredictions:
    return model.predict_strokes(StrokeSet("pairs", [""] * len(pairs), pairs))


def _picture(drawings: list[Drawing], rng: np.random.Generator) -> Image.Image:
    return draw_row(drawings, rng)[0]


def _refused(
    context: Context, row: Row, draw: Draw, predict: Callable[[Recogniser, list], SetPredictions]
) -> dict[str, Measurement]:
    true, pairs = _draw_rows(context, row, (2,), draw)
    result = {}
    for model in context.models:
        predictions = predict(model, pairs)
        predicted = [str(digit) for digit in predictions.digits]
        context.add_errors(model, row, predictions, predictions.accepted, true, predicted)
        result[model.summary.name] = proportion(~predictions.accepted)
    return result


def _read(context: Context, row: Row, draw: Draw) -> dict[str, Measurement]:
    models = [model for model in context.models if model.reads_rows]
    if not models:
        raise MnistCoreError("none of these models reads rows")
    true, drawings = _draw_rows(context, row, (2, 3), draw)
    result = {}
    for model in models:
        read = [model.read_row(drawing) for drawing in drawings]
        context.errors += [
            Misclassified(
                model.summary.name, row.title, i, true[i], read[i] or "blank", _NONE, _frame(drawn)
            )
            for i, drawn in enumerate(drawings)
            if read[i] != true[i]
        ]
        result[model.summary.name] = proportion(np.array(read) == np.array(true))
    return result


def _frame(drawing: Drawing | Image.Image) -> np.ndarray:
    """Return a row of digits as uint8 (28, W), light or dark as it was drawn."""
    if not isinstance(drawing, Image.Image):
        width, height = np.ptp(np.concatenate(drawing), axis=0)
        size = (max(1, round(2 * _HEIGHT * width / height)), 2 * _HEIGHT)
        centre = (size[0] / 2, size[1] / 2)
        layer = ink_layer(drawing, 4, centre, float(max(size)) - 4, size)
        drawing = Image.fromarray(np.rint(255 * layer).astype(np.uint8))
    size = (max(1, round(_HEIGHT * drawing.width / drawing.height)), _HEIGHT)
    return np.asarray(drawing.convert("L").resize(size, Image.Resampling.BOX))
