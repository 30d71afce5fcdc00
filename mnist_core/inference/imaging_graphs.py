"""The exported steps from pictures and ink to canvases: names of inputs and outputs.

No model is part of them. Imports no torch: programs that run graphs read this.
"""

from typing import NamedTuple

CANVAS, GREY, CELLS, CHOSEN, INK = "canvas", "grey", "cells", "chosen", "ink"


class GraphNames(NamedTuple):
    """The names of a graph's inputs and outputs."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


FIND_INK = "find_ink"
"""grey float32 (H, W) in [0, 1], sides of 8 to 512 -> canvas uint8 (1, 1, 56, 56)."""

FIND_PARTS = "find_parts"
"""grey, cells (G,) -> the regions of a row of digits.

G is the number of cells along the longer side (`digit_row.grid_size`), the values of cells do not
matter. kept bool (K,) says which regions are parts of digits, sides float32 (K, 4) are their left,
top, right and bottom in cells, step float32 () is the pixels per cell, and found bool (1,) is False
for a blank. `DRAW_PARTS` takes the others as they are.
"""

DRAW_PARTS = "draw_parts"
"""grey, chosen bool (N, K), and outputs of `FIND_PARTS` -> ink float32 (N, 56, 56) in [0, 1]."""

FIT_INK = "fit_ink"
"""ink float32 (N, 56, 56) -> fitted, the same on canvases; centre (y, x), sides (N, 2) it had."""

MAKE_FRAME = "make_frame"
"""canvas uint8 (N, 1, 56, 56) -> frame float32 (N, 1, 28, 28) in [0, 1], blank bool (N,).

It is the first part of every model's graph.
"""

PARTS = ("sides", "step", "found", "number", "paper", "foreign", "sign")
"""Outputs of `FIND_PARTS` that `DRAW_PARTS` takes."""

GRAPHS: dict[str, GraphNames] = {
    FIND_INK: GraphNames((GREY,), (CANVAS,)),
    FIND_PARTS: GraphNames((GREY, CELLS), ("kept", *PARTS)),
    DRAW_PARTS: GraphNames((GREY, CHOSEN, *PARTS), (INK,)),
    FIT_INK: GraphNames((INK,), ("fitted", "centre", "sides")),
    MAKE_FRAME: GraphNames((CANVAS,), ("frame", "blank")),
}
