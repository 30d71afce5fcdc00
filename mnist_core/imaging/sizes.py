"""Sizes of the frame, of the ink canvas and of the grid. Imports no torch."""

FRAME_SIZE = 28
DIGIT_SIZE = 20.0
"""Longest side of the digit in the frame, in frame pixels."""

SCALE = 2
"""Ink pixels per frame pixel on the canvas where strokes are drawn and thickness is set."""

CANVAS_SIZE = SCALE * FRAME_SIZE
CANVAS_DIGIT = SCALE * DIGIT_SIZE

GRID = 80
"""Cells along the longest side of a picture, on which its regions are looked for."""
