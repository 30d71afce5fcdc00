"""Weights of ONNX models as float16 in the file, where that loses nothing: half the size.

They are converted to float32 when the model is loaded, and computed with as such.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

if TYPE_CHECKING:
    import onnx

_SMALLEST = 256
"""Values of a tensor; smaller ones are not worth a node."""


def has_half_weights(module: nn.Module) -> bool:
    """Return whether all weights of a module are float16 numbers, as `save_weights` stored them."""
    tensors = (*module.parameters(), *module.buffers())
    return all(torch.equal(t, t.half().to(t.dtype)) for t in tensors if t.is_floating_point())


def store_half(model: onnx.ModelProto) -> None:
    """Store float32 tensors of a model as float16, where that loses nothing; equal ones once."""
    import onnx

    graph = model.graph
    stored: dict[tuple[bytes, tuple[int, ...]], str] = {}
    kept, casts = [], []
    for tensor in graph.initializer:
        values = onnx.numpy_helper.to_array(tensor)
        half = _as_half(values)
        if half is None:
            kept.append(tensor)
            continue
        key = (half.tobytes(), half.shape)
        if key not in stored:
            stored[key] = f"{tensor.name}.float16"
            kept.append(onnx.numpy_helper.from_array(half, stored[key]))
        to = onnx.TensorProto.FLOAT
        casts.append(onnx.helper.make_node("Cast", [stored[key]], [tensor.name], to=to))
    nodes = [*casts, *graph.node]
    del graph.initializer[:], graph.node[:]
    graph.initializer.extend(kept)
    graph.node.extend(nodes)


def _as_half(values: np.ndarray) -> np.ndarray | None:
    if values.dtype != np.float32 or values.size < _SMALLEST:
        return None
    with np.errstate(over="ignore"):
        half = values.astype(np.float16)
    return half if np.array_equal(half.astype(np.float32), values) else None
