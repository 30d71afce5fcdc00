"""What the visitors of `benchmarks.load` send and get, computed once for all of them."""

import base64
import functools
import http.client
import io
import json
from typing import Any

import numpy as np
from PIL import Image

from mnist_core.data.allographs import draw_digit
from mnist_core.imaging.rasterize import rasterize_strokes

MOVES = 60
"""Pen positions a second, and of a drawing: it takes one second."""
DRAWINGS = 10
MARK = b"-mark---"
"""After the end of the picture: each upload has other bytes in its place."""


@functools.cache
def describe_model(port: int) -> dict[str, Any]:
    """Return what the page asks first."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    body, headers = json.dumps({"model": "default"}), {"Content-Type": "application/json"}
    connection.request("POST", "/functions/describe_model", body, headers)
    return json.loads(connection.getresponse().read())


@functools.cache
def model_files(port: int) -> list[str]:
    """Return the addresses that a browser that runs the model loads."""
    from pad.files import file_urls

    urls = file_urls()
    return [
        urls["worker"],
        urls["wasm"],
        *urls["steps"].values(),
        describe_model(port)["graph"]["url"],
    ]


@functools.cache
def drawing_requests(port: int) -> list[list[bytes]]:
    """Return the request of each pen position of some drawings, with the maps of all stages."""
    random = np.random.default_rng(0)
    described = describe_model(port)
    common = {
        "model": "default",
        "version": described["version"],
        "layers": [stage["name"] for stage in described["stages"]],
        "digit": None,
        "strokes": [],
        "explain": False,
    }
    found = []
    for number in range(DRAWINGS):
        strokes = draw_digit(random, number % 10)
        inks = (255 * rasterize_strokes(_growing(strokes))).round().astype(np.uint8)
        requests = [{**common, "ink": base64.b64encode(ink.tobytes()).decode()} for ink in inks]
        found.append([json.dumps(one).encode() for one in requests])
    return found


def _growing(strokes: list[np.ndarray]) -> list[list[np.ndarray]]:
    """Return a drawing as it is after each of its pen positions."""
    lengths = [len(stroke) for stroke in strokes]
    drawings = []
    for move in range(1, MOVES + 1):
        left, drawing = max(2, round(sum(lengths) * move / MOVES)), []
        for stroke in strokes:
            if left > 0:
                drawing.append(stroke[:left])
            left -= len(stroke)
        drawings.append(drawing)
    return drawings


@functools.cache
def upload() -> tuple[bytes, str]:
    """Return a form with a picture of a digit, and its content type."""
    canvas = rasterize_strokes([draw_digit(np.random.default_rng(0), 7)])[0]
    file = io.BytesIO()
    grey = 255 - np.kron((255 * canvas).astype(np.uint8), np.ones((5, 5), np.uint8))
    Image.fromarray(grey).save(file, "PNG")
    boundary = "----drawpad"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="files"; filename="7.png"\r\n'
    body = head.encode() + b"Content-Type: image/png\r\n\r\n" + file.getvalue() + MARK
    return body + f"\r\n--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def prepare(port: int) -> None:
    """Compute what all visitors send, so that they cost little while they are timed."""
    drawing_requests(port), model_files(port), upload()
