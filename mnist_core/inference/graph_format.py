"""The exported graph of a model: names of its inputs and outputs, and its description.

    canvas (uint8) -> frame, probabilities, digit_score, blank, logits, every stage's maps and
                      kernels, and the hidden layer

Imports no torch: programs that run graphs read this.
"""

from typing import Any

from mnist_core.models.card import ModelCard
from mnist_core.models.layers import LayerShape
from mnist_core.utils.json_files import JsonModel

FORMAT = 2
"""Number of the format; graphs of another one are exported again."""

CANVAS = "canvas"
"""The input: uint8 (N, 1, 56, 56), ink light on dark, as `draw_strokes` draws it."""

OUTPUTS = ("frame", "probabilities", "digit_score", "blank", "logits")
"""The outputs before the maps: float32 (N, 1, 28, 28) in [0, 1], (N, 10), (N,) in [0, 1], bool
(N,) and float32 (N, 10). The maps are float32 (N, channels, H, W), named as their stage."""

HIDDEN = "hidden"
"""The output of the hidden layer, float32 (N, H): the input of the last fully connected layer, of
networks that have more than one (those whose `GraphDescription.head` has three widths)."""

DESCRIPTION = "mnist_core"
"""The metadata key of the description, as JSON."""


def kernel_output(stage: str) -> str:
    """Return the name of the output with a stage's first kernels, float32 (out, in, kh, kw)."""
    return f"{stage}.kernel"


class Stage(JsonModel):
    """A stage with feature maps: their shape (channels, H, W), and its number of parameters."""

    name: str
    shape: tuple[int, int, int]
    parameters: int


class GraphDescription(JsonModel):
    """What a graph's metadata say about it.

    Attributes
    ----------
    format : int
        See `FORMAT`.
    version : str
        Of mnist_core, by which it was exported.
    key : str
        The `graph_key` of the weights that it was exported from; empty for weights without a file.
    architecture : str
    network : dict
        What the network is built from; see `ModelSpec`.
    parameters : int
        Of all members of an ensemble; what follows is about the first one.
    stages : tuple of Stage
    layers : tuple of LayerShape
    head : tuple of int
        Layer widths of the fully connected part, from its input to the logits.
    card : ModelCard
    """

    format: int
    version: str
    key: str = ""
    architecture: str
    network: dict[str, Any]
    parameters: int
    stages: tuple[Stage, ...]
    layers: tuple[LayerShape, ...]
    head: tuple[int, ...]
    card: ModelCard
