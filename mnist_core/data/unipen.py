"""UNIPEN's pen strokes, for validation only: nothing is trained on them.

Source: Guyon et al. 1994, "UNIPEN project of on-line data exchange and recognizer benchmarks";
the training set train_r01_v07, sections 1a, 1b and 1c, as one JSON object a line.
"""

import gzip
import json
import os
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mnist_core.errors import MnistCoreError
from mnist_core.utils.json_files import MissingFileError
from mnist_core.utils.text import single_line


class PenDrawing(NamedTuple):
    """One drawing: who wrote it, what it is ("0" to "9", or a letter), and its strokes.

    Strokes are float64 arrays (N, 2) of (x, y), y downwards, in the tablet's own unit.
    """

    writer: int
    label: str
    strokes: list[np.ndarray]


def read_unipen(path: str | os.PathLike[str]) -> list[PenDrawing]:
    """Return the drawings of a gzip file of JSON lines, in the file's order.

    A line is {"writer": 17, "label": "4", "strokes": [[x0, y0, x1, y1, ...], ...]}.

    Raises
    ------
    MnistCoreError
        If the file cannot be read as such; the message names the line. A `MissingFileError` if
        there is none.
    """
    drawings = []
    number = 0
    try:
        with gzip.open(Path(path), "rt", encoding="utf-8") as lines:
            for line in lines:
                number += 1
                if line.strip():
                    drawings.append(_parse(json.loads(line)))
    except FileNotFoundError:
        raise MissingFileError(f"{path}: there is no such file") from None
    except (
        OSError, EOFError, zlib.error, ValueError, KeyError, TypeError, RecursionError,
        OverflowError,
    ) as error:  # fmt: skip
        raise MnistCoreError(
            f"{path}: not UNIPEN drawings as JSON lines in gzip, line {max(number, 1)} "
            f"({single_line(str(error), 200)}); copy it again"
        ) from error
    return drawings


def read_unipen_digits(path: str | os.PathLike[str]) -> list[tuple[int, list[np.ndarray]]]:
    """Return (label, strokes) for every digit, as `read_pendigits` does; letters are left out.

    Raises MnistCoreError as `read_unipen` does.
    """
    return [
        (int(drawing.label), drawing.strokes)
        for drawing in read_unipen(path)
        if drawing.label in tuple("0123456789")
    ]


def _parse(row: Any) -> PenDrawing:
    strokes = [np.array(stroke, np.float64).reshape(-1, 2) for stroke in row["strokes"]]
    strokes = [stroke for stroke in strokes if len(stroke)]
    if not strokes or not isinstance(row["label"], str):
        raise ValueError("a drawing without strokes or without a label")
    if not all(np.isfinite(stroke).all() for stroke in strokes):
        raise ValueError("a position is not a finite number")
    return PenDrawing(int(row["writer"]), row["label"], strokes)
