"""Frames of generated drawings: made in parallel, and kept in the user's cache folder."""

import contextlib
import hashlib
import io
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import joblib
import numpy as np
import platformdirs
import torch
from torch import Tensor

from mnist_core.data.allographs.generator import NON_DIGIT, draw_digit, draw_non_digit
from mnist_core.data.allographs.pen import Drawing
from mnist_core.errors import MnistCoreError
from mnist_core.imaging import normalize
from mnist_core.imaging.normalize import fit_canvas, frame_from_canvas, resample
from mnist_core.imaging.rasterize import draw_strokes
from mnist_core.imaging.segment import find_ink
from mnist_core.imaging.sizes import CANVAS_DIGIT, CANVAS_SIZE
from mnist_core.utils.files import write_atomic
from mnist_core.utils.locks import exclusive_lock

NARROWEST_PEN, WIDEST_PEN = 1.6, 3.2
"""Range of the pen's diameter in frame pixels."""

_TINY_SHARE = 0.08
"""Share of the frames that are those of tiny pictures."""
_TINY_SIDES = (8, 16)
"""Smallest and largest side of these, in pixels."""
_WIDEST_TINY_PEN = 3.8
"""In frame pixels; the thickness of what is read is limited, but loops stay filled."""

_COMPACT = 1.8
"""Largest ratio of the sides of a non-digit that is drawn as a tiny picture."""

_CHUNK = 1000  # drawings with one random generator
_LOCK_SECONDS = 3600.0
_WORTH_PROCESSES = 5_000  # fewer drawings take less time than starting processes that import torch
_MOST_KEPT_BYTES = 500_000_000
_OUTDATED_SECONDS = 86400.0  # what another version of the generator wrote is kept so long
_SMALLEST_KEPT = 2_000  # fewer frames are generated in less time than a lock and a file need


Report = Callable[[int, int], None]
"""Called with how many drawings have been generated, and of how many."""


def generate_frames(
    labels: np.ndarray, seed: int, *, processes: int = 1, report: Report | None = None
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
        Called before the first, and after each thousand.

    Returns
    -------
    uint8 Tensor (N, 1, 28, 28)
    """
    chunks = [labels[first : first + _CHUNK] for first in range(0, len(labels), _CHUNK)]
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


def cached_frames(
    labels: np.ndarray, seed: int, *, folder: Path | None = None, report: Report | None = None
) -> Tensor:
    """Return what `generate_frames` returns, from a file if they have been generated before.

    A file holds the frames of one version of the generator: another version writes another file,
    and deletes those of other versions that are older than a day. All files together are kept below
    500 MB: the oldest are deleted. Without a folder that can be written, the frames are generated
    each time.

    Parameters
    ----------
    labels, seed : as for `generate_frames`
    folder : Path, optional
        By default the user's cache folder.
    report : callable, optional
        As for `generate_frames`; not called if they are read from a file, or are few.
    """
    if len(labels) < _SMALLEST_KEPT:
        return generate_frames(labels, seed)
    folder = folder or platformdirs.user_cache_path("drawpad", appauthor=False) / "drawings"
    version = _generator_version()
    key = hashlib.sha256(labels.astype(np.int64).tobytes() + b"%d" % seed).hexdigest()[:16]
    path = folder / f"{version}-{key}.npz"
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError, MnistCoreError):
            folder.mkdir(parents=True, exist_ok=True)
            # several runs that start together: one generates, the others wait for its file
            stack.enter_context(exclusive_lock(path.with_suffix(".lock"), _LOCK_SECONDS))
        frames = _read(path, len(labels))
        if frames is None:
            processes = -1 if len(labels) >= _WORTH_PROCESSES else 1
            frames = generate_frames(labels, seed, processes=processes, report=report)
            content = io.BytesIO()
            np.savez_compressed(content, frames=frames.numpy())
            with contextlib.suppress(MnistCoreError):  # a full disk: they are in memory
                write_atomic(path, content.getvalue())
            _delete_old_files(path, version)
        return frames


def draw_frames(
    drawings: Sequence[Drawing], labels: np.ndarray, rng: np.random.Generator
) -> Tensor:
    """Return the frames of drawings, uint8 (N, 1, 28, 28), each with a pen of random width.

    Some are those of tiny pictures of the drawings, and blurred as these are. `labels` are ints
    (N,).
    """
    pens = rng.uniform(NARROWEST_PEN, WIDEST_PEN, len(drawings))
    tiny = rng.random(len(drawings)) < _TINY_SHARE
    # a tiny row of letters would be a bar, as a one is
    tiny &= (labels != NON_DIGIT) | np.array([_is_compact(strokes) for strokes in drawings], bool)
    pens[tiny] = rng.uniform(NARROWEST_PEN, _WIDEST_TINY_PEN, int(tiny.sum()))
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


def _read(path: Path, count: int) -> Tensor | None:
    """Return the frames of a file; None if it does not exist or is damaged."""
    try:
        with np.load(path) as content:
            frames = content["frames"]
    except Exception:  # numpy and zipfile raise many kinds for a damaged file
        return None
    fits = frames.shape == (count, 1, 28, 28) and frames.dtype == np.uint8
    return torch.from_numpy(frames) if fits else None


def _delete_old_files(written: Path, version: str) -> None:
    """Delete the outdated files beside one that was just written, and the oldest of too many."""
    kept = 0
    with contextlib.suppress(OSError):  # another process deletes them as well
        files = [(path.stat(), path) for path in written.parent.glob("*.npz")]
        for status, path in sorted(files, key=lambda file: -file[0].st_mtime):
            kept += status.st_size
            age = time.time() - status.st_mtime
            outdated = not path.name.startswith(version) and age > _OUTDATED_SECONDS
            if path != written and (outdated or kept > _MOST_KEPT_BYTES):
                for file in (path, path.with_suffix(".lock")):
                    file.unlink(missing_ok=True)


def _generator_version() -> str:
    """Return a short digest of the source code that determines the frames."""
    digest = hashlib.sha256()
    sources = [
        *Path(__file__).parent.glob("*.py"),
        *Path(normalize.__file__).parent.glob("*.py"),
    ]
    for source in sorted(sources):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:12]
