"""Reading a row of digits, such as "42" or "2026", from strokes or a picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor

from mnist_core.imaging.images import Picture, to_grey
from mnist_core.imaging.normalize import fit_canvas, ink_box
from mnist_core.imaging.rasterize import check_strokes, draw_strokes
from mnist_core.imaging.segment import find_ink
from mnist_core.inference.grouping import (
    Box,
    Part,
    best_runs,
    candidates,
    row_height,
    row_parts,
    run_part,
)
from mnist_core.inference.prediction import Prediction, RefusalReason

Classify = Callable[[Tensor], list[Prediction]]
"""Canvases (B, 1, 56, 56) -> their predictions."""

_INKED = 0.3
"""Smallest ink of a pixel that belongs to a component."""
_SPECK = 0.12
"""Components smaller than this share of the row's height are not digits, nor parts of one."""
_LEAST_QUALITY = 1e-4
_TOUCHING_WIDTH = 0.9
"""Two digits that touch are at least so wide, relative to their height."""
_CUTS = np.linspace(0.3, 0.7, 9)
"""Where a drawing is cut in two to see whether both halves are digits, relative to its width."""


@dataclass(frozen=True, eq=False)
class ReadDigit:
    """One digit of a row.

    Attributes
    ----------
    box : Box
        (left, top, right, bottom), y downwards: in the strokes' unit, or in pixels of the picture.
    prediction : Prediction
        Refused where it does not look like one digit; then `reason` says why.
    strokes : tuple of int
        Indices of its strokes in the drawing; empty for a picture.
    """

    box: Box
    prediction: Prediction
    strokes: tuple[int, ...] = ()


def read_stroke_row(strokes: Sequence[np.ndarray], classify: Classify) -> list[ReadDigit]:
    """Read a row of digits drawn with a pen. Raises MnistCoreError for malformed strokes."""
    checked = check_strokes(strokes)
    # the indices of the strokes that are not empty
    given = [index for index, stroke in enumerate(strokes) if np.size(stroke)]
    parts = row_parts([Box(*stroke.min(0), *stroke.max(0)) for stroke in checked])

    def draw(chosen: Sequence[Part]) -> Tensor:
        return draw_strokes([[checked[i] for i in part.indices] for part in chosen])

    return [
        ReadDigit(Box(*map(float, part.box)), prediction, tuple(given[i] for i in part.indices))
        for part, prediction in _read(parts, draw, classify)
    ]


def read_picture_row(picture: Picture, classify: Classify) -> list[ReadDigit]:
    """Read a row of digits in a picture. Raises MnistCoreError as `to_grey` does."""
    grey = to_grey(picture)
    with torch.inference_mode():
        ink = find_ink(grey)
    width, height = picture.size if hasattr(picture, "getbands") else picture.shape[1::-1]
    x, y = width / grey.shape[-1], height / grey.shape[-2]
    return [
        ReadDigit(Box(box.left * x, box.top * y, box.right * x, box.bottom * y), prediction)
        for box, prediction in read_ink_row(ink, classify)
    ]


def read_ink_row(
    ink: Tensor, classify: Classify, *, explain: bool = True
) -> list[tuple[Box, Prediction]]:
    """Read a row of digits in ink (1, 1, H, W), light on dark; boxes in its pixels."""
    labels, boxes, numbers = _components(ink[0, 0].numpy())
    parts = row_parts(boxes)

    def draw(chosen: Sequence[Part]) -> Tensor:
        canvases = [torch.zeros(0, 1, 1, 1)]
        for part in chosen:
            mask = np.isin(labels, [numbers[i] for i in part.indices])
            left, top, right, bottom = map(int, part.box)
            only = ink[:, :, top:bottom, left:right] * torch.from_numpy(
                mask[top:bottom, left:right].astype(np.float32)
            )
            # a margin, so that the soft edge of the ink stays where it is
            canvases.append(fit_canvas(torch.nn.functional.pad(only, (2, 2, 2, 2))))
        return torch.cat(canvases[1:])

    return [(part.box, prediction) for part, prediction in _read(parts, draw, classify, explain)]


def explain_refusal(prediction: Prediction, canvas: Tensor, classify: Classify) -> Prediction:
    """Return a prediction with the reason of its refusal, if it is refused.

    A drawing that is no single digit is several digits if its separate parts are digits, or if a
    vertical cut turns a wide drawing into two digits: then they touch. On 300 pairs of UNIPEN
    digits drawn without lifting the pen, 72% of those that are refused are said to be several
    digits, and 11% of the letters.

    Parameters
    ----------
    prediction : Prediction
    canvas : Tensor (1, 1, 56, 56)
        The drawing's ink.
    classify : callable
        Must not explain refusals.
    """
    if prediction.is_digit:
        return prediction
    if prediction.is_blank:
        return replace(prediction, reason=RefusalReason.BLANK)
    row = read_ink_row(canvas, classify, explain=False)
    several = len(row) > 1 and all(digit.is_digit for _, digit in row)
    several = several or _two_that_touch(canvas, classify)
    reason = RefusalReason.SEVERAL_DIGITS if several else RefusalReason.NOT_A_DIGIT
    return replace(prediction, reason=reason)


def _two_that_touch(canvas: Tensor, classify: Classify) -> bool:
    centre, sides = ink_box(canvas)
    (_, x), (height, width) = centre[0].tolist(), sides[0].tolist()
    if width < _TOUCHING_WIDTH * height:
        return False
    halves = []
    for cut in (round(x + (share - 0.5) * width) for share in _CUTS):
        left, right = canvas.clone(), canvas.clone()
        left[..., cut:] = 0
        right[..., :cut] = 0
        halves += [left, right]
    with torch.inference_mode():
        predictions = classify(fit_canvas(torch.cat(halves)))
    return any(
        left.is_digit and right.is_digit
        for left, right in zip(predictions[::2], predictions[1::2], strict=True)
    )


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
    draw: Callable[[Sequence[Part]], Tensor],
    classify: Classify,
    explain: bool = True,
) -> list[tuple[Part, Prediction]]:
    """Cut a row of parts into digits; blanks (dots) are left out."""
    if not parts:
        return []
    runs = candidates(len(parts))
    groups = [run_part(parts, run) for run in runs]
    with torch.inference_mode():
        canvases = draw(groups)
        predictions = classify(canvases)
    found = dict(zip(runs, zip(groups, predictions, strict=True), strict=True))
    chosen = best_runs(parts, {run: _quality(found[run][1]) for run in runs})
    read = [(run, *found[run]) for run in chosen if not found[run][1].is_blank]
    if not explain:
        return [(part, prediction) for _, part, prediction in read]
    place = {run: index for index, run in enumerate(runs)}
    return [
        (part, explain_refusal(prediction, canvases[place[run]][None], classify))
        for run, part, prediction in read
    ]


def _quality(prediction: Prediction) -> float:
    if prediction.is_blank:
        return _LEAST_QUALITY
    return max(_LEAST_QUALITY, prediction.digit_score * prediction.confidence)
