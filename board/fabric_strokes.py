"""Drawings as Fabric.js keeps them, the library of most canvases on the web -> pen strokes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_MOVED = 2.0
"""Pixels that a stroke's box may be away from its place: rounding, and curves within their box."""
_DOT = 1.0
"""Pixels: Fabric.js makes a line of less of a pen that did not move, for something to be seen."""
_WHOLE = ("scaleX", "scaleY")
_NONE = ("angle", "skewX", "skewY", "flipX", "flipY")
_SHARE = {"left": 0.0, "top": 0.0, "center": 0.5, "right": 1.0, "bottom": 1.0}


def pen_strokes(drawing: Mapping[str, Any] | None) -> list[np.ndarray] | None:
    """Return a drawing's strokes, if it consists of free strokes that lie where they were drawn.

    Parameters
    ----------
    drawing : dict or None
        A Fabric.js canvas as JSON: its "objects" of type "path" are strokes.

    Returns
    -------
    list of float64 arrays (N, 2), or None
        Pen positions (x, y), y downwards, in the canvas's pixels. None where something else is on
        the canvas, or a stroke was moved, turned, scaled or bent: read its picture instead.
    """
    objects = (drawing or {}).get("objects") or []
    try:
        strokes = [_stroke(one) for one in objects]
    except (AttributeError, KeyError, TypeError, ValueError, IndexError):
        return None  # no path, or one that no pen made
    return None if any(stroke is None for stroke in strokes) else strokes


def without_last(drawing: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the drawing without the object that was added last; an empty one stays empty."""
    whole = dict(drawing or {})
    return {**whole, "objects": list(whole.get("objects") or [])[:-1]}


def _stroke(one: Mapping[str, Any]) -> np.ndarray | None:
    if str(one["type"]).lower() != "path":
        return None
    if any(one.get(name, 1) != 1 for name in _WHOLE) or any(one.get(name) for name in _NONE):
        return None
    # a pen's path is M first, Q pen middle, ..., L last: the curve passes the middles between
    # pen positions, which are its control points
    commands: Sequence[Sequence[Any]] = one["path"]
    if {command[0] for command in commands} - {"M", "Q", "L"}:
        return None
    pen = np.array([command[1:3] for command in commands], np.float64)
    if not len(pen) or not np.isfinite(pen).all():
        return None
    if np.ptp(pen, axis=0).max() < _DOT:
        pen = pen[:1]
    place = _curve(commands)
    middle = (place.min(0) + place.max(0)) / 2
    return pen if np.abs(_centre(one) - middle).max() <= _MOVED else None


def _centre(one: Mapping[str, Any]) -> np.ndarray:
    """Return where the middle of an unscaled object lies on the canvas."""
    sides = np.array([one["width"], one["height"]], np.float64) + float(one["strokeWidth"])
    share = [_SHARE[one.get("originX", "left")], _SHARE[one.get("originY", "top")]]
    return np.array([one["left"], one["top"]], np.float64) + (0.5 - np.array(share)) * sides


def _curve(commands: Sequence[Sequence[Any]]) -> np.ndarray:
    """Return points (N, 2) on a path of M, Q and L."""
    ends = np.array([command[-2:] for command in commands], np.float64)
    controls = np.array([command[1:3] for command in commands], np.float64)
    t = np.linspace(0, 1, 9)[:, None, None]
    # of M and L, control and end are one: that quadratic is a straight line
    starts = np.vstack([ends[:1], ends[:-1]])
    curve = (1 - t) ** 2 * starts + 2 * t * (1 - t) * controls + t**2 * ends
    return curve.reshape(-1, 2)
