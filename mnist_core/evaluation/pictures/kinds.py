"""The kinds of pictures of one digit."""

from collections.abc import Callable

import numpy as np
from PIL import Image

from mnist_core.evaluation.pictures import capture, surroundings
from mnist_core.evaluation.pictures.layers import Drawing, compose, grey_levels, ink_layer, to_image

Kind = Callable[[Drawing, np.random.Generator], Image.Image]


def _plain(pen: float) -> Kind:
    def draw(strokes: Drawing, rng: np.random.Generator) -> Image.Image:
        paper, ink = grey_levels(rng)
        return to_image(compose(paper, (ink_layer(strokes, pen), ink)))

    draw.__doc__ = f"In the middle, 60% of the picture, with a pen of {pen:g} pixels."
    return draw


KINDS: dict[str, Kind] = {
    "pen 12": _plain(12),
    "pen 20": _plain(20),
    "pen 28": _plain(28),
    "pencil": _plain(4),
    "corner": surroundings.corner,
    "ruled box": surroundings.ruled_box,
    "form cell": surroundings.form_cell,
    "strip": surroundings.strip,
    "framed": surroundings.framed,
    "page edge": surroundings.page_edge,
    "ruled paper": surroundings.ruled_paper,
    "squared paper": surroundings.squared_paper,
    "neighbour": surroundings.neighbour,
    "specks": surroundings.specks,
    "cut to ink": capture.cut_to_ink,
    "tiny": capture.tiny,
    "shadow": capture.shadow,
    "colour": capture.colour,
    "jpeg": capture.jpeg,
    "photo": capture.photo,
}
"""Kinds of pictures by name; each draws strokes with a random generator as a PIL image."""
