"""Real pen strokes, for evaluation only: nothing is trained on them.

Source: Alpaydin and Alimoglu 1998, Pen-Based Recognition of Handwritten Digits, UCI (the file
pendigits-orig.tra.gz, UNIPEN text).
"""

import gzip
import os
import zlib
from pathlib import Path

import numpy as np

from mnist_core.errors import MnistCoreError
from mnist_core.utils.json_files import MissingFileError
from mnist_core.utils.text import single_line

_LABELS = list("0123456789")


def read_pendigits(path: str | os.PathLike[str]) -> list[tuple[int, list[np.ndarray]]]:
    """Return (label, strokes) for every digit; strokes are (N, 2) float arrays, y downwards.

    Raises
    ------
    MnistCoreError
        If the file cannot be read as such; a `MissingFileError` if there is none.
    """
    digits: list[tuple[int, list[np.ndarray]]] = []
    try:
        with gzip.open(Path(path), "rt", encoding="ascii", errors="replace") as lines:
            positions: list[list[str]] = []
            pen_down = False
            for line in lines:
                if not line.startswith("."):
                    if pen_down and (words := line.split()):
                        positions.append(words)
                elif line.startswith(".SEGMENT DIGIT"):
                    digits.append((_LABELS.index(line.split('"')[1]), []))
                elif line.startswith(".PEN_DOWN"):
                    positions, pen_down = [], True
                elif line.startswith(".PEN_UP"):
                    if positions:
                        digits[-1][1].append(_stroke(positions))
                    pen_down = False
    except FileNotFoundError:
        raise MissingFileError(f"{path}: there is no such file") from None
    except (OSError, EOFError, zlib.error, ValueError, IndexError) as error:
        raise MnistCoreError(
            f"{path}: not UCI's pendigits-orig.tra.gz ({single_line(str(error), 200)}); "
            "download it again"
        ) from error
    return [(label, strokes) for label, strokes in digits if strokes]


def _stroke(positions: list[list[str]]) -> np.ndarray:
    """Convert the words of each line, x and y; the tablet's box is 500 x 500, its y grows upwards.

    Raises ValueError for a line that is not two finite numbers.
    """
    if any(len(words) != 2 for words in positions):
        raise ValueError("a line is not a position of two numbers")
    points = np.array([(float(x), 500 - float(y)) for x, y in positions])
    if not np.isfinite(points).all():
        wrong = positions[int(np.argmin(np.isfinite(points).all(1)))]
        raise ValueError(f"a position is not a finite number: {' '.join(wrong)[:40]}")
    return points
