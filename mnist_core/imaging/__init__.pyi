from .images import open_picture, to_grey
from .normalize import fit_canvas, fit_frame, is_dot, set_thickness
from .rasterize import check_strokes, draw_strokes
from .segment import find_ink

__all__ = [
    "check_strokes",
    "draw_strokes",
    "find_ink",
    "fit_canvas",
    "fit_frame",
    "is_dot",
    "open_picture",
    "set_thickness",
    "to_grey",
]
