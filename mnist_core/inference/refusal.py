"""Why a drawing is refused. Imports no torch."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from mnist_core.inference.dots import are_dots, are_few_dots
from mnist_core.inference.prediction import Prediction, RefusalReason
from mnist_core.inference.rows import (
    Classify,
    ReadDigit,
    ink_parts,
    read_ink_row,
    read_stroke_row,
)
from mnist_core.inference.steps import ImagingSteps

_TOUCHING_WIDTH = 0.9
"""Two digits that touch are at least so wide, relative to their height."""
_CUTS = np.linspace(0.3, 0.7, 9)
"""Where a drawing is cut in two to see whether both halves are digits, relative to its width."""


def explain_refusal(
    prediction: Prediction,
    canvas: np.ndarray,
    classify: Classify,
    steps: ImagingSteps,
    strokes: Sequence[np.ndarray] = (),
) -> Prediction:
    """Return a prediction with the reason of its refusal, if it is refused.

    A drawing that is no single digit is several digits if its separate parts are digits, or if a
    vertical cut turns a wide drawing into two digits: then they touch. On 300 pairs of UNIPEN
    digits drawn without lifting the pen, 72% of those that are refused are said to be several
    digits, and 11% of the letters. The probabilities of separate digits are the mean of theirs, so
    that two zeros are closest to 0: what the network says of a row as a whole means nothing.
    A few dots, such as a colon, are no digit whatever the network says.

    Parameters
    ----------
    prediction : Prediction
    canvas : float32 array (56, 56)
        The drawing's ink.
    classify : callable
        Must not explain refusals.
    steps : ImagingSteps
    strokes : sequence of arrays (N, 2)
        The drawing's, where it was drawn: small digits are told apart by them.
    """
    if prediction.is_blank:
        return replace(prediction, reason=RefusalReason.BLANK)
    if are_few_dots(strokes):
        return replace(prediction, digit_score=0.0, reason=RefusalReason.NOT_A_DIGIT)
    if prediction.is_digit:
        return prediction
    if are_dots(strokes):  # enlarged in a canvas, each would look like a digit
        return replace(prediction, reason=RefusalReason.NOT_A_DIGIT)
    digits = _all_digits(read_stroke_row(strokes, classify)) if len(strokes) > 1 else []
    if not digits and len(ink_parts(canvas)) > 1:
        digits = _all_digits(read_ink_row(canvas, classify, steps))
    if digits:
        return _mean_of(prediction, digits)
    several = _two_that_touch(canvas, classify, steps)
    reason = RefusalReason.SEVERAL_DIGITS if several else RefusalReason.NOT_A_DIGIT
    return replace(prediction, reason=reason)


def _mean_of(prediction: Prediction, digits: list[Prediction]) -> Prediction:
    probabilities = np.mean([digit.probabilities for digit in digits], axis=0, dtype=np.float32)
    digit = int(probabilities.argmax())
    return replace(
        prediction,
        probabilities=probabilities,
        digit=digit,
        confidence=float(probabilities[digit]),
        reason=RefusalReason.SEVERAL_DIGITS,
    )


def _all_digits(row: list[ReadDigit]) -> list[Prediction]:
    """Return the predictions of a row of several digits; none if a part of it is no digit."""
    digits = [part.prediction for part in row]
    return digits if len(digits) > 1 and all(digit.is_digit for digit in digits) else []


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
