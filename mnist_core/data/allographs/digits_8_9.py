"""Allographs of the digits 8 and 9."""

from mnist_core.data.allographs.pen import Drawing, Pen, Stroke, join


def eight(pen: Pen) -> Drawing:
    """One stroke that crosses itself; its ends may stay apart, and either loop may be small."""
    w, m = pen.between(0.4, 0.65), pen.between(0.38, 0.66)
    top = w * pen.between(0.55, 1.0)
    foot = 0.5 * w * pen.between(0.48, 1.0)
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
    side = pen.choose((-1, 1))
    start = pen.between(0, 180)
    sweep = pen.between(330, 400)
    if pen.chance(0.25):  # open at the top; at the left, it could be a three
        sweep = pen.between(285, 335) if pen.chance(0.7) else pen.between(250, 285)
        start = -90 + side * (360 - sweep) / 2 + pen.between(-25, 25)
    first = pen.arc((0, -upper - gap), (ratio * upper, upper), start, side * sweep)
    start = pen.between(-150, -30)
    if pen.chance(0.2):
        sweep = pen.between(300, 335)
        start = -90 + side * (360 - sweep) / 2 + pen.between(-25, 25)
    second = pen.arc((pen.between(-0.05, 0.05), lower), (ratio * lower, lower), start, side * sweep)
    return [first, second]


def eight_centre(pen: Pen) -> Drawing:
    """One stroke that begins and ends where it crosses itself."""
    w, m = pen.between(0.4, 0.65), pen.between(0.42, 0.55)
    loops = pen.curve(
        (0.5 * w, m), (0.1 * w, 0.22), (0.5 * w, 0), (0.9 * w, 0.22), (0.5 * w, m),
        (0.02, 0.75), (0.5 * w, 1), (w, 0.75), (0.55 * w, m + pen.between(-0.05, 0.05)),
    )  # fmt: skip
    if pen.chance(0.3):
        return [join(_lead(pen, -1, w, m), loops * (-1, 1) + (w, 0))]
    return [loops]


def _lead(pen: Pen, side: int, w: float, m: float) -> Stroke:
    """A line to the crossing, from the left (-1) or from the right (1)."""
    length = pen.between(0.15, 0.4)
    return pen.line(
        (0.5 * w + side * (0.3 * w + length), m + pen.between(-0.08, 0.05)),
        (0.5 * w + side * 0.2 * w, m + pen.between(-0.02, 0.02)),
    )


def eight_open(pen: Pen) -> Drawing:
    """A closed lower loop, an upper one that stays open at its top or at its left."""
    w, m = pen.between(0.4, 0.7), pen.between(0.4, 0.65)
    if pen.chance(0.1):
        return _eight_of_bows(pen, w, m)
    if pen.chance(0.5):
        top = pen.between(0.55, 1.0)  # its width by the lower loop's
        begin = (0.5 - pen.between(0.2, 0.48) * top) * w
        points = [
            (begin, pen.between(0.12, 0.35) * m), (0.5 * w, 0), ((0.5 + 0.42 * top) * w, 0.4 * m),
            (0.45 * w, m), (0.05 * w, (1 + m) / 2), (0.5 * w, 1), (0.95 * w, (1 + m) / 2),
            (0.5 * w, m), (pen.between(0.1, 0.3) * w, 0.7 * m),
        ]  # fmt: skip
        # it may end where the loop closes
        return [pen.curve(*points[: pen.choose((8, 9), (0.45, 0.55))])]
    return [
        pen.curve(
            (w * pen.between(-0.1, 0.2), pen.between(0, 0.12)), (0.1 * w, 0.3 * m), (0.5 * w, m),
            (0.9 * w, (1 + m) / 2), (0.5 * w, 1), (0.1 * w, (1 + m) / 2), (0.5 * w, m),
            (0.9 * w, 0.3 * m), (w * pen.between(0.6, 1.1), pen.between(0, 0.1)),
        )
    ]  # fmt: skip


def _eight_of_bows(pen: Pen, w: float, m: float) -> Drawing:
    """A bow that is open at its top, and a wide one below it that nearly closes under it."""
    upper = pen.curve(
        (pen.between(0, 0.2) * w, pen.between(0.1, 0.5) * m), (0.15 * w, 0.85 * m),
        (0.55 * w, m), (w, 0.7 * m), (pen.between(0.65, 1.05) * w, pen.between(-0.05, 0.15)),
    )  # fmt: skip
    lower = pen.curve(
        (pen.between(0.6, 0.95) * w, m + pen.between(-0.15, 0.05)), (1.1 * w, (1 + m) / 2),
        (w, 0.95), (0.5 * w, 1), (0, 0.95), (0.02 * w, 0.85),
        (pen.between(0.15, 0.45) * w, m + pen.between(0.02, 0.15)),
    )  # fmt: skip
    return [upper, lower]


def eight_angular(pen: Pen) -> Drawing:
    """An S that a nearly straight line closes."""
    w = pen.between(0.4, 0.65)
    narrow = pen.between(0.5, 1.0)  # the lower loop
    foot = (w * (0.5 - 0.45 * narrow), 0.82)
    s = pen.curve(
        (w, pen.between(0.0, 0.12)), (0.5 * w, 0), (0.08 * w, 0.2), (0.5 * w, 0.48),
        (w * (0.5 + 0.4 * narrow), 0.78), (0.5 * w, 1), foot,
    )  # fmt: skip
    back = pen.line(foot, (w * pen.between(0.85, 1.2), pen.between(-0.08, 0.12)))
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
    pen: Pen, weights: tuple[float, ...] = (0.54, 0.17, 0.09, 0.11, 0.09)
) -> tuple[float, Stroke]:
    """Return x of the stem, and a loop: round, open, small, or a short flat stroke."""
    w = pen.between(0.35, 0.65)
    kind = pen.choose(("round", "small", "flat", "open", "from the right"), weights)
    h = pen.between(0.35, 0.6) if kind == "round" else pen.between(0.2, 0.35)
    if kind == "small":
        w = pen.between(0.25, 0.38)
    if kind == "flat":
        h = pen.between(0.18, 0.26)
    if kind == "from the right":  # of the stem
        h = pen.between(0.35, 0.5)
        return w, pen.curve(
            (w + pen.between(0.1, 0.25), h * pen.between(0.75, 1.0)), (0.4 * w, h), (0.04, 0.5 * h),
            (0.5 * w, 0), (w, 0.15),
        )  # fmt: skip
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
    x, loop = _nine_loop(pen, (0.36, 0.17, 0.23, 0.16, 0.08))
    reach = pen.between(0.1, 0.65)
    stem = pen.curve(
        (x, 0.12), (x, 0.65), (x - 0.35 * reach, 0.97), (x - reach, pen.between(0.8, 1.0))
    )
    return [join(loop, stem)] if pen.chance(0.8) else [loop, stem]


def nine_bent(pen: Pen) -> Drawing:
    """A low loop, round, flat or filled, above a bow that ends far to the left."""
    w, h = pen.between(0.3, 0.6), pen.between(0.2, 0.42)
    loop = pen.curve(
        (w * pen.between(0.8, 1), pen.between(0.03, 0.15)), (0.5 * w, 0), (0.03, 0.45 * h),
        (0.35 * w, h), (0.8 * w, 0.7 * h), (w, 0.15 * h),
    )  # fmt: skip
    waist = pen.between(0.7, 1.0) * w
    belly = max(waist, 0.8 * w) + pen.between(0.0, 0.15)
    reach = pen.between(0.25, 0.7)
    stem = pen.curve(
        (waist, h + pen.between(0.02, 0.1)), (belly, 0.5 + 0.5 * h), (belly - 0.4 * reach, 0.98),
        (belly - reach, pen.between(0.85, 1.0)),
    )  # fmt: skip
    return [join(loop, stem)]


def nine_spiral(pen: Pen) -> Drawing:
    """A round loop that runs into a bent stem."""
    w, h = pen.between(0.4, 0.6), pen.between(0.4, 0.6)
    return [
        pen.curve(
            (0.9 * w, h - pen.between(0.05, 0.2)), (0.4 * w, h), (0.02, 0.5 * h), (0.5 * w, 0),
            (w, 0.45 * h), (0.9 * w, 0.7), (pen.between(0.0, 0.7) * w, 1),
        )
    ]  # fmt: skip


def nine_crossed(pen: Pen) -> Drawing:
    """A flat loop that begins at its lower left, runs through itself there, and bends down."""
    w, h = pen.between(0.4, 0.6), pen.between(0.36, 0.5)
    belly = w * pen.between(0.75, 1.0)
    return [
        pen.curve(
            (pen.between(0.1, 0.3) * w, h * pen.between(0.95, 1.15)), (0.6 * w, 0.75 * h),
            (w, 0.35 * h), (0.7 * w, 0), (0.2 * w, 0.1 * h), (0.12 * w, 0.5 * h),
            (0.5 * w, 0.95 * h), (belly, 0.5 * (1 + h)), (belly - 0.15 * w, 0.92),
            (pen.between(0.2, 0.7) * w, pen.between(0.95, 1.03)),
        )
    ]  # fmt: skip
