"""The classifier: predictions and feature maps for pictures, strokes and ink."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from mnist_core.data.mnist import normalise
from mnist_core.errors import MnistCoreError
from mnist_core.imaging.digit_row import PictureInk
from mnist_core.imaging.images import Picture, to_grey
from mnist_core.imaging.normalize import FRAME_SIZE
from mnist_core.imaging.rasterize import INK_SIZE, draw_strokes
from mnist_core.inference.pipeline import InferencePipeline, PipelineOutput
from mnist_core.inference.prediction import (
    DIGIT_THRESHOLD,
    Prediction,
    PredictionWithMaps,
    RefusalReason,
)
from mnist_core.inference.refusal import explain_refusal
from mnist_core.inference.rows import (
    ReadDigit,
    found_parts,
    read_parts,
    read_picture_row,
    read_stroke_row,
)
from mnist_core.models.calibration import UNCALIBRATED
from mnist_core.models.card import ModelCard
from mnist_core.models.ensemble import Ensemble
from mnist_core.models.registry import DEFAULT, weights_path
from mnist_core.models.shapes import LayerShape, shape_table
from mnist_core.models.weights import Network, load_weights

_CHUNK = 256


class Classifier:
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
        self._pipeline = InferencePipeline(self._model, self.card.calibration or UNCALIBRATED)
        first = model.members[0] if isinstance(model, Ensemble) else model
        self.shapes: list[LayerShape] = shape_table(first)

    @property
    def stages(self) -> tuple[str, ...]:
        """Names of the stages that have feature maps, `conv1` first."""
        return self._model.stages

    def stage_shape(self, stage: str) -> tuple[int, int, int]:
        """Return the shape (channels, H, W) of a stage's feature maps."""
        self._check_layers([stage])
        layers = [layer for layer in self.shapes if layer.name.startswith(f"trunk.{stage}.")]
        return layers[-1].output_shape

    def head_sizes(self) -> list[int]:
        """Return the layer widths of the fully connected part, from its input to the logits."""
        linear = [module for module in self._model.head.modules() if isinstance(module, nn.Linear)]
        return [linear[0].in_features, *(module.out_features for module in linear)]

    def classify(self, image: Picture) -> Prediction:
        """Classify one picture; see `to_grey` for accepted types and errors."""
        return self.classify_many([image])[0]

    def classify_many(self, images: Sequence[Picture]) -> list[Prediction]:
        """Classify pictures of any sizes, in batches of up to 256."""
        found = [PictureInk(to_grey(image)) for image in images]
        predictions = self._classify(torch.cat([ink.canvas for ink in found])) if found else []
        return [
            self._look_beside(prediction, ink)
            for prediction, ink in zip(predictions, found, strict=True)
        ]

    def classify_strokes(self, strokes: Sequence[np.ndarray]) -> Prediction:
        """Classify one drawing: a list of (N, 2) arrays of pen positions, any unit, y downwards."""
        return self.classify_strokes_many([strokes])[0]

    def classify_strokes_many(self, drawings: Sequence[Sequence[np.ndarray]]) -> list[Prediction]:
        """Classify drawings given as strokes. Raises MnistCoreError for malformed strokes."""
        return self._classify(draw_strokes(drawings))

    def read_digits(self, drawing: Picture | Sequence[np.ndarray]) -> list[ReadDigit]:
        """Read a row of digits, such as "42", from left to right.

        Digits that touch each other are refused, not guessed: one `ReadDigit` holds them, whose
        prediction's `reason` is "several digits". A drawing without ink gives an empty list.

        Parameters
        ----------
        drawing : PIL image, array, or list of (N, 2) arrays
            A picture (see `to_grey`), or strokes: pen positions in any unit, y downwards.

        Raises
        ------
        MnistCoreError
            For a picture that cannot be read, or malformed strokes.
        """
        is_picture = isinstance(drawing, Image.Image | np.ndarray)
        read = read_picture_row if is_picture else read_stroke_row
        return [
            replace(digit, prediction=self._explain(digit.prediction, torch.from_numpy(digit.ink)))
            for digit in read(drawing, self._classify_canvases)
        ]

    def classify_with_maps(
        self, image: Picture, layers: Sequence[str] = ("conv1",)
    ) -> PredictionWithMaps:
        """Classify one picture; return the feature maps of `layers` as well."""
        found = PictureInk(to_grey(image))
        result = self._classify_with_maps(found.canvas, layers)
        return replace(result, prediction=self._look_beside(result.prediction, found))

    def classify_strokes_with_maps(
        self, strokes: Sequence[np.ndarray], layers: Sequence[str] = ("conv1",)
    ) -> PredictionWithMaps:
        """Classify as `classify_strokes`; return the feature maps of `layers` as well."""
        return self._classify_with_maps(draw_strokes([strokes]), layers)

    def classify_ink_with_maps(
        self, ink: np.ndarray, layers: Sequence[str] = ("conv1",)
    ) -> PredictionWithMaps:
        """Classify one ink canvas (56, 56), uint8 or float in [0, 1], light on dark.

        Raises
        ------
        MnistCoreError
            For another shape, dtype or range, or an unknown layer.
        """
        ink = np.asarray(ink)
        if ink.shape != (INK_SIZE, INK_SIZE):
            raise MnistCoreError(f"ink has shape {ink.shape}; give ({INK_SIZE}, {INK_SIZE})")
        if ink.dtype == np.uint8:
            ink = ink.astype(np.float32) / 255
        _check_unit(ink, "ink")
        return self._classify_with_maps(
            torch.from_numpy(ink.astype(np.float32))[None, None], layers
        )

    def feature_maps(self, frame: np.ndarray, layer: str = "conv1") -> np.ndarray:
        """Return the feature maps (channels, H, W), float32, of `layer` for a frame (28, 28).

        Raises
        ------
        MnistCoreError
            For a frame of another shape or outside [0, 1], or an unknown layer.
        """
        frame = np.asarray(frame)
        if frame.shape != (FRAME_SIZE, FRAME_SIZE):
            raise MnistCoreError(f"frame has shape {frame.shape}; give (28, 28), or classify first")
        _check_unit(frame, "frame")
        self._check_layers([layer])
        with torch.inference_mode():
            tensor = torch.from_numpy(frame.astype(np.float32))[None, None]
            _, maps = self._model.forward_with_maps(normalise(tensor))
        return maps[layer][0].numpy()

    def kernels(self, layer: str = "conv1") -> np.ndarray:
        """Return the convolution kernels (out, in, kh, kw) of a stage, float32."""
        self._check_layers([layer])
        return self._model.kernel(layer).detach().numpy().copy()

    def _check_layers(self, layers: Sequence[str]) -> None:
        unknown = [layer for layer in layers if layer not in self.stages]
        if unknown:
            raise MnistCoreError(f"unknown layer {unknown[0]!r}; choose from {self.stages}")

    def _classify(self, ink: Tensor) -> list[Prediction]:
        return [
            self._explain(prediction, canvas)
            for prediction, canvas in zip(self._classify_canvases(ink), ink, strict=True)
        ]

    def _look_beside(self, prediction: Prediction, found: PictureInk) -> Prediction:
        """Refuse a picture's digit if there is another one: the ink is that of one of them."""
        if not (prediction.is_digit and self._pipeline.calibration.can_refuse):
            return prediction
        parts = found.parts()
        if parts is None or len(found_parts(parts)) < 2:
            return prediction
        row = read_parts(parts, self._classify_canvases)
        if len(row) < 2:
            return prediction
        second = sorted(digit.prediction.digit_score for digit in row)[-2]
        alone = prediction.digit_score * (1 - second)
        if alone >= DIGIT_THRESHOLD:
            return prediction
        return replace(prediction, digit_score=alone, reason=RefusalReason.SEVERAL_DIGITS)

    def _explain(self, prediction: Prediction, canvas: Tensor) -> Prediction:
        return explain_refusal(
            prediction, canvas.view(1, 1, INK_SIZE, INK_SIZE), self._classify_canvases
        )

    def _classify_canvases(self, ink: Tensor) -> list[Prediction]:
        """Classify without the reasons of refusals."""
        predictions: list[Prediction] = []
        with torch.inference_mode():
            for chunk in ink.split(_CHUNK):
                predictions += _predictions(self._pipeline(chunk))
        return predictions

    def _classify_with_maps(self, ink: Tensor, layers: Sequence[str]) -> PredictionWithMaps:
        self._check_layers(layers)
        with torch.inference_mode():
            output = self._pipeline(ink)
        maps = {layer: output.maps[layer][0].numpy() for layer in layers}
        return PredictionWithMaps(self._explain(_predictions(output)[0], ink), maps)


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
    drawing: Picture | Sequence[np.ndarray], classifier: Classifier | None = None
) -> list[ReadDigit]:
    """Read a row of digits with a classifier, by default the default weights, which it then loads.

    See `Classifier.read_digits`.
    """
    return (classifier or load_classifier()).read_digits(drawing)


def _predictions(output: PipelineOutput) -> list[Prediction]:
    rows = zip(
        output.probabilities.numpy(),
        output.frame.squeeze(1).numpy(),
        output.blank.tolist(),
        output.digit_score.tolist(),
        strict=True,
    )
    return [
        Prediction(p, None if blank else int(p.argmax()), float(p.max()), frame, blank, score)
        for p, frame, blank, score in rows
    ]


def _check_unit(values: np.ndarray, name: str) -> None:
    if not np.issubdtype(values.dtype, np.floating):
        raise MnistCoreError(f"{name} has dtype {values.dtype}; give floats in [0, 1]")
    if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
        raise MnistCoreError(f"{name} must be finite and lie in [0, 1]")
