"""Generated pictures of pen strokes, as people photograph, scan and crop them.

Every function of `KINDS` draws one drawing as a picture of one kind: `KINDS[name](strokes, rng)`.
"""

from .kinds import KINDS, Kind
from .layers import Drawing
from .rows import draw_row

__all__ = ["KINDS", "Drawing", "Kind", "draw_row"]
