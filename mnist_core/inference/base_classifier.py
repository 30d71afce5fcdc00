"""What every classifier does, in torch or with exported graphs. Imports no torch."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
from PIL import Image

from mnist_core.errors import MnistCoreError
from mnist_core.imaging.images import Picture, as_array, grey_image
from mnist_core.imaging.rasterize import INK_SIZE, check_strokes, rasterize_strokes
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
from mnist_core.inference.steps import CanvasOutputs, ImagingSteps, PictureInk
from mnist_core.models.card import ModelCard
from mnist_core.models.layers import (
    LayerShape,
    ReceptiveField,
    count_parameters,
    receptive_field,
    stage_shape,
)

_CHUNK = 256


class BaseClassifier(ABC):
    """Predictions and feature maps for pictures, strokes and ink. Safe to share between threads.

    Attributes
    ----------
    name, architecture : str
    card : ModelCard
    shapes : list of LayerShape
        Of an ensemble's first member, as are stages, maps, kernels and head.
    """

    name: str
    architecture: str
    card: ModelCard
    shapes: list[LayerShape]
    _steps: ImagingSteps

    @property
    @abstractmethod
    def stages(self) -> tuple[str, ...]:
        """Names of the stages that have feature maps, `conv1` first."""

    @abstractmethod
    def head_sizes(self) -> list[int]:
        """Return the layer widths of the fully connected part, from its input to the logits."""

    @abstractmethod
    def kernels(self, layer: str = "conv1") -> np.ndarray:
        """Return the convolution kernels (out, in, kh, kw) of a stage, float32."""

    def receptive_field(self, stage: str) -> ReceptiveField:
        """Return which part of the frame a pixel of a stage's feature maps depends on."""
        self._check_layers([stage])
        return receptive_field(self.shapes, stage)

    def stage_parameters(self, stage: str) -> int:
        """Return the number of parameters of a stage."""
        self._check_layers([stage])
        return count_parameters(self.shapes, f"trunk.{stage}.")

    def head_parameters(self) -> int:
        """Return the number of parameters of the fully connected part."""
        return count_parameters(self.shapes, "head")

    @abstractmethod
    def _run(self, canvases: np.ndarray, stages: Sequence[str] = ()) -> CanvasOutputs:
        """Compute the outputs for canvases uint8 (N, 56, 56), N >= 1."""

    def stage_shape(self, stage: str) -> tuple[int, int, int]:
        """Return the shape (channels, H, W) of a stage's feature maps."""
        self._check_layers([stage])
        return stage_shape(self.shapes, stage)

    def classify(self, image: Picture) -> Prediction:
        """Classify one picture; see `grey_image` for accepted types and errors."""
        return self.classify_many([image])[0]

    def classify_many(self, images: Sequence[Picture]) -> list[Prediction]:
        """Classify pictures of any sizes, in batches of up to 256; see `classify`."""
        _check_several(images, "images")
        found = [self._steps.picture_ink(grey_image(image)) for image in images]
        predictions = self._classify(np.stack([ink.canvas for ink in found])) if found else []
        return [
            self._look_beside(prediction, ink)
            for prediction, ink in zip(predictions, found, strict=True)
        ]

    def classify_strokes(self, strokes: Sequence[np.ndarray]) -> Prediction:
        """Classify one drawing: a list of (N, 2) arrays of pen positions, any unit, y downwards."""
        return self.classify_strokes_many([strokes])[0]

    def classify_strokes_many(self, drawings: Sequence[Sequence[np.ndarray]]) -> list[Prediction]:
        """Classify drawings, each as for `classify_strokes`; malformed strokes: MnistCoreError."""
        _check_several(drawings, "drawings")
        drawings = list(drawings)
        canvases = rasterize_strokes(drawings)
        return [
            self._explain(*found)
            for found in zip(self._classify_canvases(canvases), canvases, drawings, strict=True)
        ]

    def read_digits(self, drawing: Picture | Sequence[np.ndarray]) -> list[ReadDigit]:
        """Read a row of digits, such as "42", from left to right.

        Digits that touch each other are refused, not guessed: one `ReadDigit` holds them, whose
        prediction's `reason` is "several digits". Marks that are small beside the digits, such as
        commas, are left out. A drawing without ink, or of dots only, gives an empty list.

        Parameters
        ----------
        drawing : PIL image, array, or list of (N, 2) arrays
            A picture (see `grey_image`), or strokes: pen positions in any unit, y downwards.

        Raises
        ------
        MnistCoreError
            For a picture that cannot be read, or malformed strokes.
        """
        if not isinstance(drawing, Image.Image) and hasattr(drawing, "__array__"):
            drawing = as_array(drawing, "the drawing")
        if isinstance(drawing, Image.Image | np.ndarray):
            row = read_picture_row(drawing, self._classify_canvases, self._steps)
        elif isinstance(drawing, str | bytes) or not isinstance(drawing, Sequence):
            raise MnistCoreError(
                "a drawing must be a PIL image, an array, or a list of strokes, got "
                f"{type(drawing).__name__}"
            )
        else:
            row = read_stroke_row(drawing, self._classify_canvases)
        return [
            replace(digit, prediction=self._explain(digit.prediction, digit.ink)) for digit in row
        ]

    def classify_with_maps(
        self, image: Picture, layers: Sequence[str] = ("conv1",)
    ) -> PredictionWithMaps:
        """Classify one picture; return the feature maps of `layers` as well."""
        found = self._steps.picture_ink(grey_image(image))
        result = self._classify_with_maps(found.canvas, layers)
        return replace(result, prediction=self._look_beside(result.prediction, found))

    def classify_strokes_with_maps(
        self, strokes: Sequence[np.ndarray], layers: Sequence[str] = ("conv1",)
    ) -> PredictionWithMaps:
        """Classify as `classify_strokes`; return the feature maps of `layers` as well."""
        return self._classify_with_maps(rasterize_strokes([strokes])[0], layers, strokes)

    def classify_canvases(self, canvases: np.ndarray) -> list[Prediction]:
        """Classify ink canvases uint8 (N, 56, 56), light on dark; refusals have no reason.

        Raises
        ------
        MnistCoreError
            For another shape or dtype.
        """
        canvases = as_array(canvases, "canvases")
        if canvases.ndim != 3 or canvases.shape[1:] != (INK_SIZE, INK_SIZE):
            raise MnistCoreError(
                f"canvases have shape {canvases.shape}; give (N, {INK_SIZE}, {INK_SIZE})"
            )
        if canvases.dtype != np.uint8:
            raise MnistCoreError(f"canvases have dtype {canvases.dtype}; give uint8")
        return self._classify_canvases(canvases.astype(np.float32) / 255)

    def classify_ink_with_maps(
        self,
        ink: np.ndarray,
        layers: Sequence[str] = ("conv1",),
        strokes: Sequence[np.ndarray] = (),
        *,
        explain: bool = True,
    ) -> PredictionWithMaps:
        """Classify one ink canvas (56, 56), uint8 or float in [0, 1], light on dark.

        The `strokes` (N, 2) that it was drawn with, if given, make the reason of a refusal surer.
        Without `explain`, which takes ten times as long for a drawing that is refused, the reason
        of a refusal is "not a digit", also where it is several digits.

        Raises
        ------
        MnistCoreError
            For another shape, dtype or range, malformed strokes, or an unknown layer.
        """
        ink = as_array(ink, "ink")
        if ink.shape != (INK_SIZE, INK_SIZE):
            raise MnistCoreError(f"ink has shape {ink.shape}; give ({INK_SIZE}, {INK_SIZE})")
        if ink.dtype == np.uint8:
            ink = ink.astype(np.float32) / 255
        check_unit(ink, "ink")
        strokes = check_strokes(strokes)
        return self._classify_with_maps(ink.astype(np.float32), layers, strokes, explain=explain)

    def _check_layers(self, layers: Sequence[str]) -> None:
        if isinstance(layers, str) or not isinstance(layers, Sequence):
            raise MnistCoreError(f"layers is {layers!r}; give a list of names, of {self.stages}")
        unknown = [layer for layer in layers if layer not in self.stages]
        if unknown:
            raise MnistCoreError(f"unknown layer {unknown[0]!r}; choose from {self.stages}")

    def _classify(self, canvases: np.ndarray) -> list[Prediction]:
        return [
            self._explain(prediction, canvas)
            for prediction, canvas in zip(self._classify_canvases(canvases), canvases, strict=True)
        ]

    def _look_beside(self, prediction: Prediction, found: PictureInk) -> Prediction:
        """Refuse a picture's digit if there is another one: the ink is that of one of them."""
        can_refuse = self.card.calibration is not None and self.card.calibration.can_refuse
        if not (prediction.is_digit and can_refuse):
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

    def _explain(
        self, prediction: Prediction, canvas: np.ndarray, strokes: Sequence[np.ndarray] = ()
    ) -> Prediction:
        return explain_refusal(prediction, canvas, self._classify_canvases, self._steps, strokes)

    def _classify_canvases(self, canvases: np.ndarray) -> list[Prediction]:
        """Classify without the reasons of refusals."""
        predictions: list[Prediction] = []
        for first in range(0, len(canvases), _CHUNK):
            predictions += _predictions(self._run(_grey_levels(canvases[first : first + _CHUNK])))
        return predictions

    def _classify_with_maps(
        self,
        canvas: np.ndarray,
        layers: Sequence[str],
        strokes: Sequence[np.ndarray] = (),
        *,
        explain: bool = True,
    ) -> PredictionWithMaps:
        self._check_layers(layers)
        outputs = self._run(_grey_levels(canvas[None]), layers)
        maps = {layer: outputs.maps[layer][0] for layer in layers}
        hidden = None if outputs.hidden is None else outputs.hidden[0]
        (prediction,) = _predictions(outputs)
        if explain or prediction.is_digit or prediction.is_blank:
            prediction = self._explain(prediction, canvas, strokes)
        else:
            prediction = replace(prediction, reason=RefusalReason.NOT_A_DIGIT)
        return PredictionWithMaps(prediction, maps, hidden)


def _check_several(values: object, name: str) -> None:
    if isinstance(values, str | bytes) or not isinstance(values, Iterable):
        raise MnistCoreError(f"{name} must be a list, got {type(values).__name__}")


def _grey_levels(canvases: np.ndarray) -> np.ndarray:
    """Return canvases of floats in [0, 1] as uint8: 256 grey levels, as strokes are drawn with."""
    return np.rint(255 * canvases).clip(0, 255).astype(np.uint8)


def _predictions(outputs: CanvasOutputs) -> list[Prediction]:
    rows = zip(
        outputs.probabilities,
        outputs.frame,
        outputs.blank.tolist(),
        outputs.digit_score.tolist(),
        strict=True,
    )
    return [
        Prediction(p, None if blank else int(p.argmax()), float(p.max()), frame, blank, score)
        for p, frame, blank, score in rows
    ]


def check_unit(values: np.ndarray, name: str) -> None:
    """Raise MnistCoreError if values are not numbers in [0, 1]."""
    if not np.issubdtype(values.dtype, np.floating):
        raise MnistCoreError(f"{name} has dtype {values.dtype}; give floats in [0, 1]")
    if not (np.isfinite(values).all() and values.min() >= 0 and values.max() <= 1):
        raise MnistCoreError(f"{name} must be finite and lie in [0, 1]")
