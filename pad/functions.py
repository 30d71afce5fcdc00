"""The functions that the page calls on the server. They keep no state between calls."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from typing import Any

from mnist_core import MnistCoreError
from mnist_core.pictures import open_picture
from pad.library import Library
from pad.payload import decode_ink, decode_picture, encode_reading, field


def server_functions(library: Library) -> list[Callable[[Any], dict[str, Any]]]:
    """Return the functions for `gr.HTML(server_functions=...)`.

    Each takes one object and returns one; input that cannot be used comes back as
    `{"error": message}`, so that the page can say it.
    """

    @_said
    def read_ink(data: Any) -> dict[str, Any]:
        """{model, ink, layers} -> digit, probabilities, frame, maps."""
        classifier = library.get(field(data, "model", str))
        ink = decode_ink(field(data, "ink", str))
        return encode_reading(classifier.read_ink(ink, _layers(data)))

    @_said
    def read_picture(data: Any) -> dict[str, Any]:
        """{model, picture, layers} -> as read_ink, by the raster road."""
        classifier = library.get(field(data, "model", str))
        file = io.BytesIO(decode_picture(field(data, "picture", str)))
        return encode_reading(classifier.read_image(open_picture(file), _layers(data)))

    @_said
    def describe(data: Any) -> dict[str, Any]:
        """{model} -> the models on offer, and this one's architecture, stages and sizes."""
        classifier = library.get(field(data, "model", str))
        return {
            "models": library.names(),
            "architecture": classifier.architecture,
            "parameters": sum(layer.parameters for layer in classifier.shapes),
            "stages": [
                {"name": stage, "shape": classifier.stage_shape(stage)}
                for stage in classifier.stages
            ],
            "head": classifier.head_sizes(),
        }

    @_said
    def kernel(data: Any) -> dict[str, Any]:
        """{model, layer, channel} -> the kernel (in, height, width) behind one feature map."""
        classifier = library.get(field(data, "model", str))
        kernels = classifier.kernels(field(data, "layer", str))
        channel = field(data, "channel", int)
        if not 0 <= channel < len(kernels):
            raise MnistCoreError(f"channel {channel} is not in 0 to {len(kernels) - 1}")
        weights = kernels[channel]
        return {"shape": list(weights.shape), "weights": weights.round(4).ravel().tolist()}

    return [read_ink, read_picture, describe, kernel]


def _layers(data: dict[str, Any]) -> list[str]:
    layers = field(data, "layers", list)
    if len(layers) > 16 or not all(isinstance(layer, str) for layer in layers):
        raise MnistCoreError("layers must be a short list of layer names")
    return layers


def _said(function: Callable[[Any], dict[str, Any]]) -> Callable[[Any], dict[str, Any]]:
    """Hand errors that the user can mend to the page, instead of a bare 500."""

    @functools.wraps(function)
    def wrapped(data: Any) -> dict[str, Any]:
        try:
            return function(data)
        except MnistCoreError as error:
            return {"error": str(error)}

    return wrapped
