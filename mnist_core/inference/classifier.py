"""The classifier in torch, and loading it."""

import os
from collections.abc import Sequence

import numpy as np
import torch

from mnist_core.data.mnist import normalise
from mnist_core.errors import MnistCoreError
from mnist_core.imaging.images import Picture, as_array
from mnist_core.imaging.sizes import FRAME_SIZE
from mnist_core.inference.base_classifier import BaseClassifier, check_unit
from mnist_core.inference.pipeline import InferencePipeline
from mnist_core.inference.rows import ReadDigit
from mnist_core.inference.steps import CanvasOutputs
from mnist_core.inference.torch_steps import TorchSteps
from mnist_core.models.calibration import UNCALIBRATED
from mnist_core.models.card import ModelCard
from mnist_core.models.ensemble import Ensemble
from mnist_core.models.folding import folded_for_inference
from mnist_core.models.registry import DEFAULT, weights_path
from mnist_core.models.shapes import head_widths, shape_table
from mnist_core.models.weights import Network, load_weights


class Classifier(BaseClassifier):
    """A trained network behind the inference pipeline. Safe to share between threads.

    Parameters
    ----------
    model : DigitNet or Ensemble
        Put into eval mode. Stages, maps, kernels, shapes and head of an ensemble are those of its
        first member.
    name, architecture : str
    card : ModelCard, optional
    """

    def __init__(
        self, model: Network, *, name: str, architecture: str, card: ModelCard | None = None
    ) -> None:
        self.name = name
        self.architecture = architecture
        self.card = card or ModelCard()
        self._model = model.eval()
        self._pipeline = InferencePipeline(
            folded_for_inference(self._model), self.card.calibration or UNCALIBRATED
        )
        self._steps = TorchSteps()
        self._first = model.members[0] if isinstance(model, Ensemble) else model
        self.shapes = shape_table(self._first)

    @property
    def stages(self) -> tuple[str, ...]:
        return self._model.stages

    def head_sizes(self) -> list[int]:
        return head_widths(self._first)

    def feature_maps(self, frame: np.ndarray, layer: str = "conv1") -> np.ndarray:
        """Return the feature maps (channels, H, W), float32, of `layer` for a frame (28, 28).

        Raises
        ------
        MnistCoreError
            For a frame of another shape or outside [0, 1], or an unknown layer.
        """
        frame = as_array(frame, "frame")
        if frame.shape != (FRAME_SIZE, FRAME_SIZE):
            raise MnistCoreError(f"frame has shape {frame.shape}; give (28, 28), or classify first")
        check_unit(frame, "frame")
        self._check_layers([layer])
        with torch.inference_mode():
            tensor = torch.from_numpy(frame.astype(np.float32))[None, None]
            _, maps = self._pipeline.model.forward_with_maps(normalise(tensor))
        return maps[layer][0].numpy()

    def kernels(self, layer: str = "conv1") -> np.ndarray:
        self._check_layers([layer])
        return self._model.kernel(layer).detach().numpy().copy()

    def _run(self, canvases: np.ndarray, stages: Sequence[str] = ()) -> CanvasOutputs:
        with torch.inference_mode():
            output = self._pipeline(torch.from_numpy(canvases)[:, None].to(torch.float32) / 255)
        return CanvasOutputs(
            output.probabilities.numpy(),
            output.frame[:, 0].numpy(),
            output.blank.numpy(),
            output.digit_score.numpy(),
            {stage: output.maps[stage].numpy() for stage in stages},
            output.hidden.numpy() if stages and output.hidden is not None else None,
        )


def load_classifier(name_or_path: str | os.PathLike[str] = DEFAULT) -> Classifier:
    """Load shipped weights by name, or any weights file by path.

    Raises
    ------
    MnistCoreError
        If the weights are missing or unusable; the message says why.
    """
    path = weights_path(name_or_path)
    model, card = load_weights(path)
    return Classifier(model, name=path.stem, architecture=card.architecture, card=card)


def read_digits(
    drawing: Picture | Sequence[np.ndarray], classifier: BaseClassifier | None = None
) -> list[ReadDigit]:
    """Read a row of digits with a classifier, by default the default weights, which it then loads.

    See `BaseClassifier.read_digits`.
    """
    return (classifier or load_classifier()).read_digits(drawing)
