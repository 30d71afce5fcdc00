"""Reading a row of digits, such as "42" or "2026", from strokes or a picture.

Imports no torch.
"""

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image
from scipy import ndimage
from scipy.spatial import KDTree

from mnist_core.imaging.images import Picture, grey_image
from mnist_core.imaging.ink_parts import SMALLEST_DIGIT, InkParts
from mnist_core.imaging.rasterize import check_strokes, rasterize_strokes
from mnist_core.inference.dots import are_dots
from mnist_core.inference.grouping import (
    Box,
    Part,
    best_runs,
    candidates,
    row_height,
    row_parts,
    run_part,
)
from mnist_core.inference.prediction import Prediction
from mnist_core.inference.steps import ImagingSteps

Classify = Callable[[np.ndarray], list[Prediction]]
"""Canvases (B, 56, 56), float32 in [0, 1] -> their predictions."""

_INKED = 0.3
"""Smallest ink of a pixel that belongs to a component."""
_SPECK = 0.12
"""Components smaller than this share of the row's height are not digits, nor parts of one."""
_TOUCH = 0.02
"""Strokes touch if they are closer than this share of the row's height."""
_CLOSE = 0.12
"""Strokes almost touch if they are closer than this share of the row's height."""
_LEAST_SCORE = 0.8
"""Strokes that almost touch are not taken apart where one side has a lower digit score: most
are letters, whose stems look like ones."""
_MOST_POINTS = 2000  # on one stroke, to bound the work
_LEAST_QUALITY = 1e-4
_NEIGHBOUR_ODDS = 10.0
"""How much likelier a drawing is a digit if another one in its row is."""

_NO_GAPS: Mapping[tuple[int, int], float] = {}


@dataclass(frozen=True, eq=False)
class ReadDigit:
    """One digit of a row.

    Attributes
    ----------
    box : Box
        (left, top, right, bottom), y downwards: in the strokes' unit, or in pixels of the picture.
    prediction : Prediction
        Refused where it does not look like one digit; then `reason` says why. Next to an accepted
        digit, the odds of the digit score are ten times those of the digit alone.
    ink : float32 array (56, 56)
        The digit's ink canvas, light on dark, as `Classifier.classify_ink_with_maps` takes it.
    strokes : tuple of int
        Indices of its strokes in the drawing; empty for a picture.
    """

    box: Box
    prediction: Prediction
    ink: np.ndarray
    strokes: tuple[int, ...] = ()


def read_stroke_row(strokes: Sequence[np.ndarray], classify: Classify) -> list[ReadDigit]:
    """Read a row of digits drawn with a pen. Raises MnistCoreError for malformed strokes."""
    checked = check_strokes(strokes)
    if are_dots(checked):  # enlarged in a canvas, each would look like a digit
        return []
    # the indices of the strokes that are not empty
    given = [index for index, stroke in enumerate(strokes) if np.size(stroke)]
    parts = row_parts([Box(*map(float, (*s.min(0), *s.max(0)))) for s in checked])

    def draw(chosen: Sequence[Part]) -> np.ndarray:
        return rasterize_strokes([[checked[i] for i in part.indices] for part in chosen])

    row = _read(parts, draw, classify, _gaps(parts, checked))
    return [
        replace(digit, strokes=tuple(given[i] for i in digit.strokes))
        for digit in _without_punctuation(row)
    ]


def _gaps(parts: Sequence[Part], strokes: list[np.ndarray]) -> dict[tuple[int, int], float]:
    """Return the pairs of parts whose strokes almost touch: their distance by the row's height."""
    height = row_height(parts)
    reach = _CLOSE * height
    points = [
        np.concatenate([_dense(strokes[i], _TOUCH * height / 2) for i in part.indices])
        for part in parts
    ]
    gaps = {}
    for left, right in itertools.combinations(range(len(parts)), 2):
        first, second = parts[left].box, parts[right].box
        if second.left - first.right < reach and first.left - second.right < reach:
            distance, _ = KDTree(points[left]).query(points[right], distance_upper_bound=reach)
            if np.isfinite(distance).any():
                gaps[left, right] = float(distance.min()) / height
    return gaps


def _dense(stroke: np.ndarray, spacing: float) -> np.ndarray:
    """Return points on a stroke that are at most `spacing` apart."""
    length = np.concatenate([[0.0], np.hypot(*np.diff(stroke, axis=0).T).cumsum()])
    count = 1 + min(_MOST_POINTS, int(np.ceil(length[-1] / spacing)))
    at = np.linspace(0, length[-1], count)
    return np.stack([np.interp(at, length, stroke[:, axis]) for axis in range(2)], 1)


def read_picture_row(picture: Picture, classify: Classify, steps: ImagingSteps) -> list[ReadDigit]:
    """Read a row of digits in a picture. Raises MnistCoreError as `grey_image` does."""
    grey = grey_image(picture)
    found = steps.parts(grey)
    width, height = picture.size if isinstance(picture, Image.Image) else picture.shape[1::-1]
    x, y = width / grey.shape[1], height / grey.shape[0]
    return [
        replace(digit, box=Box(box.left * x, box.top * y, box.right * x, box.bottom * y))
        for digit in (read_parts(found, classify) if found else [])
        for box in [digit.box]
    ]


def read_parts(found: InkParts, classify: Classify) -> list[ReadDigit]:
    """Read a row of digits of a picture's parts; boxes in pixels of its grey image."""

    def draw(chosen: Sequence[Part]) -> np.ndarray:
        return found.inks([part.indices for part in chosen])

    row = _without_punctuation(_read(found_parts(found), draw, classify))
    return [replace(digit, strokes=()) for digit in row]


def _without_punctuation(row: list[ReadDigit]) -> list[ReadDigit]:
    """Return a row without commas and stray marks: what is small beside the digits."""
    # digits that touch are wide: the others are not small beside them
    height = row_height([Part((), digit.box) for digit in row])
    return [
        digit for digit in row if max(digit.box.width, digit.box.height) >= SMALLEST_DIGIT * height
    ]


def found_parts(found: InkParts) -> list[Part]:
    """Return a picture's parts from left to right; those above one another are one."""
    return row_parts([Box(*map(float, box)) for box in found.boxes])


def read_ink_row(ink: np.ndarray, classify: Classify, steps: ImagingSteps) -> list[ReadDigit]:
    """Read a row of digits in a canvas (56, 56), light on dark; boxes in its pixels."""
    labels, boxes, numbers = _components(ink)

    def draw(chosen: Sequence[Part]) -> np.ndarray:
        masks = [np.isin(labels, [numbers[i] for i in part.indices]) for part in chosen]
        return steps.fit(ink * np.stack(masks)).canvas

    return [replace(digit, strokes=()) for digit in _read(row_parts(boxes), draw, classify)]


def ink_parts(ink: np.ndarray) -> list[Part]:
    """Return the parts of a row of digits in a canvas (56, 56), from left to right."""
    return row_parts(_components(ink)[1])


def _components(ink: np.ndarray) -> tuple[np.ndarray, list[Box], list[int]]:
    """Return the labels (H, W) of connected ink, and boxes and numbers of those that count."""
    labels, _ = ndimage.label(ink > _INKED, np.ones((3, 3)))
    # the soft edge belongs to the component next to it
    labels = np.where(labels == 0, ndimage.grey_dilation(labels, (3, 3)), labels) * (ink > 0)
    found = [
        (number, Box(float(x.start), float(y.start), float(x.stop), float(y.stop)))
        for number, place in enumerate(ndimage.find_objects(labels), 1)
        if place is not None
        for y, x in [place]
    ]
    height = row_height([Part((), box) for _, box in found])
    large = [
        (number, box) for number, box in found if max(box.width, box.height) >= _SPECK * height
    ]
    return labels, [box for _, box in large], [number for number, _ in large]


def _read(
    parts: list[Part],
    draw: Callable[[Sequence[Part]], np.ndarray],
    classify: Classify,
    gaps: Mapping[tuple[int, int], float] = _NO_GAPS,
) -> list[ReadDigit]:
    """Cut a row of parts into digits, with the parts' indices; blanks (dots) are left out.

    `gaps` are those of parts that touch or almost touch, by the row's height.
    """
    if not parts:
        return []
    runs = candidates(len(parts))
    groups = [run_part(parts, run) for run in runs]
    canvases = draw(groups)
    predictions = classify(canvases)
    found = {
        run: ReadDigit(group.box, prediction, canvas, group.indices)
        for run, group, prediction, canvas in zip(runs, groups, predictions, canvases, strict=True)
    }
    qualities = {run: _quality(digit.prediction) for run, digit in found.items()}
    touching = [pair for pair, gap in gaps.items() if gap < _TOUCH]
    chosen = best_runs(parts, qualities, touching)
    # a K is no 1 beside something else
    others = [range(*run) for run in chosen if found[run].prediction.digit_score < _LEAST_SCORE]
    cut = [pair for pair in gaps if any((pair[0] in run) != (pair[1] in run) for run in others)]
    if cut:
        chosen = best_runs(parts, qualities, touching + cut)
    return _with_neighbours([found[run] for run in chosen if not found[run].prediction.is_blank])


def _quality(prediction: Prediction) -> float:
    if prediction.is_blank:
        return _LEAST_QUALITY
    return max(_LEAST_QUALITY, prediction.digit_score * prediction.confidence)


def _with_neighbours(row: list[ReadDigit]) -> list[ReadDigit]:
    """Raise the digit score of drawings next to a digit."""
    accepted = [digit.prediction.is_digit for digit in row]
    return [
        replace(digit, prediction=_likelier(digit.prediction))
        if any(accepted[:index] + accepted[index + 1 :])
        else digit
        for index, digit in enumerate(row)
    ]


def _likelier(prediction: Prediction) -> Prediction:
    odds = _NEIGHBOUR_ODDS * prediction.digit_score
    return replace(prediction, digit_score=odds / (odds + 1 - prediction.digit_score))
