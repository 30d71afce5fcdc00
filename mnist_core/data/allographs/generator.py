"""Random drawings: of a digit in any of its allographs, or of what is no digit."""

from collections.abc import Callable

import numpy as np

from mnist_core.data.allographs import digits_0_1 as d01
from mnist_core.data.allographs import digits_2_4 as d24
from mnist_core.data.allographs import digits_5_7 as d57
from mnist_core.data.allographs import digits_8_9 as d89
from mnist_core.data.allographs import non_digits
from mnist_core.data.allographs.deformation import deform
from mnist_core.data.allographs.pen import Drawing, Pen

NON_DIGIT = 10
"""The label of a drawing that is no single digit."""

Template = Callable[[Pen], Drawing]

TEMPLATES: dict[int, dict[Template, float]] = {
    0: {d01.zero: 4, d01.zero_slashed: 4.5, d01.zero_open: 0.7, d01.zero_overlapping: 1.2,
        d01.zero_angular: 1, d01.zero_dotted: 0.3},
    1: {d01.one: 3, d01.one_slanted: 0.7, d01.one_flag: 4.5, d01.one_long_flag: 1.8,
        d01.one_flat_flag: 3, d01.one_foot: 2.8, d01.one_tick: 1.3},
    2: {d24.two: 3, d24.two_looped: 3, d24.two_angular: 1.5, d24.two_hooked: 1,
        d24.two_curved: 1},
    3: {d24.three: 4, d24.three_looped: 1.5, d24.three_flat: 2, d24.three_angular: 0.7},
    4: {d24.four_open: 3, d24.four_short: 2, d24.four_bowl: 2, d24.four_closed: 2,
        d24.four_closed_bent: 1.8, d24.four_looped: 1.2},
    5: {d57.five: 3.5, d57.five_hat: 4, d57.five_curved: 1.5, d57.five_angular: 0.8},
    6: {d57.six: 4, d57.six_straight: 2, d57.six_round: 1, d57.six_narrow: 2.2},
    7: {d57.seven: 3, d57.seven_crossed: 3, d57.seven_joined: 1.8, d57.seven_curved: 0.8},
    8: {d89.eight: 4, d89.eight_circles: 1.5, d89.eight_centre: 1.3, d89.eight_angular: 1.5,
        d89.eight_open: 1.6},
    9: {d89.nine: 4, d89.nine_curled: 3, d89.nine_bent: 1.8, d89.nine_spiral: 1,
        d89.nine_crossed: 1},
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


def _from_two(pen: Pen) -> Drawing:
    """A digit but 0 and 1: drawn over another, those may make a slashed zero or a crossed seven."""
    return deform(pen, _template(pen, int(pen.rng.integers(2, 10))))


def _not_a_one(pen: Pen) -> Drawing:
    """A digit but 1: a ring and a stem that touch may make a nine, an L and a stem a four."""
    return deform(pen, _template(pen, pen.choose((0, 2, 3, 4, 5, 6, 7, 8, 9))))


def _letter_or_digit(pen: Pen) -> Drawing:
    return deform(pen, non_digits.letter(pen)) if pen.chance(0.75) else _any_digit(pen)


NON_DIGIT_KINDS: dict[str, tuple[Template, float]] = {
    "letter": (lambda pen: deform(pen, non_digits.letter(pen)), 0.42),
    "symbol": (lambda pen: deform(pen, non_digits.symbol(pen)), 0.1),
    "several": (lambda pen: non_digits.several(pen, _any_digit), 0.2),
    "touching": (lambda pen: non_digits.touching(pen, _not_a_one), 0.1),
    "word": (lambda pen: non_digits.word(pen, _letter_or_digit), 0.03),
    "scribble": (lambda pen: deform(pen, non_digits.scribble(pen)), 0.06),
    "zigzag": (lambda pen: deform(pen, non_digits.zigzag(pen)), 0.03),
    "character": (lambda pen: deform(pen, non_digits.character(pen)), 0.02),
    "crossed out": (lambda pen: non_digits.crossed_out(pen, _from_two), 0.02),
    "stacked": (lambda pen: non_digits.stacked(pen, _from_two), 0.04),
}
"""The kinds of non-digits: how each is drawn and deformed, and its share."""


def _template(pen: Pen, digit: int) -> Drawing:
    templates = TEMPLATES[digit]
    return pen.choose(tuple(templates), tuple(templates.values()))(pen)
