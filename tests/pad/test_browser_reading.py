"""What the browser reads is what the server reads, of the same drawings and pictures.

The browser's modules run under node, with the graphs and onnxruntime-web, as in the page's worker.
"""

from __future__ import annotations

import base64
import io
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageOps
from support.chromium import ROOT
from support.drawings import Drawing, one, paint, pencil_photo, scribble, seven, zero
from support.rows import H, row

from mnist_core.data.allographs import draw_digit
from mnist_core.imaging.images import grey_image
from mnist_core.imaging.rasterize import INK_BOX, INK_PEN, INK_SIZE, rasterize_strokes
from mnist_core.inference.onnx_classifier import OnnxClassifier, load_onnx_classifier
from mnist_core.models.registry import imaging_graph_path
from pad.functions import server_functions

WEB = ROOT / "pad/web"
NODE = shutil.which("node")
WASM = WEB / "node_modules/onnxruntime-web/dist/ort-wasm-simd-threaded.wasm"
LAYERS = ["conv1", "conv2"]

pytestmark = pytest.mark.skipif(
    NODE is None or not WASM.is_file(), reason="needs node 20 or later and, in pad/web, `npm ci`"
)


@pytest.fixture(scope="module")
def model() -> OnnxClassifier:
    """A model that can refuse."""
    return load_onnx_classifier("default")


class OneModel:
    """A registry of one model."""

    def __init__(self, classifier: OnnxClassifier) -> None:
        self.classifier = classifier

    def get_with_version(self, _name: str) -> tuple[str, OnnxClassifier]:
        return "1", self.classifier


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def decoded(text: str, dtype: type = np.uint8) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype)


def ask_server(
    model: OnnxClassifier, name: str, requests: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    functions = {function.__name__: function for function in server_functions(OneModel(model))}
    common = {"model": "model", "layers": LAYERS}
    return [functions[name]({**common, **request}) for request in requests]


def ask_browser(
    model: OnnxClassifier, folder: Path, drawings: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    request = {
        "wasm": str(WASM),
        "graph": str(model.graph_path),
        "steps": str(imaging_graph_path("find_ink").parent),
        "refuses": True,
        "format": {"size": INK_SIZE, "box": INK_BOX, "pen": INK_PEN},
        "layers": LAYERS,
        "drawings": drawings,
    }
    (folder / "request.json").write_text(json.dumps(request))
    process = subprocess.run(
        # compiling WebAssembly a second time, for speed, takes longer than these few drawings
        [str(NODE), "--liftoff-only", "scripts/read_drawings.mjs", str(folder / "request.json")],
        cwd=WEB,
        stdout=subprocess.PIPE,
        text=True,
        timeout=600,
    )
    assert process.returncode == 0
    return json.loads(process.stdout)


def assert_same(browser: dict[str, Any], server: dict[str, Any], what: str) -> None:
    """Compare the JSON of both; probabilities may differ by 0.001, pixels by a grey level."""
    prediction = browser["prediction"]
    for name in ("digit", "blank", "reason", "close"):
        assert prediction[name] == server[name], (what, name)
    assert prediction["isDigit"] == server["is_digit"], what
    assert prediction["probabilities"] == pytest.approx(server["probabilities"], abs=1e-3), what
    frames = [decoded(answer["frame"]).astype(int) for answer in (browser, server)]
    assert np.abs(frames[0] - frames[1]).max() <= 1, what
    ours_and_theirs = [(browser["maps"][layer], server["maps"][layer]) for layer in LAYERS]
    assert (browser["hidden"] is None) == (server["hidden"] is None), what
    if server["hidden"] is not None:
        ours_and_theirs.append((browser["hidden"], server["hidden"]))
    for ours, theirs in ours_and_theirs:
        assert ours["top"] == pytest.approx(theirs["top"], abs=0.01), what
        assert ours["peaks"] == pytest.approx(theirs["peaks"], abs=0.01), what
        pixels = [decoded(maps["pixels"]).astype(int) for maps in (ours, theirs)]
        assert np.abs(pixels[0] - pixels[1]).max() <= 2, what
    assert (browser["row"] is None) == ("row" not in server), what
    if browser["row"]:
        assert browser["row"]["lookedAt"] == server["row"]["looked_at"], what
        digits = [(one["digit"], one["isDigit"]) for one in browser["row"]["digits"]]
        assert digits == [(one["digit"], one["is_digit"]) for one in server["row"]["digits"]], what
        boxes = [one["box"] for one in browser["row"]["digits"]]
        expected = [one["box"] for one in server["row"]["digits"]]
        assert np.array(boxes) == pytest.approx(np.array(expected), abs=0.15), what


def touching(left: Drawing, right: Drawing) -> Drawing:
    """Two digits drawn without lifting the pen."""
    strokes, _ = row([left, right], gap=0)
    return [np.concatenate(strokes)]


def dots(count: int) -> Drawing:
    """Dots of a hand that does not hold still."""
    return [np.array([[60.0 * x, 0.0], [60.0 * x + 2, 1.5]]) for x in range(count)]


def some_strokes() -> dict[str, tuple[Drawing, int | None]]:
    """Drawings, and the digit of a row that is looked at."""
    random = np.random.default_rng(3)
    digits = {f"digit {digit}": (draw_digit(random, digit), None) for digit in range(10)}
    rows = {
        f"row {number}": (
            row([draw_digit(random, d) for d in random.integers(10, size=n)])[0],
            None,
        )
        for number, n in enumerate((2, 2, 3, 3, 5))
    }
    return {
        **digits,
        **rows,
        "one": (one(), None),
        "scribble": (scribble(), None),
        "H": (H, None),
        "a dot": ([np.array([[10.0, 10.0], [10.4, 10.0]])], None),
        "two dots": (dots(2), None),
        "five dots": (dots(5), None),
        "six dots": (dots(6), None),
        "twenty ones": (row([one() for _ in range(20)])[0], None),
        "seven, zero, seven": (row([seven(), zero(), seven()])[0], None),
        "its second digit": (row([seven(), zero(), seven()])[0], 1),
        "a digit that a row does not have": (row([seven(), zero()])[0], 9),
        "a digit beside a letter": (row([seven(), H, zero()])[0], None),
        "strokes that cross": (row([seven(), zero()], gap=-40)[0], None),
        "zero and seven that touch": (touching(zero(), seven()), None),
        "two sevens that touch": (touching(seven(), seven()), None),
    }


def test_strokes(model: OnnxClassifier, tmp_path: Path) -> None:
    requests = []
    for strokes, digit in some_strokes().values():
        ink = np.rint(255 * rasterize_strokes([strokes])[0]).astype(np.uint8)
        flat = [stroke.ravel().round(1).tolist() for stroke in strokes]
        requests.append({"ink": encoded(ink.tobytes()), "strokes": flat, "digit": digit})
    server = ask_server(model, "classify_ink", requests)
    browser = ask_browser(model, tmp_path, requests)
    for what, ours, theirs in zip(some_strokes(), browser, server, strict=True):
        assert_same(ours, theirs, what)
    reasons = [answer["reason"] for answer in server]
    assert {"not a digit", "several digits", "blank"} <= {*reasons}
    assert sum("row" in answer for answer in server) > 4
    named = dict(zip(some_strokes(), reasons, strict=True))
    assert named["two dots"] == named["five dots"] == "not a digit"
    explained = [answer["interim"] for answer in browser]
    # that dots are no digit needs no second look
    assert explained == [
        int(reason in ("not a digit", "several digits") and "dots" not in what)
        for what, reason in named.items()
    ]


def some_pictures() -> dict[str, Image.Image]:
    grey = paint(seven())
    ink, nothing = Image.new("L", grey.size, 255), Image.new("L", grey.size)
    large = paint(zero(), pen=150, size=(2600, 1900), scale=3.4)
    white = Image.merge("RGBA", (ink, ink, ink, grey))
    colours = Image.composite(
        Image.new("RGB", grey.size, (230, 60, 50)),
        Image.new("RGB", grey.size, (40, 120, 130)),
        grey,
    )
    two = paint(row([seven(), zero()])[0], pen=14, size=(420, 260), scale=0.5)
    return {
        "light on dark": grey,
        "dark on light": ImageOps.invert(grey),
        "blank": nothing,
        "transparent with white ink": white,
        "transparent with black ink": Image.merge("RGBA", (nothing, nothing, nothing, grey)),
        "transparent and large": white.resize((900, 700), Image.Resampling.BICUBIC),
        "colours of one luminance": colours,
        "large": large.convert("RGB"),
        "larger than its grey image": grey.resize((777, 600), Image.Resampling.BICUBIC),
        "small": grey.resize((20, 30), Image.Resampling.BOX),
        "photo": pencil_photo(zero(), 1),
        "two digits": two,
        "three digits, large": paint(
            row([one(), zero(), seven()])[0], pen=30, size=(1700, 600), scale=1.2
        ),
        "scribble": paint(scribble()),
        "letter": paint([3 * stroke for stroke in H]),
    }


def test_hidden_layer(tmp_path: Path) -> None:
    model = load_onnx_classifier("mnist_cnn")
    strokes, digit = next(iter(some_strokes().values()))
    ink = np.rint(255 * rasterize_strokes([strokes])[0]).astype(np.uint8)
    requests = [{"ink": encoded(ink.tobytes()), "strokes": [], "digit": digit}]
    (server,) = ask_server(model, "classify_ink", requests)
    (browser,) = ask_browser(model, tmp_path, requests)
    assert server["hidden"]["shape"] == [50, 1, 1]
    assert_same(browser, server, "mnist_cnn")


def test_pictures(model: OnnxClassifier, tmp_path: Path) -> None:
    pictures = some_pictures()
    files, drawings = [], []
    for picture in pictures.values():
        file = io.BytesIO()
        picture.save(file, "PNG")
        files.append({"picture": encoded(file.getvalue())})
        width, height = picture.size
        rgba = encoded(picture.convert("RGBA").tobytes())
        drawings.append({"rgba": rgba, "width": width, "height": height, "digit": None})
    server = ask_server(model, "classify_picture", files)
    browser = ask_browser(model, tmp_path, drawings)
    for (what, picture), ours, theirs in zip(pictures.items(), browser, server, strict=True):
        expected = grey_image(picture)
        grey = decoded(ours["grey"], np.float32).reshape(expected.shape)
        assert np.abs(grey - expected).max() < 1.5 / 255, what
        assert_same(ours, theirs, what)
        assert ours["size"] == theirs["size"]
    assert any("row" in answer for answer in server)
