"""The inference pipeline as an ONNX model: a network's own part after the part that all share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from mnist_core.imaging.normalize import FRAME_SIZE
from mnist_core.inference.export_imaging import export_imaging
from mnist_core.inference.graph_format import OUTPUTS
from mnist_core.inference.imaging_graphs import GRAPHS, MAKE_FRAME
from mnist_core.inference.pipeline import InferencePipeline
from mnist_core.models.onnx_half import has_half_weights
from mnist_core.models.onnx_trace import trace_module
from mnist_core.models.registry import imaging_graph_path
from mnist_core.utils.json_files import read_regular_file

if TYPE_CHECKING:
    import onnx

FRAME, BLANK = GRAPHS[MAKE_FRAME].outputs
_MAX_BYTES = 64 * 2**20


class _FrameClassifier(nn.Module):
    """What follows `MAKE_FRAME`: frame, blank -> the other outputs of the graph."""

    def __init__(self, pipeline: InferencePipeline) -> None:
        super().__init__()
        self.pipeline = pipeline

    def forward(self, frame: Tensor, blank: Tensor) -> tuple[Tensor, ...]:
        output = self.pipeline.classify(frame, blank)
        hidden = [] if output.hidden is None else [output.hidden]
        return (
            output.probabilities,
            output.digit_score,
            output.logits,
            *output.maps.values(),
            *hidden,
        )


def trace_pipeline(pipeline: InferencePipeline, outputs: tuple[str, ...]) -> onnx.ModelProto:
    """Return a pipeline's ONNX model, for any number of canvases.

    The first part, `MAKE_FRAME`, has two thirds of the operations and is the same for all models:
    it is traced only if its file, next to the shipped weights, is missing.

    Parameters
    ----------
    pipeline : InferencePipeline
        In eval mode, on the CPU.
    outputs : tuple of str
        `graph_format.OUTPUTS`, then the names of the stages and of the hidden layer.

    Raises
    ------
    MnistCoreError
        If it cannot be exported.
    """
    import onnx

    batch = torch.export.Dim("batch")
    rest = [name for name in outputs if name not in (FRAME, BLANK)]
    assert tuple(rest[:3]) == tuple(name for name in OUTPUTS if name not in (FRAME, BLANK))
    classifier = trace_module(
        _FrameClassifier(pipeline),
        (torch.rand(2, 1, FRAME_SIZE, FRAME_SIZE), torch.tensor([False, True])),
        ({0: batch}, {0: batch}),
        [FRAME, BLANK],
        rest,
        # BatchNorm merged into them, weights stored in half precision would need all of it
        large=has_half_weights(pipeline.model),
    )
    maker = onnx.load_from_string(_make_frame())
    keep = {"rename_inputs": False, "rename_outputs": False}
    merged = onnx.compose.merge_models(
        maker,  # without a prefix: onnx would give a branch other names than what it reads
        onnx.compose.add_prefix(classifier, "classify.", **keep),
        [(name, name) for name in (FRAME, BLANK)],
        outputs=list(outputs),
    )
    order = {name: position for position, name in enumerate(outputs)}
    found = sorted(merged.graph.output, key=lambda output: order[output.name])
    del merged.graph.output[:]
    merged.graph.output.extend(found)
    return merged


def _make_frame() -> bytes:
    path = imaging_graph_path(MAKE_FRAME)
    return read_regular_file(path, _MAX_BYTES) if path.is_file() else export_imaging(MAKE_FRAME)
