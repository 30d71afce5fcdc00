"""Why a drawing is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from mnist_core.imaging.normalize import fit_canvas, ink_box
from mnist_core.inference.prediction import Prediction, RefusalReason
from mnist_core.inference.rows import Classify, ink_parts, read_ink_row

_TOUCHING_WIDTH = 0.9
"""Two digits that touch are at least so wide, relative to their height."""
_CUTS = np.linspace(0.3, 0.7, 9)
"""Where a drawing is cut in two to see whether both halves are digits, relative to its width."""


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
    several = _all_parts_are_digits(canvas, classify) or _two_that_touch(canvas, classify)
    reason = RefusalReason.SEVERAL_DIGITS if several else RefusalReason.NOT_A_DIGIT
    return replace(prediction, reason=reason)


def _all_parts_are_digits(canvas: Tensor, classify: Classify) -> bool:
    if len(ink_parts(canvas)) < 2:
        return False
    row = read_ink_row(canvas, classify)
    return len(row) > 1 and all(digit.prediction.is_digit for digit in row)


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
