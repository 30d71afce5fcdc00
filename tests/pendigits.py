"""Real pen strokes (Alpaydin and Alimoglu 1998, UCI pendigits), for tests and benchmarks."""

from __future__ import annotations

import gzip
import os
from pathlib import Path

import numpy as np

PENDIGITS = Path(
    os.environ.get("PENDIGITS")
    or Path(__file__).parents[1] / "../shared/data/pendigits/pendigits-orig.tra.gz"
)


def load_pendigits(path: Path = PENDIGITS) -> list[tuple[int, list[np.ndarray]]]:
    """Return (label, strokes) for every digit; strokes are (N, 2) float arrays, y downwards.

    The file is UNIPEN text in a box of 500 x 500 with y upwards.
    """
    digits: list[tuple[int, list[np.ndarray]]] = []
    points: list[tuple[float, float]] = []
    pen_down = False
    with gzip.open(path, "rt", encoding="ascii", errors="replace") as lines:
        for line in lines:
            if line.startswith(".SEGMENT DIGIT"):
                digits.append((int(line.split('"')[1]), []))
            elif line.startswith(".PEN_DOWN"):
                points, pen_down = [], True
            elif line.startswith(".PEN_UP"):
                if points:
                    digits[-1][1].append(np.array(points, dtype=np.float64))
                pen_down = False
            elif pen_down and line.strip() and not line.startswith("."):
                x, y = line.split()
                points.append((float(x), 500 - float(y)))
    return [(label, strokes) for label, strokes in digits if strokes]
