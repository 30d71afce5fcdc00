"""JSON files as typed models: the one place where the project reads and writes them."""

import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from mnist_core.errors import MnistCoreError
from mnist_core.utils.files import write_atomic

MAX_JSON_BYTES = 16 * 2**20
"""Larger files are refused unread; the largest that the project writes is about 1 MiB."""


class DamagedFileError(MnistCoreError):
    """A file does not hold what it should; the message names the file and the reason."""


class MissingFileError(DamagedFileError):
    """There is no such file."""


class JsonModel(BaseModel):
    """Base of models that are stored as JSON: immutable, unknown keys ignored, finite numbers."""

    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


Model = TypeVar("Model", bound=BaseModel)


def read_json(path: Path, model: type[Model], *, limit: int = MAX_JSON_BYTES) -> Model:
    """Read a JSON file into a model.

    Never blocks and never reads more than `limit` bytes, whatever the path is: a FIFO, a device
    and a directory are refused.

    Parameters
    ----------
    path : Path
    model : type of pydantic model
        Give it `allow_inf_nan=False`, as `JsonModel` has: JSON's 1e999 is infinite.
    limit : int
        Largest file that is read, in bytes.

    Raises
    ------
    MissingFileError
        If there is no such file.
    DamagedFileError
        If it cannot be read, is no regular file, too large, not UTF-8 JSON, nested too deep, or
        its values are not the model's.
    """
    content = read_regular_file(path, limit)
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        raise DamagedFileError(f"{path}: this file is damaged ({describe_error(error)})") from None


def describe_error(error: ValidationError) -> str:
    """Return the first problem of a pydantic error as text: the field and what is wrong with it."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = ".".join(map(str, first["loc"]))
    return f"{where}: {problem_text(first)}" if where else problem_text(first)


def problem_text(problem: Mapping[str, Any]) -> str:
    """Return what is wrong with a value; `problem` is one of those of a pydantic error."""
    return str(problem["ctx"]["error"]) if problem["type"] == "value_error" else problem["msg"]


def write_json(path: Path, model: BaseModel) -> None:
    """Write a model as JSON, atomically. Raises MnistCoreError if it cannot be written."""
    write_atomic(path, model.model_dump_json(indent=2) + "\n")


def read_regular_file(path: Path, limit: int) -> bytes:
    """Return the content of a regular file of at most `limit` bytes; never blocks.

    Raises
    ------
    MissingFileError
        If there is no such file.
    DamagedFileError
        If it cannot be read, is no regular file, or is larger.
    """
    # without O_NONBLOCK, opening a FIFO would wait for a writer
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        with os.fdopen(os.open(path, flags), "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise DamagedFileError(f"{path}: this file is damaged (not a regular file)")
            content = file.read(limit + 1) if status.st_size <= limit else b""
    except FileNotFoundError:
        raise MissingFileError(f"{path}: there is no such file") from None
    except (OSError, ValueError) as error:
        if isinstance(error, MnistCoreError):
            raise
        reason = getattr(error, "strerror", None) or error
        raise DamagedFileError(f"{path}: cannot be read ({reason})") from error
    if max(len(content), status.st_size) > limit:
        raise DamagedFileError(f"{path}: this file is damaged (larger than {limit:,} bytes)")
    return content
