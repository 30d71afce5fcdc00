"""Export of models to one ONNX graph: from the ink canvas to probabilities and feature maps."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

import mnist_core
from mnist_core.inference.export_check import check_graph
from mnist_core.inference.graph_format import (
    DESCRIPTION,
    FORMAT,
    HIDDEN,
    OUTPUTS,
    GraphDescription,
    Stage,
    kernel_output,
)
from mnist_core.inference.graph_key import graph_key
from mnist_core.inference.pipeline import InferencePipeline
from mnist_core.inference.pipeline_trace import trace_pipeline
from mnist_core.models.calibration import UNCALIBRATED
from mnist_core.models.card import ModelCard
from mnist_core.models.ensemble import Ensemble
from mnist_core.models.layers import stage_shape
from mnist_core.models.network import NUM_CLASSES
from mnist_core.models.onnx_half import store_half
from mnist_core.models.onnx_trace import check_exporter
from mnist_core.models.shapes import count_parameters, head_widths, shape_table
from mnist_core.models.weights import Network, describe, load_weights
from mnist_core.utils.notes import Note, no_note

if TYPE_CHECKING:
    import onnx


class ExportedPipeline(nn.Module):
    """Canvases uint8 (N, 1, 56, 56) -> the outputs that `names` names."""

    def __init__(self, pipeline: InferencePipeline) -> None:
        super().__init__()
        self.pipeline = pipeline

    def forward(self, canvas: Tensor) -> tuple[Tensor, ...]:
        output = self.pipeline(canvas.to(torch.float32) / 255)
        return (
            output.frame,
            output.probabilities,
            output.digit_score,
            output.blank,
            output.logits,
            *output.maps.values(),
            *([] if output.hidden is None else [output.hidden]),
        )

    def names(self) -> tuple[str, ...]:
        """Return the names of the outputs."""
        model = self.pipeline.model
        first = model.members[0] if isinstance(model, Ensemble) else model
        return (*OUTPUTS, *model.stages, *([HIDDEN] if len(head_widths(first)) > 2 else []))


Trace = Callable[[InferencePipeline, tuple[str, ...]], "onnx.ModelProto"]
"""Makes the ONNX model of a pipeline, with the given names of outputs."""


def export_graph(
    network: Network,
    card: ModelCard | None = None,
    key: str = "",
    *,
    trace: Trace | None = None,
    note: Note = no_note,
) -> bytes:
    """Return the whole pipeline of a model as one ONNX model, compared with torch's outputs.

    Its input, its outputs and its metadata are those of `graph_format`. It is offered only if, on
    drawings that the package makes up, it takes the same decisions as torch, with frames that
    differ by at most 1/255 and probabilities that differ by at most 0.001.

    Parameters
    ----------
    network : DigitNet of `build_model`, or Ensemble of such
        On any device and in any mode; it is not changed.
    card : ModelCard, optional
        With the calibration.
    key : str
        Of the weights file; see `graph_key`.
    trace : callable, optional
        `trace_pipeline` by default.
    note : callable, optional
        Called with a line of text before what takes long.

    Raises
    ------
    MnistCoreError
        If onnx, onnxscript or onnxruntime is not installed, the network cannot be exported, or
        onnxruntime does not compute what torch computes.
    """
    description = _describe(network, card or ModelCard(), key)
    check_exporter()
    import onnx

    note(f"{description.architecture}: tracing torch's operations")
    plain = copy.deepcopy(network).cpu().float().eval().requires_grad_(False)
    calibration = description.card.calibration or UNCALIBRATED
    pipeline = ExportedPipeline(InferencePipeline(plain, calibration)).eval()
    model = (trace or trace_pipeline)(pipeline.pipeline, pipeline.names())
    _add_kernels(model, plain)
    store_half(model)
    card_notes = description.card.as_dict()
    onnx.helper.set_model_props(
        model,
        {
            "architecture": description.architecture,
            "network": json.dumps(description.network),
            "input": "one channel, 56 x 56, values in 0 to 255, ink light on dark",
            "classes": ",".join(map(str, range(NUM_CLASSES))),
            **{k: json.dumps(card_notes[k]) for k in ("data", "validation") if k in card_notes},
            DESCRIPTION: description.model_dump_json(exclude_unset=True),
        },
    )
    content = model.SerializeToString()
    note(f"{description.architecture}: comparing the outputs with torch's")
    check_graph(content, pipeline, pipeline.names())
    return content


def export_weights(path: Path, note: Note = no_note) -> bytes:
    """Return the graph of a weights file. Raises as `load_weights` and `export_graph` do."""
    network, card = load_weights(path)
    return export_graph(network, card, graph_key(path), note=note)


def _add_kernels(model: onnx.ModelProto, network: Network) -> None:
    """Add the kernels as constant outputs: those of the traced graph contain BatchNorm's scale."""
    import onnx

    for stage in network.stages:
        kernel = network.kernel(stage).detach().numpy()
        name = kernel_output(stage)
        model.graph.initializer.append(onnx.numpy_helper.from_array(kernel, name))
        kind = onnx.TensorProto.FLOAT
        model.graph.output.append(onnx.helper.make_tensor_value_info(name, kind, kernel.shape))


def _describe(network: Network, card: ModelCard, key: str) -> GraphDescription:
    built = describe(network)
    first = network.members[0] if isinstance(network, Ensemble) else network
    layers = shape_table(first)
    return GraphDescription(
        format=FORMAT,
        version=mnist_core.__version__,
        key=key,
        architecture=built["architecture"],
        network=built,
        parameters=count_parameters(network),
        stages=tuple(
            Stage(
                name=stage,
                shape=stage_shape(layers, stage),
                parameters=count_parameters(first.trunk.get_submodule(stage)),
            )
            for stage in first.stages
        ),
        layers=tuple(layers),
        head=tuple(head_widths(first)),
        card=card,
    )
