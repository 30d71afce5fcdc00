"""The functions that the page calls on the server. They keep no state between calls."""

import functools
import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any, ParamSpec

import numpy as np
from PIL import Image

from mnist_core import MnistCoreError, Prediction, PredictionWithMaps, ReadDigit
from mnist_core.imaging.images import PictureError, open_picture
from mnist_core.inference.base_classifier import BaseClassifier
from mnist_core.inference.prediction import RefusalReason
from pad.capacity import BusyError, PictureCapacity
from pad.files import graph_url
from pad.limits import Limits
from pad.model_registry import ModelNotFoundError, ModelRegistry, UnusableModelError
from pad.payload import (
    CanvasesRequest,
    InkRequest,
    KernelRequest,
    ModelRequest,
    PictureRequest,
    encode_prediction_with_maps,
    encode_probabilities,
    encode_row,
    parse_request,
)

P = ParamSpec("P")


def errors_to_json(function: Callable[P, dict[str, Any]]) -> Callable[P, dict[str, Any]]:
    """Return errors that the user can correct as JSON, instead of a bare status 500."""

    @functools.wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> dict[str, Any]:
        try:
            return function(*args, **kwargs)
        except ModelNotFoundError as error:
            return {"error": str(error), "stale": True, "gone": True}
        except UnusableModelError as error:
            return {"error": str(error), "stale": True}
        except PictureError as error:
            size = {"size": list(error.size)} if error.size else {}
            return {"error": str(error), "problem": error.problem, **size}
        except BusyError as error:
            return {"error": str(error), "busy": True}
        except MnistCoreError as error:
            return {"error": str(error)}

    return wrapped


class ServerFunctions:
    """What the page calls: each takes one JSON object, described by a model in `pad.payload`.

    Each returns one as well. Input that cannot be used gives `{"error": message}`; for a picture,
    `problem` says in one word what is wrong with it, and `size` its width and height where they
    are. With `"stale": true` the model is not the one that the page knows: its weights were
    replaced since `version`, they are damaged, or, with `"gone": true` as well, it is not offered;
    `describe_model` then returns the present state. With `"busy": true` the capacity for pictures
    is used up: asking again later helps.
    """

    def __init__(self, registry: ModelRegistry, capacity: PictureCapacity, limits: Limits) -> None:
        self._registry = registry
        self._capacity = capacity
        self._limits = limits

    @errors_to_json
    def classify_ink(self, data: Any) -> dict[str, Any]:
        """InkRequest -> digit, refusal, probabilities, frame, maps.

        If the strokes are a row of digits, `row` has them with their boxes, and the rest is about
        the one that is looked at. `explained` is false for a refusal whose reason was not asked
        for.
        """
        request = parse_request(data, InkRequest, self._limits)
        classifier = self._classifier(request)
        flat = [np.array(stroke[: len(stroke) // 2 * 2]) for stroke in request.strokes]
        strokes = [stroke.reshape(-1, 2) for stroke in flat]
        result = classifier.classify_ink_with_maps(
            request.ink, request.layers, strokes, explain=request.explain
        )
        row = read_row(classifier, result.prediction, strokes)
        explained = request.explain or bool(row) or not _may_be_several(result.prediction)
        return {**_encode(classifier, request, result, row), "explained": explained}

    @errors_to_json
    def classify_picture(self, data: Any) -> dict[str, Any]:
        """PictureRequest -> as classify_ink, from the pixels of a picture file."""
        request = parse_request(data, PictureRequest, self._limits)
        classifier = self._classifier(request)
        with self._capacity.reading():
            picture = open_picture(io.BytesIO(request.picture), self._limits.max_picture_side)
            result = classifier.classify_with_maps(picture, request.layers)
            row = read_row(classifier, result.prediction, picture)
        return {**_encode(classifier, request, result, row), "size": list(picture.size)}

    @errors_to_json
    def describe_model(self, data: Any) -> dict[str, Any]:
        """ModelRequest -> the models offered; this one's version, architecture, stages, sizes."""
        name = parse_request(data, ModelRequest).model
        version, classifier = self._registry.get_with_version(name)
        calibration = classifier.card.calibration
        return {
            "models": self._registry.names(),
            "version": version,
            "graph": {
                "url": graph_url(name, classifier),
                "refuses": calibration is not None and calibration.can_refuse,
            },
            "architecture": classifier.architecture,
            "parameters": classifier.parameters,
            "stages": [
                {
                    "name": stage,
                    "shape": classifier.stage_shape(stage),
                    "parameters": classifier.stage_parameters(stage),
                    "field": classifier.receptive_field(stage)._asdict(),
                }
                for stage in classifier.stages
            ],
            "head": classifier.head_sizes(),
            "head_parameters": classifier.head_parameters(),
            "accuracy": classifier.card.accuracy("test"),
            "members": max(1, len(classifier.card.members)),
            "cards": self._registry.cards(),
        }

    @errors_to_json
    def classify_canvases(self, data: Any) -> dict[str, Any]:
        """CanvasesRequest -> ten probabilities and the digit score of each canvas."""
        request = parse_request(data, CanvasesRequest)
        found = self._classifier(request).classify_canvases(request.canvases)
        return {
            "probabilities": [encode_probabilities(one) for one in found],
            "digit_scores": [round(one.digit_score, 5) for one in found],
        }

    @errors_to_json
    def kernel(self, data: Any) -> dict[str, Any]:
        """KernelRequest -> the kernel (in, height, width) that computes one feature map."""
        request = parse_request(data, KernelRequest)
        kernels = self._classifier(request).kernels(request.layer)
        if request.channel >= len(kernels):
            raise MnistCoreError(f"channel {request.channel} is not in 0 to {len(kernels) - 1}")
        weights = kernels[request.channel]
        return {"shape": list(weights.shape), "weights": weights.round(4).ravel().tolist()}

    def _classifier(self, request: ModelRequest) -> BaseClassifier:
        version, classifier = self._registry.get_with_version(request.model)
        if request.version not in (None, version):
            raise UnusableModelError("the model was replaced; ask for its description")
        return classifier


def server_functions(
    registry: ModelRegistry,
    capacity: PictureCapacity | None = None,
    limits: Limits | None = None,
) -> list[Callable[[Any], dict[str, Any]]]:
    """Return the functions of `ServerFunctions`, for `pad.function_route`."""
    limits = limits or Limits()
    page = ServerFunctions(registry, capacity or PictureCapacity(limits), limits)
    return [
        page.classify_ink,
        page.classify_picture,
        page.classify_canvases,
        page.describe_model,
        page.kernel,
    ]


def read_row(
    classifier: BaseClassifier, prediction: Prediction, drawing: Image.Image | list[np.ndarray]
) -> list[ReadDigit]:
    """Return the digits of a drawing that is no single digit; empty unless it is a row of them.

    Most of a row are digits; of other drawings, such as words, only a few parts look like one.
    """
    if prediction.is_digit or prediction.is_blank:
        return []
    if isinstance(drawing, list) and len(drawing) < 2:
        return []
    row = classifier.read_digits(drawing)
    accepted = sum(digit.prediction.is_digit for digit in row)
    return row if len(row) > 1 and accepted > len(row) / 2 else []


def _encode(
    classifier: BaseClassifier,
    request: InkRequest | PictureRequest,
    result: PredictionWithMaps,
    row: list[ReadDigit],
) -> dict[str, Any]:
    if not row:
        return encode_prediction_with_maps(result)
    newest = max(range(len(row)), key=lambda index: max(row[index].strokes, default=-1))
    looked_at = newest if request.digit is None else min(request.digit, len(row) - 1)
    digit = row[looked_at]
    seen = classifier.classify_ink_with_maps(digit.ink, request.layers, explain=False)
    return {
        **encode_prediction_with_maps(replace(seen, prediction=digit.prediction)),
        "row": encode_row(row, looked_at),
    }


def _may_be_several(prediction: Prediction) -> bool:
    return prediction.reason is RefusalReason.NOT_A_DIGIT
