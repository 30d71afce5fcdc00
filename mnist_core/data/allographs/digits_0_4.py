"""Allographs of the digits 0 to 4: in how many ways the world writes them."""

from __future__ import annotations

import numpy as np

from mnist_core.data.allographs.pen import Drawing, Pen, Stroke, join


def zero(pen: Pen) -> Drawing:
    """A ring, open or overlapping; also like a drop."""
    if pen.chance(0.12):
        w = pen.between(0.35, 0.7)
        return [
            pen.curve(
                (0.6 * w, 0), (0.1 * w, 0.35), (0, 0.7), (0.5 * w, 1),
                (w, 0.7), (0.9 * w, 0.3), (0.5 * w, 0.05), (0.2 * w, pen.between(0.02, 0.25)),
            )
        ]  # fmt: skip
    return [_ring(pen, pen.between(-170, -10))]


def _ring(pen: Pen, start: float, narrowest: float = 0.32) -> Stroke:
    width = pen.between(narrowest, 1.05)
    sweep = pen.choose((-1, 1), (0.75, 0.25)) * pen.between(325, 410)
    return pen.arc((0, 0), (width / 2, 0.5), start, sweep, pen.between(0.86, 1.12))


def zero_angular(pen: Pen) -> Drawing:
    """A ring with corners."""
    w = pen.between(0.45, 0.9)
    a, b = pen.between(0.1, 0.3), pen.between(0.1, 0.3)
    corners = [
        (w * (1 - a), 0), (w * a, 0), (0, b), (0, 1 - b), (w * a, 1), (w * (1 - a), 1),
        (w, 1 - b), (w, b),
    ]  # fmt: skip
    first = int(pen.between(0, 3))
    around = corners[first:] + corners[:first]
    # back to where it began, nearly or beyond
    t = pen.between(0.75, 1.1)
    (x, y), (end_x, end_y) = around[-1], around[0]
    return [pen.line(*around, (x + t * (end_x - x), y + t * (end_y - y)))]


def zero_slashed(pen: Pen) -> Drawing:
    """A ring with a slash in any direction, also beyond the ring, also without lifting the pen."""
    # clockwise from the right: upright, like /, like \\, lying
    angles = (
        pen.rng.normal(90, 10),
        pen.between(95, 165),
        pen.between(15, 85),
        pen.between(165, 195),
    )
    angle = np.radians(pen.choose(angles, (0.35, 0.4, 0.1, 0.15)))
    start = -np.degrees(angle) if pen.chance(0.5) else pen.between(-170, -10)
    ring = _ring(pen, start, narrowest=0.42)  # a slash would fill a narrower one
    low, high = ring.min(0), ring.max(0)
    centre = (low + high) / 2 + pen.rng.normal(0, 0.04, 2)
    half = (high - low) / 2
    direction = np.array([np.cos(angle), np.sin(angle)])
    reach = 1 / np.hypot(*(direction / half))  # from the centre to the ring
    begin = centre - direction * reach * pen.between(0.5, 1.6)
    end = centre + direction * reach * pen.between(0.5, 1.6)
    slash = pen.curve(tuple(begin), tuple((begin + end) / 2), tuple(end))
    if pen.chance(0.5):
        slash = slash[::-1]
    near = np.hypot(*(slash[0] - ring[-1])) < 0.4
    return [join(ring, slash)] if near and pen.chance(0.4) else [ring, slash]


def zero_dotted(pen: Pen) -> Drawing:
    """A ring with a dot in its centre."""
    ring = _ring(pen, pen.between(-170, -10), narrowest=0.55)
    x, y = (ring.min(0) + ring.max(0)) / 2
    return [ring, pen.line((x, y), (x + pen.between(0, 0.04), y + pen.between(0, 0.04)))]


def one(pen: Pen) -> Drawing:
    """A straight or slightly bent stem."""
    return [_stem(pen)]


def _stem(pen: Pen) -> Stroke:
    return pen.curve((0, 0), (pen.between(-0.05, 0.05), 0.5), (0, 1))


def one_slanted(pen: Pen) -> Drawing:
    """A stem that is very slanted, or lies."""
    angle = np.radians(pen.between(-70, 90) if pen.chance(0.6) else pen.between(80, 100))
    tip = np.array([np.sin(angle), np.cos(angle)])
    bend = pen.between(-0.08, 0.08)
    middle = (0.5 * tip[0] + bend * tip[1], 0.5 * tip[1] - bend * tip[0])
    return [pen.curve((0, 0), middle, tuple(tip))]


def _flag(pen: Pen) -> Stroke:
    """Long and steep, or short and rather flat: a long flat flag would make a seven."""
    steep = pen.chance(0.6)
    angle = np.radians(pen.between(15, 60) if steep else pen.between(45, 92))
    length = pen.between(0.12, 0.8) if steep else pen.between(0.12, 0.42)
    x, y = -length * np.sin(angle), length * np.cos(angle)
    bend = pen.between(-0.1, 0.1) * length
    return pen.curve((x, y), (x / 2 + bend, y / 2 + bend), (0, 0))


def one_tick(pen: Pen) -> Drawing:
    """A stem that ends in a short tick, with or without a flag."""
    side = pen.choose((-1, 1))
    tick = pen.line((0, 1), (side * pen.between(0.08, 0.22), 1 - pen.between(-0.03, 0.2)))
    stem = join(_flag(pen), _stem(pen)) if pen.chance(0.5) else _stem(pen)
    return [join(stem, tick)]


def one_flag(pen: Pen) -> Drawing:
    """A stem with a flag, short or long."""
    return [join(_flag(pen), _stem(pen))]


def _foot(pen: Pen) -> Stroke:
    left, right = pen.between(0.08, 0.5), pen.between(0.08, 0.5)
    return pen.line(
        (-left, 1 + pen.between(-0.05, 0.05)),
        (0, 1 + pen.between(-0.03, 0.03)),
        (right, 1 + pen.between(-0.05, 0.05)),
    )


def one_foot(pen: Pen) -> Drawing:
    """A stem with a flag and a foot, with or without lifting the pen."""
    stem = join(_flag(pen), _stem(pen)) if pen.chance(0.85) else _stem(pen)
    foot = _foot(pen)
    return [join(stem, foot)] if pen.chance(0.35) else [stem, foot]


def two(pen: Pen) -> Drawing:
    """A round top, a diagonal, a straight base; the base may be short or slanted."""
    w = pen.between(0.4, 0.75)
    corner = (pen.between(-0.05, 0.08), pen.between(0.92, 1.0))
    top = pen.curve(
        (0.03, pen.between(0.12, 0.33)), (0.25 * w, 0.04), (0.6 * w, 0), (0.98 * w, 0.2),
        (0.8 * w, 0.5), (0.35 * w, 0.8), corner,
    )  # fmt: skip
    base = pen.curve(
        corner,
        (0.5 * w, 0.97 + pen.between(-0.08, 0.06)),
        (w * pen.between(0.3, 1.25), 1 + pen.between(-0.12, 0.12)),
    )
    return [join(top, base)]


def two_looped(pen: Pen) -> Drawing:
    """A loop at the foot, open, small or large."""
    w, loop = pen.between(0.45, 0.75), pen.between(0.06, 0.28)
    return [
        pen.curve(
            (0.03, pen.between(0.12, 0.33)), (0.3 * w, 0.03), (0.65 * w, 0.02), (0.95 * w, 0.24),
            (0.7 * w, 0.6), (0.25 * w, 0.93), (0.02, 0.98), (-0.02, 0.98 - loop),
            (0.3 * w, 1.0 - loop), (0.6 * w, 0.98), (w * pen.between(0.9, 1.3), 0.95),
        )
    ]  # fmt: skip


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
    w, m = pen.between(0.45, 0.7), pen.between(0.4, 0.52)
    cusp = (pen.between(0.15, 0.5) * w, m)
    upper = pen.curve(
        (0.0, pen.between(0.05, 0.2)), (0.4 * w, 0), (0.85 * w, 0.12), (0.75 * w, 0.35), cusp
    )
    return [join(upper, _lower_belly(pen, cusp, w))]


def _lower_belly(pen: Pen, cusp: tuple[float, float], w: float) -> Stroke:
    m = cusp[1]
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
    w, m = pen.between(0.45, 0.75), pen.between(0.33, 0.45)
    cusp = (pen.between(0.2, 0.5) * w, m)
    top = pen.line((0, pen.between(-0.02, 0.08)), (0.9 * w, pen.between(-0.03, 0.05)), cusp)
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
    top = (pen.between(0.02, 0.35), pen.between(-0.05, 0.1))
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


def four_bowl(pen: Pen) -> Drawing:
    """A bowl, round or square, and a stem; the stem may be bent."""
    w, m = pen.between(0.35, 0.65), pen.between(0.4, 0.58)
    if pen.chance(0.5):
        bowl = pen.curve((0, pen.between(0, 0.1)), (0.03, 0.7 * m), (0.45 * w, m), (w, 0.85 * m))
    else:
        bowl = pen.line((0, pen.between(0, 0.1)), (0, m), (w, m + pen.between(-0.08, 0.05)))
    bend = pen.between(-0.25, 0.03) if pen.chance(0.4) else 0.0
    stem = pen.curve((w, pen.between(-0.05, 0.12)), (w, 0.6), (w + bend, 1))
    if pen.chance(0.3):
        return [join(bowl, stem[:1], stem)]
    return [bowl, stem]


def four_closed(pen: Pen) -> Drawing:
    """A triangle and a stem, in one or two strokes."""
    w, knee = pen.between(0.4, 0.7), pen.between(0.5, 0.7)
    top = (w * pen.between(0.7, 1.0), 0)
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
    w, m = pen.between(0.45, 0.7), pen.between(0.45, 0.62)
    triangle = pen.line((w, 0.03), (0, m), (0.95 * w, m - pen.between(0, 0.1)))
    stem = pen.curve((w, 0.0), (0.95 * w, 0.6), (w * pen.between(0.3, 1), 1))
    return [join(triangle, stem)]
