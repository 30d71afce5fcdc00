"""The limits on what visitors may send to the pad's server, each with an environment variable."""

import os
from collections.abc import Mapping
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from mnist_core.errors import MnistCoreError
from mnist_core.imaging.images import LARGEST_SIDE

_PREFIX = "DRAWPAD_"


class Limits(BaseModel):
    """What the server takes from visitors; `DRAWPAD_` and the name in capitals is the variable.

    Attributes
    ----------
    max_picture_bytes : int
        Largest picture file, and largest upload.
    max_picture_side : int
        Longest side of a picture, in pixels.
    max_strokes, max_stroke_numbers, max_drawing_numbers : int
        Most strokes of a row of digits, most numbers of a stroke, and of all strokes.
    pictures_at_once : int
        Most pictures that are read at the same time; each may take 250 MB.
    pictures_waiting : int
        Most pictures that wait for it; others are refused as "busy" at once.
    picture_patience : float
        Seconds after which one that waits is refused.
    answers_waiting : int
        Most requests that wait for the network; others are refused as "busy" at once.
    upload_seconds : int
        Age at which uploads to the endpoint are deleted.
    upload_folder_bytes : int
        Disk space of all uploads; while they take more, others are refused.
    header_seconds, body_seconds : float
        Time in which the lines of a request and its body have to arrive.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    max_picture_bytes: int = Field(10 * 2**20, ge=2**10, le=2**28)
    max_picture_side: int = Field(LARGEST_SIDE, ge=64, le=LARGEST_SIDE)
    max_strokes: int = Field(200, ge=2, le=2000)
    max_stroke_numbers: int = Field(4000, ge=4, le=40_000)
    max_drawing_numbers: int = Field(20_000, ge=8, le=200_000)
    pictures_at_once: int = Field(2, ge=1, le=64)
    pictures_waiting: int = Field(8, ge=0, le=1000)
    picture_patience: float = Field(3.0, ge=0, le=60)
    answers_waiting: int = Field(256, ge=0, le=10_000)
    upload_seconds: int = Field(3600, ge=60)
    upload_folder_bytes: int = Field(2**30, ge=2**20)
    header_seconds: float = Field(10.0, ge=1, le=600)
    body_seconds: float = Field(60.0, ge=1, le=3600)

    @property
    def max_body_bytes(self) -> int:
        """Largest request body: the largest picture in base64, and the other fields."""
        return 4 * self.max_picture_bytes // 3 + 4096

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Return the limits that the environment names, else the defaults.

        Raises
        ------
        MnistCoreError
            If a variable is not a number in its range; the message names it.
        """
        variables = {name: f"{_PREFIX}{name.upper()}" for name in cls.model_fields}
        given = {name: environment.get(variable) for name, variable in variables.items()}
        try:
            return cls.model_validate({name: text for name, text in given.items() if text})
        except ValidationError as error:
            first = error.errors()[0]
            variable = variables[str(first["loc"][0])]
            given_text, message = str(first["input"])[:40], str(first["msg"])
            raise MnistCoreError(
                f"{variable} is {given_text!r}; {message[0].lower()}{message[1:]}"
            ) from None
