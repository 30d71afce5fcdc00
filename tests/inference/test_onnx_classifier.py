"""The classifier without torch says what the one with torch says."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from support.chromium import ROOT
from support.drawings import Drawing, paint, scribble, seven, zero
from support.rows import H, row

from mnist_core import Classifier, MnistCoreError, Prediction, load_classifier, read_digits
from mnist_core.data.allographs import draw_non_digit
from mnist_core.evaluation.pictures import KINDS
from mnist_core.inference.onnx_classifier import OnnxClassifier, load_onnx_classifier
from mnist_core.models.registry import graph_path, weights_path
from mnist_core.models.weights import update_card

Digits = list[tuple[int, Drawing]]


@pytest.fixture(scope="module", params=["default", "mnist_cnn", "student"])
def both(request: pytest.FixtureRequest) -> tuple[Classifier, OnnxClassifier]:
    return load_classifier(request.param), load_onnx_classifier(request.param)


def assert_same(found: Prediction, expected: Prediction) -> None:
    assert (found.digit, found.is_blank) == (expected.digit, expected.is_blank)
    assert found.reason is expected.reason
    assert np.allclose(found.probabilities, expected.probabilities, atol=1e-3)
    assert np.allclose(found.frame, expected.frame, atol=1 / 255)
    assert found.digit_score == pytest.approx(expected.digit_score, abs=1e-3)
    assert type(found.is_blank) is bool
    assert type(found.digit_score) is float


def test_strokes(both: tuple[Classifier, OnnxClassifier], clear_digits: Digits) -> None:
    in_torch, exported = both
    rng = np.random.default_rng(0)
    drawings = [strokes for _, strokes in clear_digits] + [[], scribble(), H]
    drawings += [draw_non_digit(rng) for _ in range(30)] + [row([seven(), zero()])[0]]
    for found, expected in zip(
        exported.classify_strokes_many(drawings),
        in_torch.classify_strokes_many(drawings),
        strict=True,
    ):
        assert_same(found, expected)
    assert exported.classify_strokes_many([]) == []


def test_pictures(both: tuple[Classifier, OnnxClassifier], clear_digits: Digits) -> None:
    in_torch, exported = both
    rng = np.random.default_rng(1)
    pictures = [KINDS[kind](clear_digits[index][1], rng) for index, kind in enumerate(KINDS)] + [
        paint(row([seven(), zero()])[0], pen=14, size=(420, 260), scale=0.5)
    ]
    for picture in pictures:
        expected = in_torch.classify(picture)
        assert_same(exported.classify(picture), expected)
        assert_same(exported.classify_with_maps(picture).prediction, expected)


def test_rows(both: tuple[Classifier, OnnxClassifier]) -> None:
    in_torch, exported = both
    strokes = row([seven(), zero(), seven()])[0]
    picture = paint(strokes, pen=14, size=(620, 260), scale=0.5)
    for drawing in (strokes, picture, H, [], np.full((60, 90), 200, np.uint8)):
        found, expected = exported.read_digits(drawing), in_torch.read_digits(drawing)
        assert len(found) == len(expected)
        for one, other in zip(found, expected, strict=True):
            assert one.box == pytest.approx(other.box, abs=0.01)
            assert one.strokes == other.strokes
            assert np.allclose(one.ink, other.ink, atol=1e-2)
            assert_same(one.prediction, other.prediction)
    assert len(read_digits(strokes, exported)) == 3


def test_maps_kernels_and_shapes(both: tuple[Classifier, OnnxClassifier]) -> None:
    in_torch, exported = both
    assert exported.stages == in_torch.stages
    assert exported.shapes == in_torch.shapes
    assert exported.head_sizes() == in_torch.head_sizes()
    assert exported.architecture == in_torch.architecture
    assert exported.name == in_torch.name
    assert exported.card == in_torch.card
    found = exported.classify_strokes_with_maps(seven(), exported.stages)
    expected = in_torch.classify_strokes_with_maps(seven(), in_torch.stages)
    assert_same(found.prediction, expected.prediction)
    for stage in exported.stages:
        assert exported.stage_shape(stage) == found.maps[stage].shape
        assert np.allclose(found.maps[stage], expected.maps[stage], atol=1e-3)
        assert np.array_equal(exported.kernels(stage), in_torch.kernels(stage))


def test_the_card_is_that_of_today(tmp_path: Path) -> None:
    path = tmp_path / "scored.safetensors"
    shutil.copy(weights_path("mnist_cnn"), path)
    shutil.copy(graph_path(weights_path("mnist_cnn")), graph_path(path))
    before = load_onnx_classifier(path)
    update_card(path, test={"accuracy": 0.123})
    after = load_onnx_classifier(path)
    assert after.graph_path == before.graph_path
    assert after.card.accuracy("test") == 0.123
    assert after.card == load_classifier(path).card


def test_errors_are_the_same() -> None:
    exported = load_onnx_classifier("mnist_cnn")
    with pytest.raises(MnistCoreError, match="unknown layer 'conv9'"):
        exported.kernels("conv9")
    with pytest.raises(MnistCoreError, match="unknown layer 'probabilities'"):
        exported.classify_ink_with_maps(np.zeros((56, 56)), ["probabilities"])
    with pytest.raises(MnistCoreError, match="ink has shape"):
        exported.classify_ink_with_maps(np.zeros((28, 28)))
    with pytest.raises(MnistCoreError, match="no weights 'nobody'"):
        load_onnx_classifier("nobody")


WITHOUT_TORCH = """
import gc
gc.disable()  # a program that ends soon: to look for garbage takes a fifth of its time
import sys
sys.modules["torch"] = None  # as if it were not installed
import numpy as np
from mnist_core.inference.onnx_classifier import load_onnx_classifier

reader = load_onnx_classifier("mnist_cnn")
one = [np.array([[0.0, 0.0], [0.0, 100.0]])]
picture = np.full((90, 120), 255, np.uint8)
picture[20:70, 58:63] = 0
print(reader.classify_strokes(one).digit, reader.classify(picture).digit)
print([digit.prediction.digit for digit in reader.read_digits(picture)])
"""


def test_it_runs_where_torch_is_not_installed() -> None:
    command = [sys.executable, "-c", WITHOUT_TORCH]
    process = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, timeout=300)
    assert process.stdout.split("\n")[:2] == ["1 1", "[1]"]
