"""Digits among other things: lines, edges of the page, neighbours and specks."""

import numpy as np
from PIL import Image

from mnist_core.evaluation.pictures.layers import (
    SIDE,
    Drawing,
    compose,
    grey_levels,
    ink_layer,
    line_layer,
    random_pen,
    rectangle,
    to_image,
)


def corner(strokes: Drawing, rng: np.random.Generator) -> Image.Image:
    """In a corner, 30% of the picture."""
    length = 0.3 * SIDE
    near, far = length / 2 + rng.uniform(8, 16), SIDE - length / 2 - rng.uniform(8, 16)
    centre = (near if rng.random() < 0.5 else far, near if rng.random() < 0.5 else far)
    paper, ink = grey_levels(rng)
    return to_image(compose(paper, (ink_layer(strokes, rng.uniform(6, 12), centre, length), ink)))


def ruled_box(strokes: Drawing, rng: np.random.Generator) -> Image.Image:
    """Inside a ruled box 8 pixels from the border."""
    paper, ink = grey_levels(rng)
    box = line_layer(rectangle(8, 8, SIDE - 8, SIDE - 8), rng.uniform(1, 5))
    colour = (
        ink
        if rng.random() < 0.5
        else tuple((2 * p + i) / 3 for p, i in zip(paper, ink, strict=True))
    )
    return to_image(compose(paper, (box, colour), (ink_layer(strokes, random_pen(rng)), ink)))


def form_cell(strokes: Drawing, rng: np.random.Generator) -> Image.Image:
    """In a cell of a form, cut out with its thin lines, which run on to the border."""
    width, height = int(rng.uniform(0.5, 1) * SIDE), SIDE
    paper, ink = grey_levels(rng)
    line = tuple(p + rng.uniform(0.5, 1) * (i - p) for p, i in zip(paper, ink, strict=True))
    left, top, right, bottom = rng.uniform(-2, 20, 4)
    grid = [
        (left, 0, left, height),
        (width - right, 0, width - right, height),
        (0, top, width, top),
        (0, height - bottom, width, height - bottom),
    ]
    # long edge and the cell's width bound the drawing
    points = np.concatenate([np.asarray(stroke, np.float64) for stroke in strokes])
    extent = np.ptp(points, axis=0)
    pen = rng.uniform(6, 16)
    room = rng.uniform(0.6, 0.8) * np.array([width - 20 - pen, height - 20 - pen])
    scale = (room / np.maximum(extent, 1e-9)).min()
    digit = ink_layer(
        strokes, pen, (width / 2, height / 2), scale * extent.max() + pen, (width, height)
    )
    lines = line_layer(grid, rng.uniform(1, 3), (width, height))
    return to_image(compose(paper, (lines, line), (digit, ink)))


def strip(strokes: Drawing, rng: np.random.Generator) -> Image.Image:
    """With a strip of another grey, 10 pixels wide, along one border."""
    paper, ink = grey_levels(rng)
    digit = ink_layer(strokes, random_pen(rng))
    picture = compose(paper, (digit, ink)).copy()
    level = rng.uniform(0, 1)
    while abs(level - paper[0]) < 0.15:
        level = rng.uniform(0, 1)
    turned = np.rot90(picture, k := int(rng.integers(4)))
    turned[:10] = level
    return to_image(np.rot90(turned, -k))


def framed(strokes: Drawing, rng: np.random.Generator) -> Image.Image:
    """With a frame of another grey, 6 to 20 pixels wide, around the picture."""
    paper, ink = grey_levels(rng)
    picture = compose(paper, (ink_layer(strokes, random_pen(rng)), ink)).copy()
    level = ink[0] if rng.random() < 0.5 else rng.uniform(0, 1)
    wide = int(rng.integers(6, 21))
    inside = picture[wide:-wide, wide:-wide].copy()
    picture[:] = level
    picture[wide:-wide, wide:-wide] = inside
    return to_image(picture)


def page_edge(strokes: Drawing, rng: np.random.Generator) -> Image.Image:
    """On a page whose slanted edge is in the picture, with a table beside it."""
    paper, ink = grey_levels(rng)
    picture = compose(paper, (ink_layer(strokes, random_pen(rng), length=0.5 * SIDE), ink))
    level = rng.uniform(0, 1)
    while abs(level - paper[0]) < 0.15:
        level = rng.uniform(0, 1)
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float32)
    table = np.zeros((SIDE, SIDE), np.float32)
    for angle in rng.choice(4, rng.integers(1, 3), replace=False) * np.pi / 2:
        slant = angle + rng.uniform(-0.12, 0.12)
        along = (x - SIDE / 2) * np.cos(slant) + (y - SIDE / 2) * np.sin(slant)
        table = np.maximum(table, (along - SIDE / 2 + rng.uniform(14, 45)).clip(0, 1))
    grain = level + 0.03 * np.sin(0.4 * y + 0.05 * x)[:, :, None]
    picture = picture + table[:, :, None] * (grain - picture)
    return to_image(picture + rng.normal(0, 0.01, (SIDE, SIDE, 1)))


def ruled_paper(strokes: Drawing, rng: np.random.Generator) -> Image.Image:
    """On ruled paper."""
    pitch = rng.uniform(24, 90)
    lines = [(0, y, SIDE, y) for y in np.arange(rng.uniform(0, pitch), SIDE, pitch)]
    return _on_lines(strokes, rng, lines)


def squared_paper(strokes: Drawing, rng: np.random.Generator) -> Image.Image:
    """On squared paper."""
    pitch = rng.uniform(16, 60)
    places = np.arange(rng.uniform(0, pitch), SIDE, pitch)
    lines = [(0, y, SIDE, y) for y in places] + [(x, 0, x, SIDE) for x in places]
    return _on_lines(strokes, rng, lines)


def _on_lines(
    strokes: Drawing, rng: np.random.Generator, lines: list[tuple[float, float, float, float]]
) -> Image.Image:
    paper, ink = grey_levels(rng)
    faint = rng.uniform(0.15, 0.45)
    line = tuple(p + faint * (i - p) for p, i in zip(paper, ink, strict=True))
    ruling = line_layer(lines, rng.uniform(1, 2.5))
    return to_image(compose(paper, (ruling, line), (ink_layer(strokes, random_pen(rng)), ink)))


def neighbour(strokes: Drawing, rng: np.random.Generator) -> Image.Image:
    """With a neighbour's mark, cut off by the border."""
    pen = rng.uniform(10, 18)
    digit = ink_layer(strokes, pen, length=0.5 * SIDE)
    away = rng.uniform(0.5, 0.6) * SIDE
    angle = rng.integers(4) * np.pi / 2
    # the same drawing turned, so that the mark has no shape of its own
    turned = [np.asarray(stroke) @ np.array([[0, 1], [-1, 0]]) for stroke in strokes]
    centre = (SIDE / 2 + away * np.cos(angle), SIDE / 2 + away * np.sin(angle))
    mark = ink_layer(turned, pen, centre, 0.35 * SIDE)
    rows, columns = np.nonzero(digit > 0)
    near = (
        slice(max(0, rows.min() - 6), rows.max() + 7),
        slice(max(0, columns.min() - 6), columns.max() + 7),
    )
    mark[near] = 0  # never touches the digit
    paper, ink = grey_levels(rng)
    return to_image(compose(paper, (mark, ink), (digit, ink)))


def specks(strokes: Drawing, rng: np.random.Generator) -> Image.Image:
    """With specks of dust."""
    digit = ink_layer(strokes, random_pen(rng))
    y, x = np.mgrid[:SIDE, :SIDE]
    dust = np.zeros_like(digit)
    for cx, cy, radius in zip(*rng.uniform(0, SIDE, (2, 20)), rng.uniform(0.5, 3, 20), strict=True):
        dust = np.maximum(dust, (radius + 0.5 - np.hypot(x - cx, y - cy)).clip(0, 1))
    paper, ink = grey_levels(rng)
    return to_image(compose(paper, (dust.astype(np.float32), ink), (digit, ink)))
