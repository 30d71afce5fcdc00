"""Frames of generated drawings: made in parallel, and kept in the user's cache folder."""

from __future__ import annotations

import contextlib
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

import joblib
import numpy as np
import platformdirs
import torch
from torch import Tensor

from mnist_core.data.allographs.generator import NON_DIGIT, draw_digit, draw_non_digit
from mnist_core.data.allographs.pen import Drawing
from mnist_core.errors import MnistCoreError
from mnist_core.imaging import normalize, rasterize
from mnist_core.imaging.normalize import frame_from_canvas
from mnist_core.imaging.rasterize import draw_strokes
from mnist_core.utils.files import write_atomic
from mnist_core.utils.locks import exclusive_lock

NARROWEST_PEN, WIDEST_PEN = 1.6, 3.2
"""Range of the pen's diameter in frame pixels."""

_CHUNK = 1000  # drawings with one random generator
_LOCK_SECONDS = 3600.0
_WORTH_PROCESSES = 5_000  # fewer drawings take less time than starting processes that import torch
_SMALLEST_KEPT = 2_000  # fewer frames are generated in less time than a lock and a file need


def generate_frames(labels: np.ndarray, seed: int, *, processes: int = 1) -> Tensor:
    """Return frames of random drawings, made by the functions that a visitor's strokes go through.

    Parameters
    ----------
    labels : int array (N,)
        Digits, or `NON_DIGIT`.
    seed : int
        Equal seeds and labels give equal frames.
    processes : int
        -1: one for each processor core. The frames do not depend on it.

    Returns
    -------
    uint8 Tensor (N, 1, 28, 28)
    """
    chunks = [labels[first : first + _CHUNK] for first in range(0, len(labels), _CHUNK)]
    frames = joblib.Parallel(n_jobs=processes)(
        joblib.delayed(_generate_chunk)(chunk, seed, number) for number, chunk in enumerate(chunks)
    )
    return torch.from_numpy(np.concatenate([np.zeros((0, 1, 28, 28), np.uint8), *frames]))


def cached_frames(labels: np.ndarray, seed: int, *, folder: Path | None = None) -> Tensor:
    """Return what `generate_frames` returns, from a file if they have been generated before.

    A file holds the frames of one version of the generator: another version writes another file.
    Without a folder that can be written, the frames are generated each time.

    Parameters
    ----------
    labels, seed : as for `generate_frames`
    folder : Path, optional
        By default the user's cache folder.
    """
    if len(labels) < _SMALLEST_KEPT:
        return generate_frames(labels, seed)
    folder = folder or platformdirs.user_cache_path("drawpad", appauthor=False) / "drawings"
    key = hashlib.sha256(labels.astype(np.int64).tobytes() + b"%d" % seed + _generator_version())
    path = folder / f"{key.hexdigest()[:16]}.npz"
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError, MnistCoreError):
            folder.mkdir(parents=True, exist_ok=True)
            # several runs that start together: one generates, the others wait for its file
            stack.enter_context(exclusive_lock(path.with_suffix(".lock"), _LOCK_SECONDS))
        frames = _read(path, len(labels))
        if frames is None:
            processes = -1 if len(labels) >= _WORTH_PROCESSES else 1
            frames = generate_frames(labels, seed, processes=processes)
            content = io.BytesIO()
            np.savez_compressed(content, frames=frames.numpy())
            with contextlib.suppress(MnistCoreError):  # a full disk: they are in memory
                write_atomic(path, content.getvalue())
        return frames


def draw_frames(drawings: Sequence[Drawing], rng: np.random.Generator) -> Tensor:
    """Return the frames of drawings, uint8 (N, 1, 28, 28), each with a pen of random width."""
    pens = rng.uniform(NARROWEST_PEN, WIDEST_PEN, len(drawings))
    frames = frame_from_canvas(draw_strokes(drawings, pens))
    return (255 * frames + 0.5).byte()


def _generate_chunk(labels: np.ndarray, seed: int, number: int) -> np.ndarray:
    rng = np.random.default_rng([seed, number])
    drawings = [
        draw_non_digit(rng) if label == NON_DIGIT else draw_digit(rng, int(label))
        for label in labels
    ]
    return draw_frames(drawings, rng).numpy()


def _read(path: Path, count: int) -> Tensor | None:
    """Return the frames of a file; None if it does not exist or is damaged."""
    try:
        with np.load(path) as content:
            frames = content["frames"]
    except Exception:  # numpy and zipfile raise many kinds for a damaged file
        return None
    fits = frames.shape == (count, 1, 28, 28) and frames.dtype == np.uint8
    return torch.from_numpy(frames) if fits else None


def _generator_version() -> bytes:
    """Return a digest of the source code that determines the frames."""
    digest = hashlib.sha256()
    sources = [
        *Path(__file__).parent.glob("*.py"),
        Path(normalize.__file__),
        Path(rasterize.__file__),
    ]
    for source in sorted(sources):
        digest.update(source.read_bytes())
    return digest.digest()
