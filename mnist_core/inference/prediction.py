"""What the classifier says about one drawing."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

CLOSE_MARGIN = 1 / 3
"""Largest difference between the two highest probabilities of a close call."""

DIGIT_THRESHOLD = 0.5
"""Smallest digit score of a drawing that is accepted as a digit."""


class RefusalReason(StrEnum):
    """Why a drawing is not accepted as a digit."""

    BLANK = "blank"
    NOT_A_DIGIT = "not a digit"
    SEVERAL_DIGITS = "several digits"


@dataclass(frozen=True, eq=False)
class Prediction:
    """The classification of one drawing.

    Attributes
    ----------
    probabilities : float32 array (10,)
        Sum to 1; all 0.1 for a blank. Given that it is a digit: see `digit_score`. Of
        several digits that do not touch, the mean of theirs; of a picture whose ink was cut out
        around one of them, which `frame` shows, that one's.
    digit : int or None
        The most probable digit, also of a drawing that is refused; None when blank.
    confidence : float
        Its probability, in [0, 1].
    frame : float32 array (28, 28)
        The network's input before normalisation, in [0, 1], ink light on dark.
    is_blank : bool
        No ink, or only a dot.
    digit_score : float
        Calibrated probability that it is a single digit, in [0, 1]; 0 for a blank and for a
        few dots, else 1 of weights that cannot refuse.
    reason : RefusalReason or None
        Why it is refused; None for a digit.
    """

    probabilities: np.ndarray
    digit: int | None
    confidence: float
    frame: np.ndarray
    is_blank: bool
    digit_score: float = 1.0
    reason: RefusalReason | None = None

    @property
    def is_digit(self) -> bool:
        """Whether it is accepted as a single digit: its digit score is at least 0.5."""
        return not self.is_blank and self.digit_score >= DIGIT_THRESHOLD

    @property
    def close_call(self) -> tuple[int, int] | None:
        """The two most probable digits, the most probable first, if they are close; else None."""
        second, first = np.argsort(self.probabilities)[-2:].tolist()
        margin = self.probabilities[first] - self.probabilities[second]
        return None if self.is_blank or margin >= CLOSE_MARGIN else (first, second)


@dataclass(frozen=True, eq=False)
class PredictionWithMaps:
    """A prediction, feature maps, and the hidden layer's activations.

    maps: stage name -> float32 array (channels, H, W). hidden: float32 array (H,), the input of the
    last fully connected layer; None where it is the only one, or if no maps were asked for.
    """

    prediction: Prediction
    maps: dict[str, np.ndarray]
    hidden: np.ndarray | None = None
