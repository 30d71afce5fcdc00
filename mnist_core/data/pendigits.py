"""Real pen strokes, for evaluation only: nothing is trained on them.

Source: Alpaydin and Alimoglu 1998, Pen-Based Recognition of Handwritten Digits, UCI (the file
pendigits-orig.tra.gz, UNIPEN text).
"""

import gzip
import math
import os
import zlib
from pathlib import Path

import numpy as np

from mnist_core.errors import MnistCoreError
from mnist_core.utils.text import single_line

_LABELS = list("0123456789")


def read_pendigits(path: str | os.PathLike[str]) -> list[tuple[int, list[np.ndarray]]]:
    """Return (label, strokes) for every digit; strokes are (N, 2) float arrays, y downwards.

    Raises
    ------
    MnistCoreError
        If the file cannot be read as such.
    """
    digits: list[tuple[int, list[np.ndarray]]] = []
    try:
        with gzip.open(Path(path), "rt", encoding="ascii", errors="replace") as lines:
            points: list[tuple[float, float]] = []
            pen_down = False
            for line in lines:
                if line.startswith(".SEGMENT DIGIT"):
                    digits.append((_LABELS.index(line.split('"')[1]), []))
                elif line.startswith(".PEN_DOWN"):
                    points, pen_down = [], True
                elif line.startswith(".PEN_UP"):
                    if points:
                        digits[-1][1].append(np.array(points, dtype=np.float64))
                    pen_down = False
                elif pen_down and line.strip() and not line.startswith("."):
                    x, y = line.split()
                    # the tablet's box is 500 x 500, and its y grows upwards
                    points.append((float(x), 500 - float(y)))
                    if not all(map(math.isfinite, points[-1])):
                        raise ValueError(f"a position is not a finite number: {line.strip()[:40]}")
    except (OSError, EOFError, zlib.error, ValueError, IndexError) as error:
        raise MnistCoreError(
            f"{path}: not UCI's pendigits-orig.tra.gz ({single_line(str(error), 200)}); "
            "download it again"
        ) from error
    return [(label, strokes) for label, strokes in digits if strokes]
