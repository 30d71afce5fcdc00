"""Random deformation of drawings: slant, rotation, proportions, tremor, and how the pen moves."""

import numpy as np

from mnist_core.data.allographs.pen import Drawing, Pen, Stroke

_TREMOR = 0.012  # standard deviation in digit heights
_CORNER = np.cos(np.radians(40))  # the pen turns by more


def deform(pen: Pen, drawing: Drawing) -> Drawing:
    """Return a drawing in another person's hand; strokes may be reversed, hooked or roughened."""
    points = np.concatenate(drawing)
    centre = (points.min(0) + points.max(0)) / 2
    size = max(float(np.ptp(points, axis=0).max()), 1e-6)
    matrix = _affine(pen)
    phase, bend = pen.rng.uniform(0, 2 * np.pi, (2, 2)), pen.rng.normal(0, 0.035, (2, 2))
    tremor = _TREMOR * pen.rng.random()
    result = []
    for stroke in drawing:
        local = (stroke - centre) / size
        # a wave along each axis moves the waist, the belly and the width at half height
        local = local + sum(
            bend[k] * np.sin(np.pi * (k + 1) * local[:, ::-1] + phase[k]) for k in range(2)
        )
        local = local @ matrix.T
        local = local + pen.rng.normal(0, tremor, local.shape)
        result.append(pen_habits(pen, local))
    return _on_a_grid(pen, result) if pen.chance(0.03) else result


def _on_a_grid(pen: Pen, drawing: Drawing) -> Drawing:
    """Return strokes as a tablet of few lines and columns reports them: in steps."""
    spacing = pen.between(0.03, 0.09)
    result = []
    for stroke in drawing:
        along = np.concatenate([[0.0], np.hypot(*np.diff(stroke, axis=0).T).cumsum()])
        at = np.linspace(0, along[-1], 2 + int(along[-1] / (0.5 * spacing)))
        dense = np.stack([np.interp(at, along, stroke[:, axis]) for axis in range(2)], 1)
        result.append(np.round(dense / spacing) * spacing)
    return result


def _affine(pen: Pen) -> np.ndarray:
    angle = pen.rng.normal(0, np.radians(6))
    slant = float(np.clip(pen.rng.normal(-0.08, 0.2), -0.55, 0.45))
    width, height = np.exp(pen.rng.normal(0, (0.16, 0.05)))
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([[cos, -sin], [sin, cos]]) @ np.array([[width, slant], [0, height]])


def pen_habits(pen: Pen, stroke: Stroke) -> Stroke:
    """Hooks where the pen lands and lifts; a tablet that reports few positions."""
    if len(stroke) > 6 and pen.chance(0.1):
        every = np.linspace(0, len(stroke) - 1, len(stroke) // 3 + 2).astype(int)
        # without its corners, a digit may be another one
        stroke = stroke[np.union1d(every, _corners(stroke))]
    if pen.chance(0.06):
        stroke = np.concatenate([stroke[:1] + pen.rng.normal(0, 0.05, 2), stroke])
    if pen.chance(0.06):
        stroke = np.concatenate([stroke, stroke[-1:] + pen.rng.normal(0, 0.05, 2)])
    return stroke


def _corners(stroke: Stroke) -> np.ndarray:
    """Return the indices of the positions where the pen turns sharply."""
    step = np.diff(stroke, axis=0)
    step = step / np.maximum(np.hypot(*step.T), 1e-9)[:, None]
    return 1 + np.flatnonzero((step[:-1] * step[1:]).sum(1) < _CORNER)
