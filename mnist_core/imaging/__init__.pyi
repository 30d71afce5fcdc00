from .digit_row import FoundDigit, find_digits
from .images import open_picture, to_grey
from .normalize import fit_canvas, fit_frame, is_dot, set_thickness
from .rasterize import check_strokes, draw_strokes
from .segment import find_ink

__all__ = [
    "FoundDigit",
    "check_strokes",
    "draw_strokes",
    "find_digits",
    "find_ink",
    "fit_canvas",
    "fit_frame",
    "is_dot",
    "open_picture",
    "set_thickness",
    "to_grey",
]
