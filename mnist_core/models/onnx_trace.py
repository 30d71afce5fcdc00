"""Tracing of a torch module to an ONNX model."""

from __future__ import annotations

import os
import tempfile
import threading
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from mnist_core.errors import MnistCoreError
from mnist_core.models.onnx_session import import_onnxruntime, open_session, session_options
from mnist_core.utils.extras import requires_extra

if TYPE_CHECKING:
    import onnx

OPSET = 18

# torch.export modifies global state of torch while it traces
_TRACING = threading.Lock()


def check_exporter() -> None:
    """Raise MnistCoreError if onnx, onnxscript or onnxruntime is not installed."""
    with requires_extra("export"):
        import_onnxruntime()
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401


def trace_module(
    module: nn.Module,
    examples: tuple[Tensor, ...],
    dynamic_shapes: tuple[Mapping[int, Any], ...],
    inputs: Sequence[str],
    outputs: Sequence[str],
    *,
    large: bool = False,
) -> onnx.ModelProto:
    """Return a module in eval mode as an ONNX model, without paths of this machine.

    Parameters
    ----------
    module : nn.Module
        Takes the examples, returns as many tensors as `outputs` has names.
    examples : tuple of Tensor
    dynamic_shapes : tuple of {axis: torch.export.Dim}
        Of each example, the axes that may have another length.
    inputs, outputs : sequence of str
        Their names in the model.
    large : bool
        Whether to leave folding constants to onnxruntime. It takes a fifth of the time for a graph
        of thousands of nodes, but it does not merge BatchNorm into convolutions.

    Raises
    ------
    MnistCoreError
        If it cannot be exported.
    """
    with _TRACING, warnings.catch_warnings():
        # deprecation warnings of torch about its own internals
        warnings.simplefilter("ignore")
        try:
            program = torch.onnx.export(
                module,
                examples,
                dynamo=True,
                dynamic_shapes=dynamic_shapes,
                input_names=list(inputs),
                output_names=list(outputs),
                opset_version=OPSET,
                verbose=False,
                optimize=not large,
            )
        except torch.onnx.errors.OnnxExporterError as error:
            reason = str(error).strip().partition("\n")[0]
            raise MnistCoreError(f"the network cannot be exported to ONNX: {reason}") from error
    model = _simplified(program.model_proto) if large else program.model_proto
    _clear_metadata(model.graph)
    return model


def _clear_metadata(graph: onnx.GraphProto) -> None:
    """Remove the exporter's metadata, which contain paths of this machine, from a graph."""
    for part in (*graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer):
        part.ClearField("metadata_props")
    graph.ClearField("metadata_props")
    for attribute in (attribute for node in graph.node for attribute in node.attribute):
        if attribute.HasField("g"):  # a branch
            _clear_metadata(attribute.g)


def _simplified(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a model with constants folded, of standard operators.

    Raises MnistCoreError if onnxruntime cannot load it.
    """
    import onnx

    onnxruntime = import_onnxruntime()
    options = session_options()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    with tempfile.TemporaryDirectory() as folder:
        options.optimized_model_filepath = os.path.join(folder, "model.onnx")
        open_session(model.SerializeToString(), options)
        simple = onnx.load(options.optimized_model_filepath)
    used = {node.domain for node in simple.graph.node}
    imports = [entry for entry in simple.opset_import if entry.domain in used]
    del simple.opset_import[:]
    simple.opset_import.extend(imports)
    return simple
