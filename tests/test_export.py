"""Only a road without a branch on data can become one ONNX graph."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnxruntime
import torch
from drawings import Drawing, paint, scribble
from torch import Tensor, nn

from mnist_core import Classifier
from mnist_core.ink import fit_canvas
from mnist_core.paper import find_ink
from mnist_core.pictures import to_grey
from mnist_core.road import Road
from mnist_core.strokes import draw_strokes

Digits = list[tuple[int, Drawing]]


class PictureRoad(nn.Module):
    """Grey picture -> probabilities, frame, blank."""

    def __init__(self, road: Road) -> None:
        super().__init__()
        self.road = road

    def forward(self, grey: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return self.road(fit_canvas(find_ink(grey)))[:3]


def run_exported(path: Path, batch: Tensor) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(path)
    return session.run(None, {session.get_inputs()[0].name: batch.numpy()})


def test_road_exports_to_onnx_for_any_batch(
    classifier: Classifier, clear_digits: Digits, tmp_path: Path
) -> None:
    road = Road(classifier._model).eval()
    canvases = draw_strokes([strokes for _, strokes in clear_digits[::5]] + [[], scribble()])
    dynamic = ({0: torch.export.Dim("batch")},)
    program = torch.onnx.export(
        road, (canvases[:2],), dynamo=True, dynamic_shapes=dynamic, verbose=False
    )
    program.save(tmp_path / "road.onnx")
    for batch in (canvases, canvases[:1]):
        answer = road(batch)
        probabilities, frame, blank, *maps = run_exported(tmp_path / "road.onnx", batch)
        assert np.allclose(probabilities, answer.probabilities, atol=1e-4)
        assert np.allclose(frame, answer.frame, atol=1e-3)
        assert blank.tolist() == answer.blank.tolist()
        assert [m.shape for m in maps] == [m.shape for m in answer.maps.values()]
        assert np.allclose(maps[0], answer.maps["conv1"], atol=1e-2)


def test_picture_road_exports_to_onnx(
    classifier: Classifier, clear_digits: Digits, tmp_path: Path
) -> None:
    road = PictureRoad(Road(classifier._model)).eval()
    grey = torch.cat(
        [to_grey(paint(strokes, size=(200, 150), scale=0.3)) for _, strokes in clear_digits[::7]]
        + [to_grey(np.full((150, 200), 0.3))]
    )
    grey[1] = 1 - grey[1]  # dark on light in the same graph
    program = torch.onnx.export(road, (torch.rand_like(grey),), dynamo=True, verbose=False)
    program.save(tmp_path / "picture.onnx")
    expected = road(grey)
    probabilities, frame, blank = run_exported(tmp_path / "picture.onnx", grey)
    assert np.allclose(probabilities, expected[0], atol=1e-3)
    assert np.allclose(frame, expected[1], atol=1e-3)
    assert blank.tolist() == [False] * (len(grey) - 1) + [True]
