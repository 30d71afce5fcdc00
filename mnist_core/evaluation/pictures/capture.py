"""Digits as they were cropped, lit, coloured, photographed and compressed."""

import io

import numpy as np
from PIL import Image

from mnist_core.evaluation.pictures.layers import (
    SIDE,
    Colour,
    Drawing,
    blur,
    compose,
    gradient,
    grey_levels,
    ink_layer,
    random_pen,
    to_image,
)

COLOURS: tuple[tuple[Colour, Colour], ...] = (
    ((0.45, 0.15, 0.6), (0.95, 0.85, 0.1)),  # yellow on purple
    ((0.62, 0.52, 0.0), (0.65, 0.35, 0.95)),  # purple on yellow, equally light
    ((0.85, 0.35, 0.3), (0.2, 0.6, 0.3)),  # green on red, equally light
    ((0.3, 0.55, 0.85), (0.9, 0.4, 0.2)),  # orange on blue
    ((0.98, 0.92, 0.7), (0.15, 0.2, 0.6)),  # blue on cream
    ((0.75, 0.9, 0.75), (0.8, 0.2, 0.2)),  # red on light green
    ((0.1, 0.3, 0.2), (0.95, 0.95, 0.85)),  # chalk on a green board
    ((0.95, 0.75, 0.8), (0.3, 0.3, 0.35)),  # pencil on pink
)
"""Paper and ink of coloured pictures."""


def cut_to_ink(strokes: Drawing, rng: np.random.Generator) -> Image.Image:
    """Cut exactly to the ink."""
    digit = ink_layer(strokes, random_pen(rng))
    rows, columns = np.nonzero(digit > 0.5)
    digit = digit[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    # a picture has at least 8 pixels on a side
    short = [max(0, 8 - side) for side in digit.shape]
    digit = np.pad(digit, [(n // 2, n - n // 2) for n in short])
    paper, ink = grey_levels(rng)
    return to_image(compose(paper, (digit, ink)))


def tiny(strokes: Drawing, rng: np.random.Generator) -> Image.Image:
    """Cut to the ink, 8 to 16 pixels high."""
    pen = rng.uniform(18, 28)
    digit = ink_layer(strokes, pen, (128, 128), 240, (256, 256))
    rows, columns = np.nonzero(digit > 0.5)
    digit = digit[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    side = int(rng.integers(8, 17))
    scale = side / max(digit.shape)
    # narrow drawings keep their shape: paper is added at both sides
    narrow = max(0, round(8 / scale) - min(digit.shape))
    axis = int(np.argmin(digit.shape))
    digit = np.pad(
        digit, [(narrow // 2, narrow - narrow // 2) if n == axis else (0, 0) for n in (0, 1)]
    )
    size = [max(8, round(n * scale)) for n in digit.shape[::-1]]
    small = Image.fromarray(digit).resize(size, Image.Resampling.BOX)
    paper, ink = grey_levels(rng)
    return to_image(compose(paper, (np.asarray(small), ink)))


def shadow(strokes: Drawing, rng: np.random.Generator) -> Image.Image:
    """Under uneven light, with the soft edge of a shadow."""
    picture = compose((0.85,) * 3, (ink_layer(strokes, random_pen(rng)), (0.2,) * 3))
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j]
    angle, place, soft = rng.uniform(0, 2 * np.pi), rng.uniform(-0.6, 0.6), rng.uniform(0.05, 0.4)
    along = np.cos(angle) * x + np.sin(angle) * y - place
    light = 1 - rng.uniform(0.2, 0.5) / (1 + np.exp(-along / (soft / 4)))
    picture = picture * (gradient(rng, 0.4) * light)[:, :, None]
    return to_image(picture + rng.normal(0, 0.01, (SIDE, SIDE, 1)))


def colour(strokes: Drawing, rng: np.random.Generator) -> Image.Image:
    """Coloured ink on coloured paper."""
    paper, ink = COLOURS[rng.integers(len(COLOURS))]
    return to_image(compose(paper, (ink_layer(strokes, random_pen(rng)), ink)))


def jpeg(strokes: Drawing, rng: np.random.Generator) -> Image.Image:
    """Compressed strongly as JPEG."""
    paper, ink = grey_levels(rng)
    return _compressed(
        to_image(compose(paper, (ink_layer(strokes, random_pen(rng)), ink))), rng, 8, 40
    )


def photo(strokes: Drawing, rng: np.random.Generator) -> Image.Image:
    """Photographed by a phone: perspective, uneven light, blur, noise, JPEG."""
    tint = rng.uniform(0.9, 1, 3)
    picture = compose(
        tuple(0.8 * tint),
        (ink_layer(strokes, rng.uniform(6, 18), length=0.5 * SIDE), (0.2, 0.2, 0.25)),
    )
    corners = np.array([[0, 0], [SIDE, 0], [SIDE, SIDE], [0, SIDE]])
    source = (corners + rng.uniform(0, 25, (4, 2)) * np.where(corners > 0, -1, 1)).ravel()
    image = to_image(picture).transform(
        (SIDE, SIDE), Image.Transform.PERSPECTIVE, _perspective(source), Image.Resampling.BICUBIC
    )
    lit = np.asarray(image, np.float32) / 255 * gradient(rng, 0.6)[:, :, None]
    lit = blur(lit, rng.uniform(0.5, 2.5))
    noisy = lit + rng.normal(0, rng.uniform(0.01, 0.04), lit.shape)
    return _compressed(to_image(noisy), rng, 40, 90)


def _perspective(source: np.ndarray) -> list[float]:
    """Coefficients of Pillow's transform that maps the picture's corners to `source` (8,)."""
    corners = [(0, 0), (SIDE, 0), (SIDE, SIDE), (0, SIDE)]
    rows = []
    for (x, y), (u, v) in zip(corners, source.reshape(4, 2), strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    return np.linalg.solve(np.array(rows, np.float64), source).tolist()


def _compressed(
    image: Image.Image, rng: np.random.Generator, lowest: int, highest: int
) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=int(rng.integers(lowest, highest + 1)))
    return Image.open(file)
