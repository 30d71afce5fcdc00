"""Allographs of the digits 5 to 7."""

import numpy as np

from mnist_core.data.allographs.pen import Drawing, Pen, Stroke, join


def five(pen: Pen) -> Drawing:
    """One stroke: hat, neck, belly."""
    w, m = pen.between(0.45, 0.7), pen.between(0.25, 0.5)
    neck = (pen.between(0.0, 0.2) * w, m)
    left = pen.between(0.02, 0.25) * w
    hat = pen.line((w * pen.between(0.7, 1.2), pen.between(-0.05, 0.06)), (left, 0.02), neck)
    if pen.chance(0.15):  # the belly is narrower than the hat
        w *= pen.between(0.6, 0.85)
    return [join(hat, _belly(pen, neck, w))]


def _belly(pen: Pen, neck: tuple[float, float], w: float) -> Stroke:
    m = neck[1]
    end = (pen.between(-0.1, 0.1), pen.between(0.84, 1.0))
    if pen.chance(0.25):  # angular
        top = pen.between(-0.05, 0.12)
        return pen.line(neck, (pen.between(0.75, 1) * w, m + top), (0.85 * w, 0.92), end)
    return pen.curve(
        neck, (0.55 * w, m - pen.between(-0.03, 0.1)), (w, m + 0.45 * (1 - m)), (0.65 * w, 0.98),
        end,
    )  # fmt: skip


def five_hat(pen: Pen) -> Drawing:
    """The hat is a stroke of its own, which may not touch; the neck may be short."""
    w, m = pen.between(0.4, 0.65), pen.between(0.34, 0.5)
    neck = (pen.between(0.0, 0.12) * w, m)
    top = (neck[0] + pen.between(-0.05, 0.24), m - pen.between(0.1, 0.48))
    body = join(pen.line(top, neck), _belly(pen, neck, w))
    x, y = top[0] + pen.between(-0.1, 0.2), top[1] + pen.between(-0.25, 0.08)
    end = x + pen.between(0.25, 0.6)
    if pen.chance(0.3):  # a long hat, on both sides of the neck
        x, end = top[0] - pen.between(0.1, 0.3), top[0] + pen.between(0.25, 0.55)
    return [body, pen.line((x, y), (end, y + pen.between(-0.1, 0.06)))]


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
    body = pen.curve(*points, *ends[: pen.choose((0, 1, 2), (0.1, 0.4, 0.5))])
    if pen.chance(0.08):  # it begins with a line that rises to the stem from the left
        hook = (pen.between(-0.3, -0.1), pen.between(0.12, 0.3))
        return [join(body[:1] + hook, body)]
    return [body]


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
            (0.6 * w, top), (pen.between(-0.15, 0.15), top + pen.between(0.05, 0.3)),
        )
    ]  # fmt: skip


def six_narrow(pen: Pen) -> Drawing:
    """A bent stem and a narrow slanted loop, which may be filled, and ends beyond the stem."""
    w, top = pen.between(0.52, 0.75), pen.between(0.32, 0.55)
    begin = (pen.between(0.25, 0.7) * w, pen.between(-0.02, 0.05))
    tip = (pen.between(0.75, 1.05) * w, top)
    back = 0.25  # how wide the loop is at its top
    ends = [(pen.between(0.15, 0.5) * w, pen.between(0.75, 0.95))]
    if pen.chance(0.5):  # and runs out to the right, as an e does, or down
        back = pen.between(0.08, 0.25)
        x = pen.between(0.35, 0.65) * w
        ends = [(x, pen.between(0.62, 0.78)), (x + 0.12 * w, pen.between(0.88, 1.02))]
        if pen.chance(0.7):
            ends.append((w * pen.between(0.85, 1.05), pen.between(0.72, 0.92)))
    elif pen.chance(0.35):  # or crosses the bottom, which is round: a four has a corner there
        top = pen.between(0.14, 0.5)
        tip = (tip[0], top)
        x = pen.between(0.4, 0.6) * w
        ends = [(x + 0.08 * w, 0.72), (x, pen.between(1.0, 1.12))]
        if pen.chance(0.6):
            ends.append((x + pen.between(0.12, 0.35) * w, pen.between(0.92, 1.05)))
    points = [
        begin, (0.1 * w, 0.35), (0.0, 0.72), (0.25 * w, 0.98), (0.75 * w, 0.8), tip,
        (tip[0] - back * w, top + 0.03),
    ]  # fmt: skip
    return [pen.curve(*points, *ends)]


def six_round(pen: Pen) -> Drawing:
    """A spiral: the loop is as wide as the digit."""
    sweep = pen.between(430, 540)
    start = pen.between(-75, -30)
    return [pen.arc((0, 0), (pen.between(0.35, 0.5), 0.55), start, -sweep, pen.between(0.25, 0.5))]


def seven(pen: Pen) -> Drawing:
    """A bar and a straight or bent stem."""
    bar = _bar(pen)
    # below a short bar, an upright stem would make a one
    upright = 0.0 if np.ptp(bar[:, 0]) > 0.58 else -0.14
    return [join(bar, _seven_stem(pen, upright))]


def _bar(pen: Pen) -> Stroke:
    """From the left end to (0, 0), with a hook, a wave or neither."""
    w = pen.between(0.47, 0.78)
    y = pen.between(-0.1, 0.05)
    kind = pen.choose(("straight", "hook", "wave", "bent"), (0.5, 0.2, 0.15, 0.15))
    if kind == "hook":
        hook = pen.between(0.08, 0.28)
        return pen.line((-w + pen.between(-0.04, 0.06), y + hook), (-w, y), (0, 0))
    if kind == "wave":
        return pen.curve((-w, y + 0.06), (-0.7 * w, y - 0.04), (-0.35 * w, 0.06), (0, 0))
    if kind == "bent":
        return pen.curve((-w, y + 0.12), (-0.6 * w, y - 0.03), (0, 0))
    return pen.line((-w, y), (0, 0))


def _seven_stem(pen: Pen, upright: float = 0.0) -> Stroke:
    lean, bend = pen.between(-0.5, upright), pen.between(-0.15, 0.04)
    stem = pen.curve((0, 0), (lean / 2 + bend, 0.5), (lean, 1))
    return _footed(pen, stem)


def _footed(pen: Pen, stem: Stroke) -> Stroke:
    """Some stems end in a small foot or a rising tick; a larger foot would make a two."""
    if pen.chance(0.06):
        foot = np.array([pen.between(0.05, 0.15), pen.between(-0.06, 0.03)])
        return join(stem, stem[-1:] + foot)
    if pen.chance(0.3):
        height = pen.between(0.08, 0.34) if pen.chance(0.75) else pen.between(0.3, 0.6)
        # a long one is steeper than any base of a two, above all on a stem that leans
        widest = 0.85 if height < 0.24 else 0.65
        if np.ptp(stem[:, 0]) < 0.3:
            widest += 0.3
        width = height * pen.between(0.3, widest)
        return join(stem, np.add(stem[-1:], (width, -height)))
    return stem


def seven_curved(pen: Pen) -> Drawing:
    """The bar bends into the stem, as in a question mark."""
    return [_curved(pen)]


def _curved(pen: Pen) -> Stroke:
    w, lean = pen.between(0.42, 0.72), pen.between(-0.4, -0.02)
    left = (-w, pen.between(0.02, 0.22))
    return _footed(
        pen,
        pen.curve(
            left, (-0.6 * w, -0.02), (-0.1 * w, 0.02), (0.0, 0.2), (lean / 2, 0.55), (lean, 1)
        ),
    )


def seven_crossed(pen: Pen) -> Drawing:
    """A second bar through the stem."""
    if pen.chance(0.25):
        body = [_curved(pen)]
        stem = body[0][len(body[0]) // 3 :]
    else:
        stem = _seven_stem(pen)
        body = [join(_bar(pen), stem)]
        if pen.chance(0.15):  # the stem begins left of the bar's end
            shift = (pen.between(0.05, 0.25), pen.between(-0.04, 0.04))
            body = [join(_bar(pen) + shift, np.add(shift, [[0, 0]])), stem]
    x, y = stem[int(pen.between(0.4, 0.76) * (len(stem) - 1))]
    left, right = pen.between(0.1, 0.4), pen.between(0.12, 0.5)
    rise = pen.between(-0.12, 0.1)
    return [*body, pen.line((x - left, y + rise), (x + right, y - rise))]


def seven_joined(pen: Pen) -> Drawing:
    """The second bar follows the stem without lifting the pen."""
    stem = _seven_stem(pen)
    x, y = stem[-1]
    middle = stem[int(pen.between(0.42, 0.66) * (len(stem) - 1))]
    back = pen.between(0.08, 0.3)
    cross = pen.curve(
        (x, y), (x - 0.6 * back, 0.55 * y + 0.45 * middle[1]),
        (middle[0] - back, middle[1] + pen.between(0, 0.06)),
        (middle[0] + pen.between(0.15, 0.45), middle[1] + pen.between(-0.05, 0.1)),
    )  # fmt: skip
    return [join(_bar(pen), stem, cross[1:])]
