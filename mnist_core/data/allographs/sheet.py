"""A picture of generated drawings: a row for every template and every kind of non-digit."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mnist_core.data.allographs.frames import draw_frames
from mnist_core.data.allographs.generator import (
    NON_DIGIT,
    NON_DIGIT_KINDS,
    TEMPLATES,
    draw_digit,
    draw_non_digit,
)
from mnist_core.data.allographs.pen import Drawing

_CELL = 56  # twice a frame
_LABEL = 150
_GAP = 24


def sample_sheet(samples: int = 12, seed: int = 0, columns: int = 2) -> Image.Image:
    """Return the network's inputs of random drawings, dark on white, one template in each row.

    Parameters
    ----------
    samples : int
        Drawings of each template.
    seed : int
    columns : int
        Templates side by side.

    Returns
    -------
    PIL image, mode L
    """
    rows = _rows(samples, np.random.default_rng(seed))
    frames = draw_frames(
        [drawing for _, _, row in rows for drawing in row],
        np.repeat([label for _, label, _ in rows], samples),
        np.random.default_rng(seed),
    )
    height = -(-len(rows) // columns)
    width = _LABEL + samples * _CELL + _GAP
    sheet = Image.new("L", (columns * width - _GAP, height * _CELL), 255)
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(size=15)
    for number, (name, _, row) in enumerate(rows):
        x, y = number // height * width, number % height * _CELL
        draw.text((x + 6, y + _CELL / 2), name, fill=60, font=font, anchor="lm")
        for sample in range(len(row)):
            frame = Image.fromarray(255 - frames[number * samples + sample, 0].numpy())
            place = (x + _LABEL + sample * _CELL, y)
            sheet.paste(frame.resize((_CELL, _CELL), Image.Resampling.BICUBIC), place)
    return sheet


def _rows(samples: int, rng: np.random.Generator) -> list[tuple[str, int, list[Drawing]]]:
    """Return each row's name, label and drawings."""
    rows = [
        (
            template.__name__.replace("_", " "),
            digit,
            [draw_digit(rng, digit, template) for _ in range(samples)],
        )
        for digit, templates in TEMPLATES.items()
        for template in templates
    ]
    rows += [
        (f"no digit: {kind}", NON_DIGIT, [draw_non_digit(rng, kind) for _ in range(samples)])
        for kind in NON_DIGIT_KINDS
    ]
    return rows
