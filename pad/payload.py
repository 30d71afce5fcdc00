"""What travels between browser and server: checked on the way in, compact on the way out."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import numpy as np

from mnist_core import MnistCoreError, Prediction, Reading
from mnist_core.imaging.rasterize import INK_SIZE

MAX_PICTURE_BYTES = 10 * 2**20
"""Largest picture file that is taken."""

MAX_BODY_BYTES = 4 * MAX_PICTURE_BYTES // 3 + 4096
"""Largest request body: such a picture in base64 and the words around it."""


def field(data: Any, name: str, kind: type) -> Any:
    """Return `data[name]`.

    Raises
    ------
    MnistCoreError
        If data is no object, or the field is missing or of another type.
    """
    if not isinstance(data, dict):
        raise MnistCoreError(f"the request must be an object, got {type(data).__name__}")
    if type(data.get(name)) is not kind:  # a bool is no int here
        raise MnistCoreError(f"the request needs {name!r} as {kind.__name__}")
    return data[name]


def decode_ink(text: str) -> np.ndarray:
    """Return the ink canvas (56, 56) uint8 from base64. Raises MnistCoreError if it is none."""
    pixels = _decode(text, "ink", INK_SIZE * INK_SIZE)
    if len(pixels) != INK_SIZE * INK_SIZE:
        raise MnistCoreError(f"ink has {len(pixels)} bytes; give {INK_SIZE} x {INK_SIZE}")
    return np.frombuffer(pixels, dtype=np.uint8).reshape(INK_SIZE, INK_SIZE)


def decode_picture(text: str) -> bytes:
    """Return a picture file from base64. Raises MnistCoreError if it is too large or damaged."""
    return _decode(text, "picture", MAX_PICTURE_BYTES)


def encode_reading(reading: Reading) -> dict[str, Any]:
    """Return a reading as JSON types; pictures are base64 of one byte per pixel."""
    return {
        **encode_prediction(reading.prediction),
        "frame": _bytes(reading.prediction.frame, 1.0),
        "maps": {layer: _encode_maps(maps) for layer, maps in reading.maps.items()},
    }


def encode_prediction(prediction: Prediction) -> dict[str, Any]:
    """Return digit, rivals, blank and the ten probabilities as JSON types."""
    return {
        "digit": prediction.digit,
        "close": list(prediction.close_call or ()),
        "blank": prediction.is_blank,
        "probabilities": [round(float(p), 5) for p in prediction.probabilities],
    }


def _encode_maps(maps: np.ndarray) -> dict[str, Any]:
    """One scale for a whole layer, 0 to its largest value, so that maps can be compared."""
    peaks = maps.max(axis=(1, 2))
    top = max(float(peaks.max()), 1e-6)
    return {
        "shape": list(maps.shape),
        "top": round(top, 3),
        "peaks": [round(float(peak), 3) for peak in peaks],
        "pixels": _bytes(maps, top),
    }


def _bytes(values: np.ndarray, top: float) -> str:
    greys = (values * (255 / top) + 0.5).astype(np.uint8)
    return base64.b64encode(greys.tobytes()).decode("ascii")


def _decode(text: str, what: str, limit: int) -> bytes:
    if len(text) > 4 * (limit // 3 + 1):
        raise MnistCoreError(f"the {what} is too large; {limit:,} bytes is the limit")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise MnistCoreError(f"the {what} is no base64 ({error})") from error
