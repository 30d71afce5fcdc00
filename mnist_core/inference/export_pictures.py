"""Export of the steps from a picture to the ink canvas, which no model is part of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn

from mnist_core.data.allographs import draw_digit
from mnist_core.errors import MnistCoreError
from mnist_core.imaging.images import CANVAS_LIMIT, SMALLEST_SIDE
from mnist_core.imaging.normalize import fit_canvas
from mnist_core.imaging.rasterize import draw_strokes
from mnist_core.imaging.segment import find_ink
from mnist_core.inference.graph_format import CANVAS, FORMAT, GREY
from mnist_core.models.onnx_session import open_session, run_session
from mnist_core.models.onnx_trace import check_exporter, trace_module

if TYPE_CHECKING:
    import onnx

_EXAMPLE = (60, 50)
_SIZES = ((280, 280), (200, 150), (40, 333), (8, 9), (512, 384))
_SEED = 0
_MAX_DIFFERENCE = 1
"""Grey levels of 255; rounding differs where a value lies between two."""


class InkFinder(nn.Module):
    """A grey picture (H, W), float32 in [0, 1] -> its ink canvas, uint8 (1, 1, 56, 56)."""

    def forward(self, grey: Tensor) -> Tensor:
        canvas = fit_canvas(find_ink(grey[None, None]))
        return (255 * canvas.clamp(0, 1)).round().to(torch.uint8)


def export_ink_finder() -> bytes:
    """Return the steps from a grey picture of any size to its ink canvas as one ONNX model.

    Its input `grey` is float32 (H, W) in [0, 1], as `to_grey` makes it; its output `canvas` is
    uint8 (1, 1, 56, 56), the input of the graphs of `export_graph`. It was compared with torch on
    pictures of several sizes.

    Raises
    ------
    MnistCoreError
        If onnx, onnxscript or onnxruntime is not installed, or onnxruntime does not compute what
        torch computes.
    """
    check_exporter()
    import onnx

    finder = InkFinder().eval()
    model = trace_ink_finder(finder)
    onnx.helper.set_model_props(model, {"format": json.dumps(FORMAT)})
    content = model.SerializeToString()
    _check(content, finder)
    return content


def trace_ink_finder(finder: nn.Module) -> onnx.ModelProto:
    """Export an `InkFinder` for pictures of any size."""
    sides = {
        axis: torch.export.Dim(name, min=SMALLEST_SIDE, max=CANVAS_LIMIT)
        for axis, name in enumerate(("height", "width"))
    }
    example = (torch.rand(_EXAMPLE),)
    return trace_module(finder, example, (sides,), [GREY], [CANVAS], large=True)


def sample_pictures() -> list[Tensor]:
    """Return grey pictures float32 (H, W) in [0, 1]: dark or light digits, and one blank."""
    rng = np.random.default_rng(_SEED)
    pictures = [torch.full((90, 120), 0.4)]
    for number, (height, width) in enumerate(_SIZES):
        ink = draw_strokes([draw_digit(rng, number)])
        side = min(height, width)
        scaled = nn.functional.interpolate(ink, size=(side, side), mode="bilinear")[0, 0]
        picture = torch.zeros(height, width)
        picture[-side:, -side:] = scaled
        paper, pen = rng.permutation([rng.uniform(0, 0.3), rng.uniform(0.6, 1)])
        pictures.append((paper + (pen - paper) * picture).to(torch.float32))
    return pictures


def _check(content: bytes, finder: nn.Module) -> None:
    session = open_session(content)
    for grey in sample_pictures():
        (found,) = run_session(session, [CANVAS], {GREY: grey.numpy()})
        with torch.inference_mode():
            expected = finder(grey).numpy()
        difference = np.abs(found.astype(int) - expected).max()
        if difference > _MAX_DIFFERENCE:
            raise MnistCoreError(
                f"the exported ink of a picture of {tuple(grey.shape)} differs from torch's by "
                f"{difference} grey levels; update onnx, onnxscript and onnxruntime"
            )
