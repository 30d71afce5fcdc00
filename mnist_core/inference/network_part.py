"""The part of a model's graph that is its network: from the frame to the digit."""

from pathlib import Path

from mnist_core.inference.graph_files import load_graph
from mnist_core.inference.graph_format import DESCRIPTION
from mnist_core.inference.imaging_graphs import GRAPHS, MAKE_FRAME
from mnist_core.utils.extras import requires_extra

INPUTS = GRAPHS[MAKE_FRAME].outputs
"""The frame, float32 (N, 1, 28, 28) in [0, 1], ink light on dark, and whether it is blank, bool
(N,): a blank has no digit."""
OUTPUTS = ("logits", "probabilities", "digit_score")
"""Those of these names of the whole graph; see `graph_format`."""


def network_part(weights: Path) -> bytes:
    """Return the network of a weights file as an ONNX model, cut out of the file's graph.

    Its metadata are those of the graph, without the description. Raises MnistCoreError as
    `load_graph` does, or if onnx is not installed.
    """
    with requires_extra("export"):
        import onnx
    whole = onnx.load(load_graph(weights).path)
    # what is cut must have a known type
    whole.graph.value_info.extend(one for one in whole.graph.output if one.name in INPUTS)
    part = onnx.utils.Extractor(whole).extract_model(list(INPUTS), list(OUTPUTS))
    notes = {one.key: one.value for one in whole.metadata_props if one.key != DESCRIPTION}
    notes["input"] = "one channel, 28 x 28, values in [0, 1], ink light on dark"
    onnx.helper.set_model_props(part, notes)
    return part.SerializeToString()
