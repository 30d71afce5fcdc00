"""Coloured pictures in grey: by luminance, or by the colours in which ink and paper differ most."""

import numpy as np
from PIL import Image
from scipy import ndimage

_LUMINANCE = np.array([0.299, 0.587, 0.114], np.float32)

_COLOURED = 16
"""Pictures whose channels differ by less everywhere are grey; JPEG's chroma noise is smaller."""

_GAIN = 1.3
"""Another projection must have so many times the contrast of luminance."""

_SIDE = 64
"""Side of the thumbnail on which contrast is measured, in pixels."""


def grey_of(image: Image.Image) -> np.ndarray:
    """Return an RGB or grey image as float32 (H, W) in [0, 1].

    Luminance, unless ink and paper differ far more in another projection of the colours: the first
    principal component of the differences between pixels and their surroundings, which leaves
    uneven illumination out. Lighter colours stay lighter.
    """
    if image.mode == "RGB":
        direction = _direction(image)
        if direction is not None:
            values = np.asarray(image, np.float32) @ (direction / 255)
            lowest = direction.clip(max=0).sum()
            return ((values - lowest) / np.abs(direction).sum()).clip(0, 1).astype(np.float32)
    return np.asarray(image.convert("L"), np.float32) / 255


def _direction(image: Image.Image) -> np.ndarray | None:
    """Return the projection (3,) with the most contrast, or None where luminance will do."""
    size = [min(_SIDE, side) for side in image.size]
    small = np.asarray(image.resize(size, Image.Resampling.BOX), np.float32)
    if (small.max(2) - small.min(2)).max() < _COLOURED:
        return None
    around = ndimage.uniform_filter(small, (min(size[1], 31), min(size[0], 31), 1), mode="nearest")
    difference = (small - around).reshape(-1, 3).astype(np.float64)
    covariance = difference.T @ difference
    variances, directions = np.linalg.eigh(covariance)
    # a difference of grey levels has a third of its variance in each channel
    if variances[2] / 3 <= _GAIN**2 * (_LUMINANCE @ covariance @ _LUMINANCE):
        return None
    direction = directions[:, 2].astype(np.float32)
    return direction if direction @ _LUMINANCE >= 0 else -direction
