from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper, numpy_helper
from torch import nn

from mnist_core.models.onnx_half import has_half_weights, store_half


def test_weights_are_half_in_the_file_where_that_loses_nothing_and_equal_ones_once() -> None:
    rng = np.random.default_rng(0)
    exact = rng.normal(size=(20, 30)).astype(np.float16).astype(np.float32)
    other = rng.normal(size=(20, 30)).astype(np.float32)
    huge = np.full((20, 30), 1e6, np.float32)
    weights = {"exact": exact, "again": exact.copy(), "other": other, "huge": huge}
    kind = TensorProto.FLOAT
    graph = helper.make_graph(
        [helper.make_node("Sum", ["x", *weights], ["y"])],
        "sum",
        [helper.make_tensor_value_info("x", kind, (20, 30))],
        # a weight may be an output as well, as the kernels of a model's graph are
        [helper.make_tensor_value_info(name, kind, (20, 30)) for name in ("y", "exact")],
        [numpy_helper.from_array(values, name) for name, values in weights.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    x = {"x": rng.normal(size=(20, 30)).astype(np.float32)}

    def outputs() -> list[np.ndarray]:
        return onnxruntime.InferenceSession(model.SerializeToString()).run(None, x)

    before = outputs()
    store_half(model)
    onnx.checker.check_model(model)
    assert all(np.array_equal(a, b) for a, b in zip(outputs(), before, strict=True))
    stored = sorted(tensor.data_type for tensor in model.graph.initializer)
    assert stored == sorted([TensorProto.FLOAT16, TensorProto.FLOAT, TensorProto.FLOAT])


def test_whether_weights_were_stored_in_half_precision() -> None:
    layer = nn.Linear(20, 30)
    assert not has_half_weights(layer)
    layer.load_state_dict({name: t.half().float() for name, t in layer.state_dict().items()})
    assert has_half_weights(layer)
    with torch.no_grad():
        layer.bias[0] = 1e6  # beyond the largest float16
    assert not has_half_weights(layer)
