"""Generated pictures of pen strokes, as people photograph, scan and crop them.

Every function of `KINDS` draws one drawing as a picture of one kind: `KINDS[name](strokes, rng)`.
"""

from mnist_core.evaluation.pictures.kinds import KINDS, Kind
from mnist_core.evaluation.pictures.layers import Drawing
from mnist_core.evaluation.pictures.rows import draw_row

__all__ = ["KINDS", "Drawing", "Kind", "draw_row"]
