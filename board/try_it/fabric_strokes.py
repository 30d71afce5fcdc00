"""Convert drawings in the JSON format of Fabric.js, the canvas component's library, to strokes."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_TOLERANCE = 2.0
"""Pixels between a stroke's box and its path: rounding, and curves smaller than their box."""
_DOT = 1.0
"""Pixels: Fabric.js makes a line shorter than this for a pen that did not move."""
_UNSCALED = ("scaleX", "scaleY")
_UNTRANSFORMED = ("angle", "skewX", "skewY", "flipX", "flipY")
_ORIGINS = {"left": 0.0, "top": 0.0, "center": 0.5, "right": 1.0, "bottom": 1.0}


def pen_strokes(drawing: Mapping[str, Any] | None) -> list[np.ndarray] | None:
    """Return the strokes of a drawing that consists of unmoved free-hand strokes only.

    Parameters
    ----------
    drawing : dict or None
        A Fabric.js canvas as JSON: its "objects" of type "path" are strokes.

    Returns
    -------
    list of float64 arrays (N, 2), or None
        Pen positions (x, y), y downwards, in canvas pixels. None if there are other objects, or a
        stroke was moved or transformed: then classify the canvas's image.
    """
    try:
        strokes = [_stroke(one) for one in _objects(drawing)]
    except (AttributeError, KeyError, TypeError, ValueError, IndexError, OverflowError):
        return None  # not a path, or not one made by a pen
    return None if any(stroke is None for stroke in strokes) else strokes


def without_last(drawing: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the drawing without the object that was added last, if there is one."""
    return {**(drawing or {}), "objects": _objects(drawing)[:-1]}


def _objects(drawing: Mapping[str, Any] | None) -> list[Any]:
    objects = (drawing or {}).get("objects")
    return objects if isinstance(objects, list) else []


def _stroke(one: Mapping[str, Any]) -> np.ndarray | None:
    if str(one["type"]).lower() != "path":
        return None
    if any(one.get(name, 1) != 1 for name in _UNSCALED):
        return None
    if any(one.get(name) for name in _UNTRANSFORMED):
        return None
    # a pen's path is M first, Q pen middle, ..., L last: a curve through the midpoints between the
    # pen positions, which are its control points
    commands: Sequence[Sequence[Any]] = one["path"]
    if {command[0] for command in commands} - {"M", "Q", "L"}:
        return None
    pen = np.array([command[1:3] for command in commands], np.float64)
    if not len(pen) or not np.isfinite(pen).all():
        return None
    if np.ptp(pen, axis=0).max() < _DOT:
        pen = pen[:1]
    curve = _curve(commands)
    centre = (curve.min(0) + curve.max(0)) / 2
    return pen if np.abs(_centre(one) - centre).max() <= _TOLERANCE else None


def _centre(one: Mapping[str, Any]) -> np.ndarray:
    """Return the centre of an unscaled object on the canvas."""
    size = np.array([one["width"], one["height"]], np.float64) + float(one["strokeWidth"])
    origin = [_ORIGINS[one.get("originX", "left")], _ORIGINS[one.get("originY", "top")]]
    return np.array([one["left"], one["top"]], np.float64) + (0.5 - np.array(origin)) * size


def _curve(commands: Sequence[Sequence[Any]]) -> np.ndarray:
    """Return points (N, 2) on a path of M, Q and L commands."""
    ends = np.array([command[-2:] for command in commands], np.float64)
    controls = np.array([command[1:3] for command in commands], np.float64)
    t = np.linspace(0, 1, 9)[:, None, None]
    # for M and L, control and end are the same point: that quadratic is a straight line
    starts = np.vstack([ends[:1], ends[:-1]])
    curve = (1 - t) ** 2 * starts + 2 * t * (1 - t) * controls + t**2 * ends
    return curve.reshape(-1, 2)
