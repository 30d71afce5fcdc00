"""Drawings for tests: strokes, and pictures of strokes as a pad or a camera would make them."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image, ImageDraw

Drawing = list[np.ndarray]

BOX = 500
"""Side of the box that real pen strokes are given in."""

_SUPERSAMPLING = 4


def one() -> Drawing:
    """An upright bar."""
    return [np.array([[250.0, 100.0], [250.0, 400.0]])]


def zero() -> Drawing:
    """An upright ellipse."""
    angle = np.linspace(0, 2 * np.pi, 40)
    return [np.stack([250 + 90 * np.sin(angle), 250 - 150 * np.cos(angle)], 1)]


def seven() -> Drawing:
    """A bar and a slanted stem."""
    return [np.array([[150.0, 110.0], [340.0, 110.0], [230.0, 400.0]])]


def scribble() -> Drawing:
    """A zigzag so dense that it fills its square."""
    y = np.linspace(0, BOX, 60)
    return [np.stack([np.where(np.arange(60) % 2, BOX, 0), y], 1)]


def paint(
    strokes: Drawing, pen: float = 20, size: tuple[int, int] = (280, 280), scale: float = 280 / BOX
) -> Image.Image:
    """Return strokes as a pad shows them: mode L, light ink on black, a round pen, anti-aliased.

    `pen` and `size` (width, height) are in pixels; positions are multiplied by `scale` first.
    """
    image = Image.new("L", (size[0] * _SUPERSAMPLING, size[1] * _SUPERSAMPLING))
    draw = ImageDraw.Draw(image)
    radius = pen * _SUPERSAMPLING / 2
    for stroke in strokes:
        points = [(float(x), float(y)) for x, y in stroke * scale * _SUPERSAMPLING]
        draw.line(points, fill=255, width=round(2 * radius), joint="curve")
        for x, y in points:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return image.resize(size, Image.Resampling.BOX)


def pencil_photo(strokes: Drawing, seed: int) -> Image.Image:
    """Return a photo of a pencil drawing: thin grey strokes, uneven light, noise, JPEG."""
    random = np.random.default_rng(seed)
    width, height = 480, 360
    ink = np.asarray(paint(strokes, pen=6, size=(width, height), scale=0.6), np.float32) / 255
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    a, b = random.uniform(-0.12, 0.12, 2)
    light = 0.72 + a * x + b * y - 0.05 * (x * x + y * y)
    grey = light * (1 - 0.5 * ink) + random.normal(0, 0.015, ink.shape)
    file = io.BytesIO()
    photo = Image.fromarray((grey.clip(0, 1) * 255).astype(np.uint8)).convert("RGB")
    photo.save(file, "JPEG", quality=80)
    return Image.open(file)
