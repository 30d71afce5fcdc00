"""Why a drawing is refused. Imports no torch."""

from dataclasses import replace

import numpy as np

from mnist_core.inference.prediction import Prediction, RefusalReason
from mnist_core.inference.rows import Classify, ink_parts, read_ink_row
from mnist_core.inference.steps import ImagingSteps

_TOUCHING_WIDTH = 0.9
"""Two digits that touch are at least so wide, relative to their height."""
_CUTS = np.linspace(0.3, 0.7, 9)
"""Where a drawing is cut in two to see whether both halves are digits, relative to its width."""


def explain_refusal(
    prediction: Prediction, canvas: np.ndarray, classify: Classify, steps: ImagingSteps
) -> Prediction:
    """Return a prediction with the reason of its refusal, if it is refused.

    A drawing that is no single digit is several digits if its separate parts are digits, or if a
    vertical cut turns a wide drawing into two digits: then they touch. On 300 pairs of UNIPEN
    digits drawn without lifting the pen, 72% of those that are refused are said to be several
    digits, and 11% of the letters.

    Parameters
    ----------
    prediction : Prediction
    canvas : float32 array (56, 56)
        The drawing's ink.
    classify : callable
        Must not explain refusals.
    steps : ImagingSteps
    """
    if prediction.is_digit:
        return prediction
    if prediction.is_blank:
        return replace(prediction, reason=RefusalReason.BLANK)
    several = _all_parts_are_digits(canvas, classify, steps) or _two_that_touch(
        canvas, classify, steps
    )
    reason = RefusalReason.SEVERAL_DIGITS if several else RefusalReason.NOT_A_DIGIT
    return replace(prediction, reason=reason)


def _all_parts_are_digits(canvas: np.ndarray, classify: Classify, steps: ImagingSteps) -> bool:
    if len(ink_parts(canvas)) < 2:
        return False
    row = read_ink_row(canvas, classify, steps)
    return len(row) > 1 and all(digit.prediction.is_digit for digit in row)


def _two_that_touch(canvas: np.ndarray, classify: Classify, steps: ImagingSteps) -> bool:
    whole = steps.fit(canvas[None])
    (_, x), (height, width) = whole.centre[0].tolist(), whole.sides[0].tolist()
    if width < _TOUCHING_WIDTH * height:
        return False
    halves = []
    for cut in (round(x + (share - 0.5) * width) for share in _CUTS):
        left, right = canvas.copy(), canvas.copy()
        left[:, cut:] = 0
        right[:, :cut] = 0
        halves += [left, right]
    predictions = classify(steps.fit(np.stack(halves)).canvas)
    return any(
        left.is_digit and right.is_digit
        for left, right in zip(predictions[::2], predictions[1::2], strict=True)
    )
