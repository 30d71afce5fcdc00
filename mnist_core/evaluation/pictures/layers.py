"""Layers that pictures are composed of: coverage by ink or lines, in [0, 1], and illumination."""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIDE = 280
"""Side of a picture in pixels."""

Drawing = Sequence[np.ndarray]
"""Strokes: (N, 2) arrays of pen positions, any unit, y downwards."""

Colour = tuple[float, float, float]

_SUPERSAMPLING = 3
_CONTRAST = 0.5


def ink_layer(
    strokes: Drawing,
    pen: float,
    centre: tuple[float, float] = (SIDE / 2, SIDE / 2),
    length: float = 0.6 * SIDE,
    size: tuple[int, int] = (SIDE, SIDE),
) -> np.ndarray:
    """Return strokes drawn by a round pen: float32 (height, width), 1 on ink, 0 elsewhere.

    Parameters
    ----------
    strokes : Drawing
    pen : float
        Diameter in pixels.
    centre : (x, y)
        Of the drawing's bounding box, in pixels.
    length : float
        The longest side of the drawing, pen included, in pixels.
    size : (width, height)
    """
    points = np.concatenate([np.asarray(stroke, np.float64) for stroke in strokes])
    low, high = points.min(0), points.max(0)
    scale = max(length - pen, 1) / max((high - low).max(), 1e-9)
    image = Image.new("L", (size[0] * _SUPERSAMPLING, size[1] * _SUPERSAMPLING))
    draw = ImageDraw.Draw(image)
    radius = pen * _SUPERSAMPLING / 2
    for stroke in strokes:
        placed = ((np.asarray(stroke) - (low + high) / 2) * scale + centre) * _SUPERSAMPLING
        corners = [(float(x), float(y)) for x, y in placed]
        draw.line(corners, fill=255, width=max(1, round(2 * radius)), joint="curve")
        for x, y in corners:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(image.resize(size, Image.Resampling.BOX), np.float32) / 255


def line_layer(
    lines: Sequence[tuple[float, float, float, float]],
    width: float,
    size: tuple[int, int] = (SIDE, SIDE),
) -> np.ndarray:
    """Return straight lines (x0, y0, x1, y1) of a width in pixels, as a layer (height, width)."""
    image = Image.new("L", (size[0] * _SUPERSAMPLING, size[1] * _SUPERSAMPLING))
    draw = ImageDraw.Draw(image)
    for line in lines:
        corners = [float(n) * _SUPERSAMPLING for n in line]
        draw.line(corners, fill=255, width=max(1, round(width * _SUPERSAMPLING)))
    return np.asarray(image.resize(size, Image.Resampling.BOX), np.float32) / 255


def rectangle(left: float, top: float, right: float, bottom: float) -> list[tuple[float, ...]]:
    """Return the four sides of a rectangle as lines."""
    return [
        (left, top, right, top),
        (left, bottom, right, bottom),
        (left, top, left, bottom),
        (right, top, right, bottom),
    ]


def compose(paper: Colour | np.ndarray, *layers: tuple[np.ndarray, Colour]) -> np.ndarray:
    """Return paper covered by layers of coverage and colour, in turn: float32 (H, W, 3).

    `paper` is a colour, or a picture (H, W, 3); a layer is (H, W).
    """
    height, width = layers[0][0].shape
    picture = np.broadcast_to(np.asarray(paper, np.float32), (height, width, 3))
    for coverage, colour in layers:
        picture = picture + coverage[:, :, None] * (np.asarray(colour, np.float32) - picture)
    return picture


def to_image(picture: np.ndarray) -> Image.Image:
    """Return floats in [0, 1] (clipped), (H, W, 3), as an RGB image."""
    return Image.fromarray((picture.clip(0, 1) * 255).round().astype(np.uint8))


def blur(picture: np.ndarray, radius: float) -> np.ndarray:
    """Return a Gaussian blur of (H, W, 3) or (H, W) floats in [0, 1]."""
    levels = Image.fromarray((picture.clip(0, 1) * 255).round().astype(np.uint8))
    return np.asarray(levels.filter(ImageFilter.GaussianBlur(radius)), np.float32) / 255


def gradient(rng: np.random.Generator, strength: float) -> np.ndarray:
    """Return illumination (SIDE, SIDE) around 1: a quadratic surface of random direction."""
    y, x = np.mgrid[-1 : 1 : SIDE * 1j, -1 : 1 : SIDE * 1j].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    slope = strength * rng.uniform(0.4, 1)
    vignette = strength * rng.uniform(0, 0.4)
    along = np.cos(angle) * x + np.sin(angle) * y
    return (1 + slope * along / 2 - vignette * (x * x + y * y) / 2).clip(0.1, None)


def grey_levels(rng: np.random.Generator) -> tuple[Colour, Colour]:
    """Return grey paper and ink that differ by at least 0.5; either may be the lighter."""
    low = rng.uniform(0, (1 - _CONTRAST) / 2)
    high = rng.uniform(low + _CONTRAST, 1)
    light, dark = (high,) * 3, (low,) * 3
    return (light, dark) if rng.random() < 0.5 else (dark, light)


def random_pen(rng: np.random.Generator) -> float:
    """Return a pen's diameter in pixels, of a digit that fills 60% of the picture."""
    return rng.uniform(10, 24)
