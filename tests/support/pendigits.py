"""Where tests and benchmarks find real pen strokes."""

from __future__ import annotations

import os
from pathlib import Path

from mnist_core.data.pendigits import read_pendigits

PENDIGITS = Path(
    os.environ.get("PENDIGITS")
    or Path(__file__).parents[2] / "../shared/data/pendigits/pendigits-orig.tra.gz"
)

__all__ = ["PENDIGITS", "read_pendigits"]
