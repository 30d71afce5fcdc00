"""Frames of generated drawings."""

from collections.abc import Callable, Sequence

import joblib
import numpy as np
import torch
from torch import Tensor

from mnist_core.data.allographs.generator import NON_DIGIT, draw_digit, draw_non_digit
from mnist_core.data.allographs.pen import Drawing
from mnist_core.imaging.normalize import fit_canvas, frame_from_canvas, resample
from mnist_core.imaging.rasterize import draw_strokes
from mnist_core.imaging.segment import find_ink
from mnist_core.imaging.sizes import CANVAS_DIGIT, CANVAS_SIZE

NARROWEST_PEN, WIDEST_PEN = 1.6, 3.2
"""Range of the pen's diameter in frame pixels."""

TINY_SHARE = 0.12
"""Share of the frames that are those of tiny pictures."""
_TINY_SIDES = (8, 16)
"""Smallest and largest side of these, in pixels."""
_WIDEST_TINY_PEN = 3.8
"""In frame pixels; the thickness of what is read is limited, but loops stay filled."""
_WIDEST_WITHOUT_LOOPS = 5.5
"""The same for digits without a loop that a wide pen would fill."""
_WITHOUT_LOOPS = (1, 2, 3, 5, 7)

_COMPACT = 1.8
"""Largest ratio of the sides of a non-digit that is drawn as a tiny picture."""

_CHUNK = 1000

Report = Callable[[int, int], None]
"""Called with how many drawings have been generated, and of how many."""


def generate_frames(
    labels: np.ndarray,
    seed: int,
    *,
    processes: int = 1,
    report: Report | None = None,
    chunk: int = _CHUNK,
) -> Tensor:
    """Return frames of random drawings, made by the functions that a visitor's strokes go through.

    Parameters
    ----------
    labels : int array (N,)
        Digits, or `NON_DIGIT`.
    seed : int
        Equal seeds and labels give equal frames.
    processes : int
        -1: one for each processor core. The frames do not depend on it.
    report : callable, optional
        Called before the first, and after each chunk.
    chunk : int
        Drawings with one random generator: the frames depend on it.

    Returns
    -------
    uint8 Tensor (N, 1, 28, 28)
    """
    chunks = [labels[first : first + chunk] for first in range(0, len(labels), chunk)]
    frames = np.zeros((len(labels), 1, 28, 28), np.uint8)
    done = 0
    if report is not None:
        report(done, len(labels))
    for part in joblib.Parallel(n_jobs=processes, return_as="generator")(
        joblib.delayed(_generate_chunk)(chunk, seed, number) for number, chunk in enumerate(chunks)
    ):
        frames[done : done + len(part)] = part
        done += len(part)
        if report is not None:
            report(done, len(labels))
    return torch.from_numpy(frames)


def draw_frames(
    drawings: Sequence[Drawing],
    labels: np.ndarray,
    rng: np.random.Generator,
    tiny_share: float = TINY_SHARE,
) -> Tensor:
    """Return the frames of drawings, uint8 (N, 1, 28, 28), each with a pen of random width.

    The share `tiny_share` are those of tiny pictures of the drawings, and blurred as these are.
    `labels` are ints (N,).
    """
    pens = rng.uniform(NARROWEST_PEN, WIDEST_PEN, len(drawings))
    tiny = rng.random(len(drawings)) < tiny_share
    # a tiny row of letters would be a bar, as a one is
    tiny &= (labels != NON_DIGIT) | np.array([_is_compact(strokes) for strokes in drawings], bool)
    widest = np.where(np.isin(labels, _WITHOUT_LOOPS), _WIDEST_WITHOUT_LOOPS, _WIDEST_TINY_PEN)
    pens[tiny] = rng.uniform(NARROWEST_PEN, widest[tiny])
    canvases = draw_strokes(drawings, pens)
    sides = np.where(tiny, rng.integers(*_TINY_SIDES, len(drawings), endpoint=True), 0)
    for side in np.unique(sides[tiny]):
        chosen = torch.from_numpy(sides == side)
        canvases[chosen] = _through_tiny_pictures(canvases[chosen], int(side))
    frames = frame_from_canvas(canvases)
    return (255 * frames + 0.5).byte()


def _is_compact(drawing: Drawing) -> bool:
    width, height = np.ptp(np.concatenate(drawing), axis=0)
    return bool(max(width, height) < _COMPACT * min(width, height))


def _through_tiny_pictures(canvases: Tensor, side: int) -> Tensor:
    """Return the canvases of pictures in which canvases (B, 1, 56, 56) are `side` pixels large.

    The pictures are cut to their ink, as those of scikit-learn's digits.
    """
    centre = torch.full((len(canvases), 2), CANVAS_SIZE / 2)
    step = torch.full((len(canvases),), CANVAS_DIGIT / side)
    ink = find_ink(1 - resample(canvases, centre, step, side))
    found = ink.amax((1, 2, 3), keepdim=True) > 0
    return torch.where(found, fit_canvas(ink), canvases)


def _generate_chunk(labels: np.ndarray, seed: int, number: int) -> np.ndarray:
    rng = np.random.default_rng([seed, number])
    drawings = [
        draw_non_digit(rng) if label == NON_DIGIT else draw_digit(rng, int(label))
        for label in labels
    ]
    return draw_frames(drawings, labels, rng).numpy()
