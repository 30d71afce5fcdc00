"""Random drawings: of a digit in any of its allographs, or of what is no digit."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mnist_core.data.allographs import digits_0_4 as low
from mnist_core.data.allographs import digits_5_9 as high
from mnist_core.data.allographs import non_digits
from mnist_core.data.allographs.deformation import deform
from mnist_core.data.allographs.pen import Drawing, Pen

NON_DIGIT = 10
"""The label of a drawing that is no single digit."""

Template = Callable[[Pen], Drawing]

TEMPLATES: dict[int, dict[Template, float]] = {
    0: {low.zero: 4, low.zero_slashed: 4, low.zero_angular: 1, low.zero_dotted: 0.3},
    1: {low.one: 3, low.one_slanted: 0.7, low.one_flag: 4, low.one_foot: 2.5, low.one_tick: 1},
    2: {low.two: 3, low.two_looped: 2.5, low.two_angular: 1.5, low.two_hooked: 1},
    3: {low.three: 4, low.three_looped: 1.5, low.three_flat: 2, low.three_angular: 0.7},
    4: {
        low.four_open: 3, low.four_short: 2, low.four_bowl: 2, low.four_closed: 2,
        low.four_closed_bent: 1,
    },
    5: {high.five: 3, high.five_hat: 4, high.five_curved: 1.5, high.five_angular: 0.8},
    6: {high.six: 4, high.six_straight: 2, high.six_round: 1},
    7: {high.seven: 3, high.seven_crossed: 2.5, high.seven_joined: 1.5, high.seven_curved: 1},
    8: {high.eight: 4, high.eight_circles: 1.5, high.eight_centre: 1, high.eight_angular: 1.5,
        high.eight_open: 0.7},
    9: {high.nine: 4, high.nine_curled: 4, high.nine_spiral: 1},
}  # fmt: skip
"""The templates of each digit, with how often each is drawn relative to the others."""


def draw_digit(rng: np.random.Generator, digit: int, template: Template | None = None) -> Drawing:
    """Return a random drawing of a digit: strokes (N, 2), y downwards, about one unit high.

    Parameters
    ----------
    rng : numpy.random.Generator
    digit : int
    template : Template, optional
        One of `TEMPLATES[digit]`; any of them by default.
    """
    pen = Pen(rng, jitter=rng.uniform(0.01, 0.04))
    return deform(pen, template(pen) if template else _template(pen, digit))


def draw_non_digit(rng: np.random.Generator, kind: str | None = None) -> Drawing:
    """Return a random drawing that is no single digit, of one of `NON_DIGIT_KINDS` or of any."""
    pen = Pen(rng, jitter=rng.uniform(0.01, 0.05))
    shares = tuple(share for _, share in NON_DIGIT_KINDS.values())
    draw, _ = NON_DIGIT_KINDS[kind or pen.choose(tuple(NON_DIGIT_KINDS), shares)]
    return draw(pen)


def _any_digit(pen: Pen) -> Drawing:
    return deform(pen, _template(pen, int(pen.rng.integers(10))))


NON_DIGIT_KINDS: dict[str, tuple[Template, float]] = {
    "letter": (lambda pen: deform(pen, non_digits.letter(pen)), 0.55),
    "several": (lambda pen: non_digits.several(pen, _any_digit), 0.25),
    "scribble": (lambda pen: deform(pen, non_digits.scribble(pen)), 0.1),
    "zigzag": (lambda pen: deform(pen, non_digits.zigzag(pen)), 0.04),
    "stacked": (lambda pen: non_digits.stacked(pen, _any_digit), 0.06),
}
"""The kinds of non-digits: how each is drawn and deformed, and its share."""


def _template(pen: Pen, digit: int) -> Drawing:
    templates = TEMPLATES[digit]
    return pen.choose(tuple(templates), tuple(templates.values()))(pen)
