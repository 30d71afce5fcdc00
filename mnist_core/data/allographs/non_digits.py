"""Drawings that are no single digit: letters, symbols, scribbles and several digits."""

from collections.abc import Callable, Sequence

import numpy as np

from mnist_core.data.allographs.letters import LETTERS, Path
from mnist_core.data.allographs.pen import Drawing, Pen, join
from mnist_core.data.allographs.symbols import SYMBOLS

_LETTER_NAMES, _SYMBOL_NAMES = tuple(LETTERS), tuple(SYMBOLS)
# of a letter of several strokes, each may look like a digit
_LETTER_WEIGHTS = tuple(1.0 if len(paths) == 1 else 1.6 for paths in LETTERS.values())


def letter(pen: Pen) -> Drawing:
    """A letter of the Latin alphabet, printed or cursive."""
    drawing = _drawn(pen, LETTERS[pen.choose(_LETTER_NAMES, _LETTER_WEIGHTS)])
    if len(drawing) > 1 and pen.chance(
        0.35
    ):  # strokes that meet nowhere, or run through each other
        drawing = [stroke + pen.rng.normal(0, 0.05, 2) for stroke in drawing]
    return drawing


def symbol(pen: Pen) -> Drawing:
    """A symbol, a small drawing or a simple character of another script."""
    return _drawn(pen, SYMBOLS[pen.choose(_SYMBOL_NAMES)])


def _drawn(pen: Pen, paths: tuple[Path, ...]) -> Drawing:
    drawing = [(pen.line if kind == "l" else pen.curve)(*points) for kind, points in paths]
    if len(drawing) > 1 and pen.chance(0.1):
        drawing = [join(*drawing)]
    return drawing


def scribble(pen: Pen) -> Drawing:
    """A few random curves or polylines."""
    draw = pen.curve if pen.chance(0.7) else pen.line
    drawing = []
    for _ in range(pen.choose((1, 2, 3, 4), (0.4, 0.3, 0.2, 0.1))):
        count = int(pen.between(7, 13)) if len(drawing) == 0 else int(pen.between(2, 7))
        drawing.append(draw(*map(tuple, pen.rng.random((count, 2)) * (pen.between(0.5, 1), 1))))
    return drawing


def zigzag(pen: Pen) -> Drawing:
    """Back and forth, as one strikes something out."""
    turns = int(pen.between(5, 12))
    x = np.linspace(0, pen.between(0.4, 1.5), turns)
    y = np.arange(turns) % 2 + pen.rng.normal(0, 0.08, turns)
    draw = pen.curve if pen.chance(0.5) else pen.line
    return [draw(*zip(x, y, strict=True))]


def character(pen: Pen) -> Drawing:
    """Horizontal, upright and slanted lines across each other, as in Chinese characters."""
    drawing = []
    for _ in range(int(pen.between(2, 4))):
        x, y, width = pen.between(0, 0.25), pen.between(0, 1), pen.between(0.5, 0.9)
        drawing.append(pen.line((x, y), (x + width, y + pen.between(-0.1, 0.02))))
    for _ in range(int(pen.between(2, 4))):
        x, lean = pen.between(0.15, 0.85), pen.choose((0.0, -0.4, 0.4), (0.5, 0.25, 0.25))
        top = pen.between(0, 0.3)
        drawing.append(pen.curve((x, top), (x + lean / 3, (1 + top) / 2), (x + lean, 1)))
    return drawing


def crossed_out(pen: Pen, digit: Callable[[Pen], Drawing]) -> Drawing:
    """A digit struck out: by back and forth over all of it, or by several lines through it."""
    strokes = digit(pen)
    points = np.concatenate(strokes)
    low, size = points.min(0), np.ptp(points, axis=0)
    size = np.maximum(size, 0.5)
    if pen.chance(0.5):
        cross = zigzag(pen)
    else:
        levels = pen.rng.permutation([0.15, 0.38, 0.62, 0.85])[: pen.choose((2, 3))]
        lean = pen.choose((0.0, -0.8, 0.8))
        cross = [pen.line((0, y - lean / 2), (1, y + lean / 2)) for y in levels]
        if pen.chance(0.5):  # two diagonals
            cross = [pen.line((0, 0), (1, 1)), pen.line((0, 1), (1, 0))]
    over = np.concatenate(cross)
    start, extent = over.min(0), np.maximum(np.ptp(over, axis=0), 0.3)
    margin = pen.between(0.05, 0.3)
    scaled = [
        low - margin * size + (stroke - start) / extent * (1 + 2 * margin) * size
        for stroke in cross
    ]
    return [*strokes, *scaled]


def word(pen: Pen, one: Callable[[Pen], Drawing]) -> Drawing:
    """Two or three letters side by side, or a letter and a digit."""
    return _row(pen, [one(pen) for _ in range(pen.choose((2, 3), (0.6, 0.4)))])


def several(pen: Pen, digit: Callable[[Pen], Drawing]) -> Drawing:
    """Two or three digits side by side; wide ones may touch, narrow ones would look like one."""
    return _row(pen, [digit(pen) for _ in range(pen.choose((2, 3), (0.75, 0.25)))])


def _row(pen: Pen, drawings: Sequence[Drawing]) -> Drawing:
    drawing: Drawing = []
    right = 0.0
    for strokes in drawings:
        strokes = _of_height(pen, strokes)
        width = float(np.concatenate(strokes)[:, 0].max())
        shift = np.array([right, pen.between(-0.1, 0.1)])
        drawing += [stroke + shift for stroke in strokes]
        right += width + pen.between(-0.15 if width > 0.4 else 0.05, 0.3)
    return drawing


def touching(pen: Pen, digit: Callable[[Pen], Drawing]) -> Drawing:
    """Two digits that touch: pushed into each other, joined by a line, or in one stroke."""
    first, second = (_of_height(pen, digit(pen)) for _ in range(2))
    kind = pen.choose(("pushed", "line", "one stroke"), (0.5, 0.2, 0.3))
    widths = [float(np.concatenate(strokes)[:, 0].max()) for strokes in (first, second)]
    # further into each other, they could be one digit
    gap = -pen.between(0.02, 0.25) * min(widths) if kind == "pushed" else pen.between(-0.05, 0.25)
    shift = np.array([widths[0] + gap, pen.between(-0.12, 0.12)])
    second = [stroke + shift for stroke in second]
    if kind == "one stroke":
        return [*first[:-1], join(first[-1], second[0]), *second[1:]]
    if kind == "line":
        left, right = (pen.choose(np.concatenate(strokes)) for strokes in (first, second))
        return [*first, *second, pen.line(tuple(left), tuple(right))]
    return first + second


def _of_height(pen: Pen, strokes: Drawing) -> Drawing:
    """Return strokes whose box begins at (0, 0), its longest side about 1."""
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    scale = pen.between(0.8, 1.1) / max(float((high - low).max()), 1e-6)
    return [(stroke - low) * scale for stroke in strokes]


def stacked(pen: Pen, digit: Callable[[Pen], Drawing]) -> Drawing:
    """A digit drawn over another one."""
    first, second = digit(pen), digit(pen)
    # one on the same place may look like the other alone
    angle, distance = pen.between(0, 2 * np.pi), pen.between(0.4, 0.65)
    shift = distance * np.array([np.cos(angle), np.sin(angle)])
    return first + [stroke + shift for stroke in second]
