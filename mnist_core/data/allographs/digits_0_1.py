"""Allographs of the digits 0 and 1: in how many ways the world writes them."""

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


def zero_open(pen: Pen) -> Drawing:
    """A ring with a gap at its top."""
    gap = pen.between(15, 58)
    start = pen.between(-140, -60) + gap / 2
    radii = (pen.between(0.25, 0.5), 0.5)
    ring = pen.arc((0, 0), radii, start, 360 - gap, pen.between(0.92, 1.08))
    return [ring[::-1] if pen.chance(0.7) else ring]


def zero_overlapping(pen: Pen) -> Drawing:
    """A ring that ends inside, or runs out to one side at its top."""
    radii = (pen.between(0.28, 0.5), 0.5)
    if pen.chance(0.5):
        # anticlockwise and from the top right, it would be a six
        clockwise = pen.chance(0.4)
        start = pen.between(-170, -20) if clockwise else pen.between(-175, -100)
        sweep = pen.between(385, 450)
        return [
            pen.arc((0, 0), radii, start, sweep if clockwise else -sweep, pen.between(0.62, 0.85))
        ]
    ring = pen.arc((0, 0), radii, pen.between(-120, -70), pen.between(-385, -345))
    x, y = ring[-1]
    if pen.chance(0.4):  # clockwise, its left side nearly straight
        w = pen.between(0.5, 0.85)
        return [
            pen.curve(
                (pen.between(0.1, 0.35) * w, 0.05), (0.02, 0.6), (pen.between(0.1, 0.25) * w, 0.97),
                (0.75 * w, 0.85), (w, 0.45), (0.75 * w, 0.08), (0.3 * w, 0.0),
                (-pen.between(0.05, 0.3) * w, pen.between(0.0, 0.15)),
            )
        ]  # fmt: skip
    tail = (x + pen.between(0.1, 0.45), y + pen.between(-0.08, 0.1))
    return [join(ring, pen.curve((x, y), tail))]


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
    angle = np.radians(pen.choose(angles, (0.33, 0.38, 0.1, 0.19)))
    start = -np.degrees(angle) if pen.chance(0.5) else pen.between(-170, -10)
    long = pen.chance(0.45)
    # a slash would fill a narrower one; a long one makes all of it smaller
    ring = _ring(pen, start, narrowest=0.5 if long else 0.42)
    low, high = ring.min(0), ring.max(0)
    centre = (low + high) / 2 + pen.rng.normal(0, 0.04, 2)
    half = (high - low) / 2
    direction = np.array([np.cos(angle), np.sin(angle)])
    reach = 1 / np.hypot(*(direction / half))  # from the centre to the ring
    shortest, longest = (1.25, 2.7) if long else (0.5, 1.5)
    begin = centre - direction * reach * pen.between(shortest, longest)
    end = centre + direction * reach * pen.between(shortest, longest)
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


def _flag(pen: Pen, longest: float = 1.0) -> Stroke:
    """The flatter, the shorter: a long flat flag would make a seven."""
    kinds = (((6, 46), 0.9), ((45, 72), 0.6), ((65, 92), 0.4))
    (least, most), limit = pen.choose(kinds, (0.45, 0.35, 0.2))
    angle = np.radians(pen.between(least, most))
    length = pen.between(0.14, min(limit, longest))
    x, y = -length * np.sin(angle), length * np.cos(angle)
    bend = pen.between(-0.18, 0.1) * length
    return pen.curve((x, y), (x / 2 + bend, y / 2 + bend), (0, 0))


def _hooked(pen: Pen, flag: Stroke) -> Stroke:
    """Some flags begin with a short hook from the right, which stays left of the stem."""
    reach = float(flag[:, 0].max() - flag[0, 0])
    if reach < 0.06 or not pen.chance(0.14):
        return flag
    hook = (reach * pen.between(0.2, 0.42), pen.between(-0.06, 0.03))
    return join(np.add(flag[:1], hook), flag)


def one_tick(pen: Pen) -> Drawing:
    """A stem that ends in a short tick, with or without a flag."""
    side = pen.choose((-1, 1))
    if pen.chance(0.5):  # steep, or rounded
        x, y = pen.between(0.07, 0.24), 1 - pen.between(0.12, 0.42)
        tick = pen.line((0, 1), (x, y)) if pen.chance(0.7) else pen.curve((0.03, 1.02), (x, y))
        return [join(_stem(pen), tick)]
    if pen.chance(0.5):
        tick = pen.line((0, 1), (side * pen.between(0.05, 0.18), 1 - pen.between(0.0, 0.25)))
        return [join(_stem(pen), tick)]
    tick = pen.line((0, 1), (side * pen.between(0.04, 0.12), 1 - pen.between(0.02, 0.12)))
    # a larger flag and a tick would make a two or a three
    angle, length = np.radians(pen.between(20, 55)), pen.between(0.14, 0.35)
    flag = pen.line((-length * np.sin(angle), length * np.cos(angle)), (0, 0))
    return [join(flag, _stem(pen), tick)]


def one_long_flag(pen: Pen) -> Drawing:
    """A slanted stem and a long flag that rises: it begins below the top."""
    lean = pen.between(-0.45, -0.05)
    length = pen.between(0.35, 0.85)
    # a long flat flag would make a seven
    angle = np.radians(pen.between(24 if length < 0.6 else 33, 62))
    x, y = -length * np.cos(angle), length * np.sin(angle)
    bend = pen.between(-0.12, 0.04) * length
    if pen.chance(0.3):  # rounded
        turn = (0.03, 0.06)
        points = ((x, y), (x / 2, y / 2 + bend), (-0.02, 0.01), turn, (lean / 2, 0.5), (lean, 1))
        return [_hooked(pen, pen.curve(*points))]
    flag = _hooked(pen, pen.curve((x, y), (x / 2, y / 2 + bend), (0, 0)))
    stem = pen.curve((0, 0), (lean / 2 + pen.between(-0.03, 0.05), 0.5), (lean, 1))
    return [join(flag, stem)]


def one_flat_flag(pen: Pen) -> Drawing:
    """An upright stem and a nearly flat flag that rises, shorter than the bar of a seven."""
    angle, length = np.radians(pen.between(12, 32)), pen.between(0.22, 0.48)
    x, y = -length * np.cos(angle), length * np.sin(angle)
    if pen.chance(0.3):  # flat, with a corner from which it rises to the top of the stem
        corner = pen.between(0.2, 0.45) * x, pen.between(0.7, 1) * y
        flag = pen.line((x, y + pen.between(-0.03, 0.04)), corner, (0, 0))
    else:
        bend = pen.between(-0.12, 0.02) * length
        flag = pen.curve((x, y), (x / 2, y / 2 + bend), (0, 0))
    lean = pen.between(-0.08, 0.1)
    stem = pen.curve((0, 0), (lean / 2 + pen.between(-0.02, 0.03), 0.5), (lean, 1))
    if pen.chance(0.4):  # the stem is a stroke of its own, which begins above or right of the flag
        gap = pen.between(0, 0.06) if pen.chance(0.6) else pen.between(0.06, 0.2)
        return [flag, np.add(stem, (gap, pen.between(-0.18, 0.03)))]
    return [join(flag, stem)]


def one_flag(pen: Pen) -> Drawing:
    """A stem with a flag, short or long."""
    return [join(_hooked(pen, _flag(pen)), _stem(pen))]


def _foot(pen: Pen, y: float = 1.0) -> Stroke:
    left, right = pen.between(0.1, 0.6), pen.between(0.1, 0.6)
    return pen.line(
        (-left, y + pen.between(-0.05, 0.05)),
        (0, y + pen.between(-0.03, 0.03)),
        (right, y + pen.between(-0.05, 0.05)),
    )


def one_foot(pen: Pen) -> Drawing:
    """A stem with a flag and a foot, with or without lifting the pen."""
    joined = pen.chance(0.2)
    # some stems run through the foot; further, it would be the second bar of a seven
    foot = _foot(pen, pen.between(0.82, 0.95) if not joined and pen.chance(0.35) else 1.0)
    if pen.chance(0.15):
        stem = _stem(pen)
    elif joined or pen.chance(0.3):
        # a long flag would make a two
        angle, length = np.radians(pen.between(15, 52)), pen.between(0.15, 0.4)
        stem = pen.line((-length * np.sin(angle), length * np.cos(angle)), (0, 0))
        stem = join(stem, _stem(pen))
    else:
        stem = join(_flag(pen, longest=0.65), _stem(pen))
    return [join(stem, foot)] if joined else [stem, foot]
