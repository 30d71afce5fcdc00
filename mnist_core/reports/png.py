"""Frames as PNG files inside an HTML page."""

import base64
import io

import numpy as np


def frame_png(frame: np.ndarray) -> str:
    """Return a frame (H, W), uint8 or float in [0, 1], as the data URI of a PNG file."""
    from PIL import Image

    if frame.dtype != np.uint8:
        frame = np.clip(np.rint(255 * frame), 0, 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(frame).save(buffer, "PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(buffer.getvalue()).decode()
