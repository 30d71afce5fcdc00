"""Allographs of the digits 5 to 9."""

from __future__ import annotations

from mnist_core.data.allographs.pen import Drawing, Pen, Stroke, join


def five(pen: Pen) -> Drawing:
    """One stroke: hat, neck, belly."""
    w, m = pen.between(0.45, 0.7), pen.between(0.34, 0.5)
    neck = (pen.between(0.0, 0.15) * w, m)
    hat = pen.line((w * pen.between(0.7, 1.15), pen.between(-0.05, 0.06)), (0.2 * w, 0.02), neck)
    return [join(hat, _belly(pen, neck, w))]


def _belly(pen: Pen, neck: tuple[float, float], w: float) -> Stroke:
    m = neck[1]
    end = (pen.between(-0.1, 0.1), pen.between(0.84, 1.0))
    if pen.chance(0.2):  # angular
        return pen.line(neck, (0.9 * w, m + 0.08), (0.85 * w, 0.92), end)
    return pen.curve(
        neck, (0.55 * w, m - pen.between(-0.03, 0.1)), (w, m + 0.45 * (1 - m)), (0.65 * w, 0.98),
        end,
    )  # fmt: skip


def five_hat(pen: Pen) -> Drawing:
    """The hat is a stroke of its own, which may not touch; the neck may be short."""
    w, m = pen.between(0.4, 0.65), pen.between(0.34, 0.5)
    neck = (pen.between(0.0, 0.12) * w, m)
    top = (neck[0] + pen.between(-0.05, 0.12), m - pen.between(0.1, 0.48))
    body = join(pen.line(top, neck), _belly(pen, neck, w))
    x, y = top[0] + pen.between(-0.1, 0.2), top[1] + pen.between(-0.25, 0.08)
    return [body, pen.line((x, y), (x + pen.between(0.25, 0.6), y + pen.between(-0.1, 0.06)))]


def five_curved(pen: Pen) -> Drawing:
    """Like an S."""
    w, m = pen.between(0.4, 0.65), pen.between(0.36, 0.48)
    return [
        pen.curve(
            (w * pen.between(0.8, 1.1), pen.between(0, 0.06)), (0.45 * w, 0.0), (0.12 * w, 0.2),
            (0.4 * w, m), (0.95 * w, m + 0.22), (0.6 * w, 0.98), (0, pen.between(0.85, 0.97)),
        )
    ]  # fmt: skip


def five_angular(pen: Pen) -> Drawing:
    """Straight lines only."""
    w, m = pen.between(0.45, 0.7), pen.between(0.4, 0.52)
    return [
        pen.line(
            (w, 0), (0.05 * w, 0.02), (0.02, m), (0.9 * w, m + pen.between(-0.03, 0.1)),
            (0.9 * w, 0.95), (0, 1),
        )
    ]  # fmt: skip


def six(pen: Pen) -> Drawing:
    """A bent stem and a loop, which closes, stays open or curls."""
    w, loop = pen.between(0.4, 0.68), pen.between(0.28, 0.6)
    top = 1 - loop
    points = [
        (w * pen.between(0.5, 1.1), pen.between(-0.02, 0.05)), (0.3 * w, 0.3), (0.0, 0.7),
        (0.25 * w, 0.99), (0.85 * w, 0.92), (0.95 * w, 1 - loop / 2), (0.6 * w, top),
    ]  # fmt: skip
    ends = ((0.2 * w, top + 0.1), (0.05 * w, top + 0.3 * loop + 0.1))
    return [pen.curve(*points, *ends[: pen.choose((0, 1, 2), (0.1, 0.4, 0.5))])]


def six_straight(pen: Pen) -> Drawing:
    """A straight stem and a loop, also as two strokes."""
    w, loop = pen.between(0.35, 0.65), pen.between(0.3, 0.55)
    top = 1 - loop
    lean = pen.between(0.0, 0.35)
    if pen.chance(0.3):
        stem = pen.line((lean, 0), (0, 0.95))
        ring = pen.curve(
            (0.02, top + 0.1), (0.6 * w, top), (w, 1 - loop / 2), (0.5 * w, 1), (0, 0.94)
        )
        return [stem, ring] if pen.chance(0.6) else [join(stem, ring)]
    return [
        pen.curve(
            (lean, 0), (0.5 * lean, 0.4), (0, 0.8), (0.3 * w, 1.0), (w, 1 - loop / 2),
            (0.6 * w, top), (pen.between(0, 0.15), top + pen.between(0.1, 0.3)),
        )
    ]  # fmt: skip


def six_round(pen: Pen) -> Drawing:
    """A spiral: the loop is as wide as the digit."""
    sweep = pen.between(430, 540)
    start = pen.between(-75, -30)
    return [pen.arc((0, 0), (pen.between(0.35, 0.5), 0.55), start, -sweep, pen.between(0.25, 0.5))]


def seven(pen: Pen) -> Drawing:
    """A bar and a straight or bent stem."""
    return [join(_bar(pen), _seven_stem(pen))]


def _bar(pen: Pen) -> Stroke:
    """From the left end to (0, 0), with a hook, a wave or neither."""
    w = pen.between(0.42, 0.78)
    y = pen.between(-0.1, 0.08)
    kind = pen.choose(("straight", "hook", "wave", "bent"), (0.5, 0.2, 0.15, 0.15))
    if kind == "hook":
        hook = pen.between(0.08, 0.28)
        return pen.line((-w + pen.between(-0.04, 0.06), y + hook), (-w, y), (0, 0))
    if kind == "wave":
        return pen.curve((-w, y + 0.06), (-0.7 * w, y - 0.04), (-0.35 * w, 0.06), (0, 0))
    if kind == "bent":
        return pen.curve((-w, y + 0.12), (-0.6 * w, y - 0.03), (0, 0))
    return pen.line((-w, y), (0, 0))


def _seven_stem(pen: Pen) -> Stroke:
    lean, bend = pen.between(-0.5, 0.0), pen.between(-0.15, 0.04)
    return pen.curve((0, 0), (lean / 2 + bend, 0.5), (lean, 1))


def seven_curved(pen: Pen) -> Drawing:
    """The bar bends into the stem, as in a question mark."""
    w, lean = pen.between(0.35, 0.7), pen.between(-0.4, 0.0)
    left = (-w, pen.between(0.02, 0.22))
    return [
        pen.curve(
            left, (-0.6 * w, -0.02), (-0.1 * w, 0.02), (0.0, 0.2), (lean / 2, 0.55), (lean, 1)
        )
    ]


def seven_crossed(pen: Pen) -> Drawing:
    """A second bar through the stem."""
    stem = _seven_stem(pen)
    x, y = stem[len(stem) // 2]
    y += pen.between(-0.12, 0.22)
    left, right = pen.between(0.1, 0.4), pen.between(0.12, 0.5)
    rise = pen.between(-0.12, 0.1)
    return [join(_bar(pen), stem), pen.line((x - left, y + rise), (x + right, y - rise))]


def seven_joined(pen: Pen) -> Drawing:
    """The second bar follows the stem without lifting the pen."""
    stem = _seven_stem(pen)
    x, y = stem[-1]
    middle = stem[len(stem) // 2]
    back = pen.between(0.1, 0.3)
    cross = pen.curve(
        (x, y), (x - 0.6 * back, 0.85 * y), (middle[0] - back, middle[1] + 0.05),
        (middle[0] + pen.between(0.15, 0.35), middle[1] + pen.between(-0.05, 0.1)),
    )  # fmt: skip
    return [join(_bar(pen), stem, cross[1:])]


def eight(pen: Pen) -> Drawing:
    """One stroke that crosses itself; its ends may stay apart, and either loop may be small."""
    w, m = pen.between(0.4, 0.65), pen.between(0.38, 0.66)
    top = w * pen.between(0.55, 1.0)
    foot = 0.5 * w * pen.between(0.55, 1.0)
    end = pen.choose(
        (
            (0.5 * w + top / 2, pen.between(0.05, 0.2)),
            (0.5 * w + top * pen.between(0.5, 0.8), pen.between(-0.1, 0.05)),
            (0.5 * w + pen.between(-0.05, 0.1), pen.between(-0.03, 0.05)),
        ),
        (0.5, 0.3, 0.2),
    )
    loop = pen.curve(
        (0.5 * w + top / 2, pen.between(0.05, 0.22)), (0.5 * w, 0), (0.5 * w - top / 2, 0.22),
        (0.5 * w, m), (0.5 * w + foot, (1 + m) / 2), (0.5 * w, 1), (0.5 * w - foot, (1 + m) / 2),
        (0.5 * w, m), end,
    )  # fmt: skip
    if pen.chance(0.3):  # mirrored: begins in the other direction
        loop = loop * (-1, 1)
    return [loop]


def eight_circles(pen: Pen) -> Drawing:
    """Two circles, one on the other; they may overlap or leave a gap."""
    upper, lower = pen.between(0.18, 0.27), pen.between(0.22, 0.32)
    ratio = pen.between(0.7, 1.1)
    gap = pen.between(-0.06, 0.04)
    start = pen.between(0, 180)
    sweep = pen.choose((-1, 1)) * pen.between(330, 400)
    first = pen.arc((0, -upper - gap), (ratio * upper, upper), start, sweep)
    second = pen.arc(
        (pen.between(-0.05, 0.05), lower), (ratio * lower, lower), pen.between(-150, -30), sweep
    )
    return [first, second]


def eight_centre(pen: Pen) -> Drawing:
    """One stroke that begins and ends where it crosses itself."""
    w, m = pen.between(0.4, 0.65), pen.between(0.42, 0.55)
    return [
        pen.curve(
            (0.5 * w, m), (0.1 * w, 0.22), (0.5 * w, 0), (0.9 * w, 0.22), (0.5 * w, m),
            (0.02, 0.75), (0.5 * w, 1), (w, 0.75), (0.55 * w, m + pen.between(-0.05, 0.05)),
        )
    ]  # fmt: skip


def eight_open(pen: Pen) -> Drawing:
    """A closed lower loop, an upper one that stays open."""
    w, m = pen.between(0.4, 0.7), pen.between(0.4, 0.65)
    return [
        pen.curve(
            (w * pen.between(-0.1, 0.2), pen.between(0, 0.12)), (0.1 * w, 0.3 * m), (0.5 * w, m),
            (0.9 * w, (1 + m) / 2), (0.5 * w, 1), (0.1 * w, (1 + m) / 2), (0.5 * w, m),
            (0.9 * w, 0.3 * m), (w * pen.between(0.6, 1.1), pen.between(0, 0.1)),
        )
    ]  # fmt: skip


def eight_angular(pen: Pen) -> Drawing:
    """An S that a nearly straight line closes."""
    w = pen.between(0.4, 0.65)
    s = pen.curve(
        (w, pen.between(0.0, 0.12)), (0.5 * w, 0), (0.08 * w, 0.2), (0.5 * w, 0.48),
        (0.9 * w, 0.78), (0.5 * w, 1), (0.05 * w, 0.82),
    )  # fmt: skip
    back = pen.line((0.05 * w, 0.82), (w * pen.between(0.85, 1.2), pen.between(-0.08, 0.12)))
    return [join(s, back)]


def nine(pen: Pen) -> Drawing:
    """A loop and a straight stem."""
    stem_x, loop = _nine_loop(pen)
    stem = pen.curve(
        (stem_x, 0.12),
        (stem_x + pen.between(-0.06, 0.03), 0.55),
        (stem_x + pen.between(-0.25, 0.08), 1),
    )
    return [join(loop, stem)] if pen.chance(0.75) else [loop, stem]


def _nine_loop(
    pen: Pen, weights: tuple[float, ...] = (0.6, 0.18, 0.1, 0.12)
) -> tuple[float, Stroke]:
    """Return x of the stem, and a loop: round, open, small, or a short flat stroke."""
    w = pen.between(0.35, 0.65)
    kind = pen.choose(("round", "small", "flat", "open"), weights)
    h = pen.between(0.35, 0.6) if kind == "round" else pen.between(0.2, 0.35)
    if kind == "small":
        w = pen.between(0.25, 0.38)
    if kind == "flat":
        h = pen.between(0.16, 0.24)
    if kind == "open":
        h = pen.between(0.35, 0.55)
        top = pen.between(0.0, 0.12)
        return w, pen.curve(
            (0.75 * w, top), (0.2 * w, 0.08), (0.03, 0.6 * h), (0.4 * w, h), (0.97 * w, 0.6 * h)
        )
    return w, pen.curve(
        (0.98 * w, pen.between(0.08, 0.25)), (0.55 * w, 0), (0.05, 0.4 * h), (0.3 * w, h),
        (0.8 * w, 0.8 * h), (w, 0.15),
    )  # fmt: skip


def nine_curled(pen: Pen) -> Drawing:
    """A stem that curls to the left, shortly or as in a g."""
    x, loop = _nine_loop(pen, (0.4, 0.18, 0.24, 0.18))
    reach = pen.between(0.1, 0.65)
    stem = pen.curve(
        (x, 0.12), (x, 0.65), (x - 0.35 * reach, 0.97), (x - reach, pen.between(0.8, 1.0))
    )
    return [join(loop, stem)] if pen.chance(0.8) else [loop, stem]


def nine_spiral(pen: Pen) -> Drawing:
    """A round loop that runs into a bent stem."""
    w, h = pen.between(0.4, 0.6), pen.between(0.4, 0.6)
    return [
        pen.curve(
            (0.9 * w, h - pen.between(0.05, 0.2)), (0.4 * w, h), (0.02, 0.5 * h), (0.5 * w, 0),
            (w, 0.45 * h), (0.9 * w, 0.7), (pen.between(0.0, 0.7) * w, 1),
        )
    ]  # fmt: skip
