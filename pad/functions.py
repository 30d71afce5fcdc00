"""The functions that the page calls on the server. They keep no state between calls."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from typing import Any

from mnist_core import Classifier, MnistCoreError
from mnist_core.imaging.images import open_picture
from pad.library import Library, NotOffered, Unusable
from pad.payload import decode_ink, decode_picture, encode_reading, field


def server_functions(library: Library) -> list[Callable[[Any], dict[str, Any]]]:
    """Return the functions for `gr.HTML(server_functions=...)`.

    Each takes one object and returns one; input that cannot be used comes back as
    `{"error": message}`, so that the page can say it. With `"stale": true` the model is not what
    the caller takes it for: `version` is given and other weights have taken their place, they are
    damaged, or, with `"gone": true` too, there is no such model (any more). `describe` tells.
    """

    @_said
    def read_ink(data: Any) -> dict[str, Any]:
        """{model, ink, layers, version?} -> digit, probabilities, frame, maps."""
        classifier = _asked(library, data)
        ink = decode_ink(field(data, "ink", str))
        return encode_reading(classifier.read_ink(ink, _layers(data)))

    @_said
    def read_picture(data: Any) -> dict[str, Any]:
        """{model, picture, layers, version?} -> as read_ink, by the raster road."""
        classifier = _asked(library, data)
        file = io.BytesIO(decode_picture(field(data, "picture", str)))
        return encode_reading(classifier.read_image(open_picture(file), _layers(data)))

    @_said
    def describe(data: Any) -> dict[str, Any]:
        """{model} -> the models on offer; this one's version, architecture, stages and sizes."""
        version, classifier = library.versioned(field(data, "model", str))
        return {
            "models": library.names(),
            "version": version,
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
        """{model, layer, channel, version?} -> the kernel (in, height, width) behind one map."""
        classifier = _asked(library, data)
        kernels = classifier.kernels(field(data, "layer", str))
        channel = field(data, "channel", int)
        if not 0 <= channel < len(kernels):
            raise MnistCoreError(f"channel {channel} is not in 0 to {len(kernels) - 1}")
        weights = kernels[channel]
        return {"shape": list(weights.shape), "weights": weights.round(4).ravel().tolist()}

    return [read_ink, read_picture, describe, kernel]


class _Replaced(Unusable):
    """Other weights lie under the model's name than those that the caller knows."""


def _asked(library: Library, data: Any) -> Classifier:
    """Return the classifier that is asked for."""
    version, classifier = library.versioned(field(data, "model", str))
    if "version" in data and field(data, "version", str) != version:
        raise _Replaced("the model was replaced; ask what it looks like now")
    return classifier


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
        except NotOffered as error:
            return {"error": str(error), "stale": True, "gone": True}
        except Unusable as error:
            return {"error": str(error), "stale": True}
        except MnistCoreError as error:
            return {"error": str(error)}

    return wrapped
