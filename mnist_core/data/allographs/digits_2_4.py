"""Allographs of the digits 2 to 4."""

import numpy as np

from mnist_core.data.allographs.pen import Drawing, Pen, Stroke, join


def two(pen: Pen) -> Drawing:
    """A round top, a diagonal, a straight base; the base may be short or slanted."""
    if pen.chance(0.08):
        return [_two_narrow_top(pen)]
    w = pen.between(0.34, 0.75)
    corner = (pen.between(-0.05, 0.08), pen.between(0.88, 1.0))
    top = pen.curve(
        (0.03, pen.between(0.12, 0.33)), (0.25 * w, 0.04), (0.6 * w, 0), (0.98 * w, 0.2),
        (0.8 * w, 0.5), (0.35 * w, 0.8), corner,
    )  # fmt: skip
    base = pen.curve(
        corner,
        (0.5 * w, 0.97 + pen.between(-0.08, 0.08)),
        (w * pen.between(0.5, 1.35), 1 + pen.between(-0.15, 0.18)),
    )
    return [join(top, base)]


def _two_narrow_top(pen: Pen) -> Stroke:
    """A small hook, a steep stem, and a base to the right of it."""
    w = pen.between(0.18, 0.3)
    corner = (pen.between(0.0, 0.35) * w, pen.between(0.92, 1.0))
    top = pen.curve(
        (0, pen.between(0.08, 0.2)),
        (0.4 * w, 0),
        (w, pen.between(0.1, 0.2)),
        (0.8 * w, 0.55),
        corner,
    )
    return join(top, pen.line(corner, (pen.between(0.35, 0.65), 1 + pen.between(-0.06, 0.04))))


def two_looped(pen: Pen) -> Drawing:
    """A loop at the foot, open, small or large."""
    if pen.chance(0.35):
        return [_two_narrow_loop(pen)]
    if pen.chance(0.12):
        return [_two_without_top(pen)]
    w, loop = pen.between(0.45, 0.75), pen.between(0.06, 0.28)
    return [
        pen.curve(
            (0.03, pen.between(0.12, 0.33)), (0.3 * w, 0.03), (0.65 * w, 0.02), (0.95 * w, 0.24),
            (0.7 * w, 0.6), (0.25 * w, 0.93), (0.02, 0.98), (-0.02, 0.98 - loop),
            (0.3 * w, 1.0 - loop), (0.6 * w, 0.98), (w * pen.between(0.9, 1.3), 0.95),
        )
    ]  # fmt: skip


def _two_narrow_loop(pen: Pen) -> Stroke:
    """A pointed top, a steep diagonal, and a narrow loop whose end rises."""
    w, loop = pen.between(0.48, 0.7), pen.between(0.18, 0.42)
    top = pen.line((0, pen.between(0.15, 0.35)), (0.3 * w, 0), (0.35 * w, pen.between(0.02, 0.15)))
    if pen.chance(0.4):
        top = pen.line((0, pen.between(0.1, 0.3)), (0.35 * w, 0))
    end = (w * pen.between(1, 1.4), pen.between(0.55, 0.85))
    if pen.chance(0.35):  # far up
        end = (w * pen.between(1.25, 1.6), pen.between(0.1, 0.55))
    body = pen.curve(
        (0.7 * w, 0.0), (0.9 * w, 0.15), (0.7 * w, 0.55), (0.35 * w, 0.95), (0.08 * w, 0.95),
        (0.05 * w, 1 - loop), (0.45 * w, 0.8), end,
    )  # fmt: skip
    return join(top, body)


def _two_without_top(pen: Pen) -> Stroke:
    """A diagonal that begins at the top, hardly bent, with a loop at its foot and a base."""
    w, loop = pen.between(0.4, 0.65), pen.between(0.05, 0.14)
    begin = (w * pen.between(0.35, 0.75), 0)
    return pen.curve(
        begin, (w * pen.between(0.65, 0.85), 0.25), (0.55 * w, 0.62), (0.2 * w, 0.95),
        (-0.08 * w, 0.98), (-0.1 * w, 0.98 - loop), (0.25 * w, 0.93 - loop), (0.65 * w, 0.96),
        (w * pen.between(0.9, 1.3), pen.between(0.93, 1.03)),
    )  # fmt: skip


def two_curved(pen: Pen) -> Drawing:
    """The base sags, as in a mirrored S with a corner or without."""
    w = pen.between(0.5, 0.8)
    corner = (pen.between(0.05, 0.25), pen.between(0.5, 0.82))
    top = pen.curve(
        (0.05, pen.between(0.08, 0.28)), (0.4 * w, 0), (0.85 * w, 0.15), (0.6 * w, 0.45), corner
    )
    base = pen.curve(
        corner, (0.4 * w, 0.95), (0.8 * w, 1), (w * pen.between(0.95, 1.55), pen.between(0.72, 1)),
    )  # fmt: skip
    return [join(top, base)]


def two_angular(pen: Pen) -> Drawing:
    """Like a Z, its upper corner sharp or rounded."""
    w = pen.between(0.45, 0.75)
    return [
        pen.line(
            (0, pen.between(-0.02, 0.18)), (w, pen.between(0, 0.08)),
            (pen.between(-0.05, 0.08), 1), (w * pen.between(0.7, 1.2), 1 + pen.between(-0.1, 0.05)),
        )
    ]  # fmt: skip


def two_hooked(pen: Pen) -> Drawing:
    """A curl at its beginning."""
    w = pen.between(0.45, 0.75)
    corner = (0.0, 1.0)
    top = pen.curve(
        (0.2 * w, 0.22), (0.05 * w, 0.25), (0.05 * w, 0.1), (0.5 * w, -0.02), (0.95 * w, 0.2),
        (0.7 * w, 0.55), corner,
    )  # fmt: skip
    return [join(top, pen.curve(corner, (0.5 * w, 0.95), (w, 1 + pen.between(-0.1, 0.05))))]


def three(pen: Pen) -> Drawing:
    """Two bellies that meet in a cusp."""
    w, m = pen.between(0.45, 0.7), pen.between(0.35, 0.52)
    # far right, it is a shallow notch
    cusp = (pen.between(0.15, 0.76) * w, m)
    upper = pen.curve(
        (0.0, pen.between(0.05, 0.2)), (0.4 * w, 0), (0.85 * w, 0.12), (0.75 * w, 0.35), cusp
    )
    return [join(upper, _lower_belly(pen, cusp, w))]


def _lower_belly(pen: Pen, cusp: tuple[float, float], w: float) -> Stroke:
    m = cusp[1]
    if pen.chance(0.05):  # its end curls up inside
        return pen.curve(
            cusp, (0.85 * w, m + 0.1), (w, m + 0.5 * (1 - m)), (0.5 * w, 1), (0.05 * w, 0.85),
            (0.25 * w, pen.between(0.72, 0.8)),
        )  # fmt: skip
    return pen.curve(
        cusp, (0.8 * w, m + 0.1), (w, m + 0.5 * (1 - m)), (0.6 * w, 1),
        (pen.between(-0.05, 0.1), pen.between(0.82, 0.97)),
    )  # fmt: skip


def three_looped(pen: Pen) -> Drawing:
    """A loop where the bellies meet."""
    w, m, size = pen.between(0.45, 0.7), pen.between(0.4, 0.52), pen.between(0.05, 0.16)
    return [
        pen.curve(
            (0.0, pen.between(0.05, 0.2)), (0.4 * w, 0), (0.85 * w, 0.14), (0.7 * w, 0.36),
            (0.35 * w, m + size / 2), (0.2 * w, m), (0.35 * w, m - size / 2), (0.75 * w, m + 0.06),
            (w, m + 0.27), (0.6 * w, 1), (0.0, pen.between(0.82, 0.95)),
        )
    ]  # fmt: skip


def three_flat(pen: Pen) -> Drawing:
    """A flat top with corners."""
    w, m = pen.between(0.45, 0.75), pen.between(0.24, 0.45)
    cusp = (pen.between(0.2, 0.5) * w, m)
    right = pen.between(0.75, 1.0) * w
    top = pen.line((0, pen.between(-0.02, 0.08)), (right, pen.between(-0.03, 0.05)), cusp)
    return [join(top, _lower_belly(pen, cusp, w))]


def three_angular(pen: Pen) -> Drawing:
    """Straight lines only."""
    w = pen.between(0.45, 0.75)
    return [
        pen.line((0, 0.05), (0.85 * w, 0.02), (0.3 * w, 0.42), (w, 0.6), (0.8 * w, 0.95), (0, 0.97))
    ]


def four_open(pen: Pen) -> Drawing:
    """An angle and a stem, which crosses far or hardly at all."""
    knee = (0, pen.between(0.5, 0.68))
    bar_end = (pen.between(0.5, 0.85), knee[1] + pen.between(-0.1, 0.08))
    top = (pen.between(0.02, 0.42), pen.between(-0.05, 0.1))
    angle = pen.line(top, knee, bar_end)
    if pen.chance(0.25):
        angle = pen.curve(top, knee, (0.3, knee[1] + 0.03), bar_end)
    x = bar_end[0] * pen.between(0.5, 0.95)
    lean = pen.between(-0.12, 0.05)
    stem = pen.line((x, pen.between(-0.02, knee[1] - 0.12)), (x + lean, pen.between(0.85, 1.05)))
    return [angle, stem]


def four_short(pen: Pen) -> Drawing:
    """An L and a short second stroke that hardly crosses its bar."""
    knee = (0, pen.between(0.55, 0.85))
    bar_end = (pen.between(0.25, 0.8), knee[1] + pen.between(-0.15, 0.05))
    top = (pen.between(-0.05, 0.3), 0)
    angle = pen.line(top, knee, bar_end)
    if pen.chance(0.3):
        angle = pen.curve(top, (0.3 * top[0], 0.6 * knee[1]), knee, bar_end)
    x = bar_end[0] * pen.between(0.6, 1.05)
    stem = pen.line(
        (x, knee[1] - pen.between(0.05, 0.4)),
        (x + pen.between(-0.1, 0.03), knee[1] + pen.between(0.12, 0.35)),
    )
    return [angle, stem]


def four_looped(pen: Pen) -> Drawing:
    """One stroke: the bar turns up in a narrow loop or a point, and down through itself."""
    w, m = pen.between(0.35, 0.65), pen.between(0.52, 0.68)
    rise = pen.between(0.15, 0.36)
    top = (pen.between(0.2, 0.75) * w, pen.between(0.0, 0.08))
    angle = pen.curve(top, (0.1 * w, 0.6 * m), (0.0, m), (0.55 * w, m))
    if pen.chance(0.5):
        angle = pen.line(top, (0, m), (0.55 * w, m + pen.between(-0.06, 0.03)))
    up = pen.curve((0.9 * w, m - 0.1), (w, m - rise), (0.92 * w, m - rise + 0.05))
    down = pen.curve(
        (0.9 * w, m), (pen.between(0.8, 0.95) * w, 0.8), (pen.between(0.6, 0.95) * w, 1)
    )
    return [join(angle, up, down)]


def four_bowl(pen: Pen) -> Drawing:
    """A bowl, round or square, and a stem; the stem may be bent, or stand apart."""
    w, m = pen.between(0.35, 0.65), pen.between(0.28, 0.58)
    if pen.chance(0.5):
        bowl = pen.curve((0, pen.between(0, 0.1)), (0.03, 0.7 * m), (0.45 * w, m), (w, 0.85 * m))
    else:
        bowl = pen.line((0, pen.between(0, 0.1)), (0, m), (w, m + pen.between(-0.08, 0.05)))
    bend = pen.between(-0.25, 0.03) if pen.chance(0.4) else 0.0
    stem = pen.curve((w, pen.between(-0.05, 0.12)), (w, 0.6), (w + bend, 1))
    if pen.chance(0.3):
        return [join(bowl, stem[:1], stem)]
    if pen.chance(0.12):
        stem = np.add(stem, (pen.between(0.04, 0.25), pen.between(-0.05, 0.2)))
    return [bowl, stem]


def four_closed(pen: Pen) -> Drawing:
    """A triangle and a stem, in one or two strokes."""
    w, knee = pen.between(0.46, 0.72), pen.between(0.5, 0.76)
    top = (w * pen.between(0.55, 1.0), 0)
    bar = (w * pen.between(1.0, 1.5), knee + pen.between(-0.08, 0.06))
    triangle = pen.line(top, (0, knee), bar)
    stem = pen.line(
        (top[0] + pen.between(-0.05, 0.05), pen.between(-0.05, 0.08)),
        (w * pen.between(0.6, 0.95), 1),
    )
    if pen.chance(0.3):  # the bar returns to the top
        triangle = pen.line(top, (0, knee), (0.95 * w, knee))
        return [join(triangle, stem)]
    return [triangle, stem]


def four_closed_bent(pen: Pen) -> Drawing:
    """One stroke with a narrow top and a stem that bends."""
    w, m = pen.between(0.5, 0.75), pen.between(0.48, 0.62)
    triangle = pen.line((w, 0.03), (0, m), (0.95 * w, m - pen.between(0, 0.1)))
    stem = pen.curve((w, 0.0), (0.95 * w, 0.6), (w * pen.between(0.3, 1), 1))
    return [join(triangle, stem)]
