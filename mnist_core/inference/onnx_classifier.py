"""The classifier without torch: it runs a model's exported graph in onnxruntime."""

import os
from collections.abc import Sequence

import numpy as np

from mnist_core.imaging.rasterize import INK_SIZE
from mnist_core.inference.base_classifier import BaseClassifier
from mnist_core.inference.batching import BatchingQueue, Outputs
from mnist_core.inference.graph_files import Graph, load_graph
from mnist_core.inference.graph_format import CANVAS, HIDDEN, kernel_output
from mnist_core.inference.graph_key import card_in_header
from mnist_core.inference.onnx_steps import OnnxSteps
from mnist_core.inference.steps import CanvasOutputs
from mnist_core.models.card import ModelCard
from mnist_core.models.onnx_session import run_session
from mnist_core.models.registry import DEFAULT, weights_path

_PIECE = 8
"""Canvases at once: more are not faster, and 256 would take, and keep, 400 MB."""
_OUTPUTS = ("probabilities", "frame", "blank", "digit_score")


class OnnxClassifier(BaseClassifier):
    """An exported model. Safe to share between threads: calls at the same time share a batch.

    Parameters
    ----------
    graph : Graph
        Its description says what the classifier's attributes are.
    name : str
    card : ModelCard, optional
        The card of today; by default the one of when the graph was exported.

    Attributes
    ----------
    parameters : int
        Of all members of an ensemble.
    graph_path : Path
        The graph's file, for programs that run it elsewhere.
    graph_key : str
        See `mnist_core.inference.graph_key.graph_key`; also in that file's description.
    """

    def __init__(self, graph: Graph, *, name: str, card: ModelCard | None = None) -> None:
        description = graph.description
        self.name = name
        self.architecture = description.architecture
        self.card = card or description.card
        self.parameters = description.parameters
        self.graph_path = graph.path
        self.graph_key = description.key
        self.shapes = list(description.layers)
        self._head = list(description.head)
        self._stages = tuple(stage.name for stage in description.stages)
        self._session = graph.session
        self._steps = OnnxSteps()
        self._queue = BatchingQueue(self._compute, _PIECE)

    @property
    def stages(self) -> tuple[str, ...]:
        return self._stages

    def head_sizes(self) -> list[int]:
        return list(self._head)

    def kernels(self, layer: str = "conv1") -> np.ndarray:
        self._check_layers([layer])
        blank = np.zeros((1, INK_SIZE, INK_SIZE), np.uint8)
        name = kernel_output(layer)
        return self._compute(blank, [name])[name]

    def _run(self, canvases: np.ndarray, stages: Sequence[str] = ()) -> CanvasOutputs:
        hidden = [HIDDEN] if stages and len(self._head) > 2 else []
        outputs = self._queue(canvases, [*_OUTPUTS, *stages, *hidden])
        return CanvasOutputs(
            outputs["probabilities"],
            outputs["frame"][:, 0],
            outputs["blank"],
            outputs["digit_score"],
            {stage: outputs[stage] for stage in stages},
            outputs.get(HIDDEN),
        )

    def _compute(self, canvases: np.ndarray, names: Sequence[str]) -> Outputs:
        pieces = [
            run_session(self._session, names, {CANVAS: canvases[first : first + _PIECE, None]})
            for first in range(0, len(canvases), _PIECE)
        ]
        found = pieces[0] if len(pieces) == 1 else map(np.concatenate, zip(*pieces, strict=True))
        return dict(zip(names, found, strict=True))


def load_onnx_classifier(name_or_path: str | os.PathLike[str] = DEFAULT) -> OnnxClassifier:
    """Load the graph of shipped weights by name, or of any weights file by path.

    A graph that is missing or out of date is exported first, which takes seconds.

    Raises
    ------
    MnistCoreError
        If the weights are missing or unusable; the message says why.
    """
    path = weights_path(name_or_path)
    return OnnxClassifier(load_graph(path), name=path.stem, card=card_in_header(path))
