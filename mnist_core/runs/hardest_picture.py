"""The validation images with the highest loss as one picture, for TensorBoard."""

from collections.abc import Sequence
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mnist_core.imaging.normalize import FRAME_SIZE
from mnist_core.runs.newest_epoch import HardImageWithPixels

_COLUMNS = 6
_SCALE = 2
_CAPTION = 14
"""Height of a caption, in pixels."""
_SIDE = FRAME_SIZE * _SCALE
_WIDTH = _SIDE + 16


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(11)


def draw_hardest(images: Sequence[HardImageWithPixels]) -> Image.Image:
    """Return a grey picture: each image below its true digit, prediction and confidence."""
    rows = -(-len(images) // _COLUMNS)
    columns = min(len(images), _COLUMNS)
    picture = Image.new("L", (_WIDTH * max(columns, 1), (_SIDE + _CAPTION) * max(rows, 1)), 255)
    draw, font = ImageDraw.Draw(picture), _font()
    for number, one in enumerate(images):
        row, column = divmod(number, _COLUMNS)
        x, y = column * _WIDTH, row * (_SIDE + _CAPTION)
        # pillow's own font has no arrow
        text = f"{one.label} as {one.predicted} {one.confidence:.0%}"
        draw.text((x + _WIDTH / 2, y + _CAPTION / 2), text, fill=0, font=font, anchor="mm")
        # digits are white on black in the data, and dark on light here
        levels = Image.fromarray((255 - 255 * one.frame).round().astype(np.uint8))
        place = (x + (_WIDTH - _SIDE) // 2, y + _CAPTION)
        picture.paste(levels.resize((_SIDE, _SIDE), Image.Resampling.NEAREST), place)
    return picture
