"""What the page and the server exchange: requests are validated, responses are compact JSON."""

import base64
import binascii
from collections.abc import Sequence
from typing import Annotated, Any, Literal, TypeVar

import numpy as np
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from mnist_core import MnistCoreError, Prediction, PredictionWithMaps, ReadDigit
from mnist_core.imaging.rasterize import INK_SIZE
from mnist_core.utils.json_files import describe_error
from pad.limits import Limits


def _decode_base64(text: object, limit: int) -> bytes:
    if not isinstance(text, str):
        raise ValueError("give it as a base64 string")
    if len(text) > 4 * (limit // 3 + 1):
        raise ValueError(f"too large; the limit is {limit:,} bytes")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"not base64 ({error})") from error


def _decode_ink(text: object) -> np.ndarray:
    pixels = _decode_base64(text, INK_SIZE * INK_SIZE)
    if len(pixels) != INK_SIZE * INK_SIZE:
        raise ValueError(f"{len(pixels)} bytes; give {INK_SIZE} x {INK_SIZE}")
    return np.frombuffer(pixels, dtype=np.uint8).reshape(INK_SIZE, INK_SIZE)


def _decode_picture(text: object, info: ValidationInfo) -> bytes:
    return _decode_base64(text, _limits_of(info).max_picture_bytes)


def _limits_of(info: ValidationInfo) -> Limits:
    return info.context if isinstance(info.context, Limits) else Limits()


Name = Annotated[str, Field(max_length=100)]
Position = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]


class ModelRequest(BaseModel):
    """A model, and the version of it that the page knows (None: any)."""

    model_config = ConfigDict(strict=True, frozen=True)

    model: Name
    version: Name | None = None


class KernelRequest(ModelRequest):
    """One kernel of one layer."""

    layer: Name
    channel: Annotated[int, Field(ge=0)]


class _ClassifyRequest(ModelRequest):
    layers: Annotated[list[Name], Field(max_length=16)]
    """Stages whose feature maps are returned."""
    digit: Annotated[int, Field(ge=0)] | None = None
    """The digit of a row that the user looks at; by default the one with the last stroke."""


class InkRequest(_ClassifyRequest):
    """A drawing as its ink canvas: (56, 56) uint8, light ink on dark, sent as base64."""

    ink: Annotated[np.ndarray, PlainValidator(_decode_ink)]
    strokes: list[list[Position]] = []
    """The strokes as [x0, y0, x1, y1, ...], if the drawing may be a row of digits."""
    explain: bool = True
    """Whether a refusal is explained, which takes ten times as long as the rest."""

    @field_validator("strokes", mode="before")
    @classmethod
    def _bound_work(cls, strokes: object, info: ValidationInfo) -> object:
        limits = _limits_of(info)
        given = strokes if isinstance(strokes, list) else []
        lengths = [len(stroke) for stroke in given if isinstance(stroke, list)]
        for count, most, what in (
            (len(given), limits.max_strokes, "strokes"),
            (max(lengths, default=0), limits.max_stroke_numbers, "numbers in a stroke"),
            (sum(lengths), limits.max_drawing_numbers, "numbers in all strokes"),
        ):
            if count > most:
                raise ValueError(f"{count:,} {what}; give at most {most:,}")
        return strokes


MAX_CANVASES = 256
"""Most ink canvases of a request."""


def _decode_canvases(text: object) -> np.ndarray:
    area = INK_SIZE * INK_SIZE
    pixels = _decode_base64(text, MAX_CANVASES * area)
    if not pixels or len(pixels) % area:
        raise ValueError(f"{len(pixels)} bytes; give N x {INK_SIZE} x {INK_SIZE}")
    return np.frombuffer(pixels, dtype=np.uint8).reshape(-1, INK_SIZE, INK_SIZE)


class CanvasesRequest(ModelRequest):
    """Variants of one drawing as ink canvases (N, 56, 56), N <= 256, sent as base64."""

    canvases: Annotated[np.ndarray, PlainValidator(_decode_canvases)]


class PictureRequest(_ClassifyRequest):
    """A picture file, sent as base64."""

    picture: Annotated[bytes, PlainValidator(_decode_picture)]


Request = TypeVar("Request", bound=ModelRequest)


def parse_request(data: Any, kind: type[Request], limits: Limits | None = None) -> Request:
    """Return a validated request; `limits` are by default `Limits()`.

    Raises
    ------
    MnistCoreError
        If data is not of that kind; the message names the first field that is wrong.
    """
    try:
        return kind.model_validate(data, context=limits)
    except ValidationError as error:
        raise MnistCoreError(f"the request is not valid: {describe_error(error)}") from None


def encode_prediction_with_maps(result: PredictionWithMaps) -> dict[str, Any]:
    """Return a prediction and its maps as JSON types; pictures are base64 of one byte per pixel."""
    return {
        **encode_prediction(result.prediction),
        "frame": _encode_bytes(result.prediction.frame, 1.0),
        "maps": {layer: _encode_maps(maps) for layer, maps in result.maps.items()},
        "hidden": None if result.hidden is None else _encode_hidden(result.hidden),
    }


def encode_row(row: Sequence[ReadDigit], looked_at: int) -> dict[str, Any]:
    """Return the digits of a row with their boxes, and the index of the one that is looked at."""
    return {
        "looked_at": looked_at,
        "digits": [
            {
                "digit": found.prediction.digit,
                "is_digit": found.prediction.is_digit,
                "box": [round(float(side), 1) for side in found.box],
            }
            for found in row
        ],
    }


class PredictionAnswer(BaseModel):
    """What `encode_prediction` returns, for the schema of the MCP tool."""

    model_config = ConfigDict(extra="forbid")

    digit: Annotated[int, Field(ge=0, le=9)] | None = Field(
        description="the most probable digit; null for a blank picture"
    )
    is_digit: bool = Field(description="whether it is accepted as a single digit")
    digit_score: float = Field(ge=0, le=1, description="probability of a single digit")
    reason: Literal["blank", "not a digit", "several digits"] | None = Field(
        description="of a refusal; null for a digit"
    )
    close: list[int] = Field(
        max_length=2, description="the two most probable digits where neither is clearly ahead"
    )
    blank: bool = Field(description="whether the picture has no ink")
    probabilities: list[float] = Field(
        min_length=10, max_length=10, description="of the digits 0 to 9; they sum to 1"
    )


def encode_prediction(prediction: Prediction) -> dict[str, Any]:
    """Return digit, refusal, close call, blank and the ten probabilities as JSON types."""
    return {
        "digit": prediction.digit,
        "is_digit": prediction.is_digit,
        "digit_score": round(prediction.digit_score, 5),
        "reason": prediction.reason and prediction.reason.value,
        "close": list(prediction.close_call or ()),
        "blank": prediction.is_blank,
        "probabilities": encode_probabilities(prediction),
    }


def encode_probabilities(prediction: Prediction) -> list[float]:
    """Return the ten probabilities as numbers of JSON."""
    return [round(float(p), 6) for p in prediction.probabilities]


def _encode_maps(maps: np.ndarray) -> dict[str, Any]:
    """Scale a layer's maps (channels, H, W) by one factor, so that they can be compared."""
    peaks = maps.max(axis=(1, 2)).astype(np.float64)
    top = max(float(peaks.max()), 1e-6)
    return {
        "shape": list(maps.shape),
        "top": round(top, 3),
        "peaks": peaks.round(3).tolist(),
        "pixels": _encode_bytes(maps, top),
    }


def _encode_hidden(hidden: np.ndarray) -> dict[str, Any]:
    """Return the hidden layer as maps of one pixel; negative activations count as their amount."""
    return _encode_maps(np.abs(hidden)[:, None, None])


def _encode_bytes(values: np.ndarray, top: float) -> str:
    """Return values in [0, top] as base64 of bytes in [0, 255]."""
    greys = (values * (255 / top) + 0.5).astype(np.uint8)
    return base64.b64encode(greys.tobytes()).decode("ascii")
