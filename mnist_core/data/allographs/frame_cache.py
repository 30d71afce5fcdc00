"""Frames of generated drawings, kept in the user's cache folder."""

import contextlib
import hashlib
import io
import time
from pathlib import Path

import numpy as np
import platformdirs
import torch
from torch import Tensor

from mnist_core.data.allographs.frames import Report, generate_frames
from mnist_core.errors import MnistCoreError
from mnist_core.imaging import normalize
from mnist_core.utils.files import write_atomic
from mnist_core.utils.locks import exclusive_lock

_LOCK_SECONDS = 3600.0
_WORTH_PROCESSES = 5_000  # fewer drawings take less time than starting processes that import torch
_MOST_BYTES = 500_000_000
_OUTDATED_SECONDS = 86400.0  # what another version of the generator wrote is kept so long
_SMALLEST = 2_000  # fewer frames are generated in less time than a lock and a file need


def cached_frames(
    labels: np.ndarray,
    seed: int,
    *,
    report: Report | None = None,
    folder: Path | None = None,
    version: str | None = None,
    smallest: int = _SMALLEST,
    most_bytes: int = _MOST_BYTES,
) -> Tensor:
    """Return what `generate_frames` returns, from a file if they have been generated before.

    A file holds the frames of one version of the generator: another version writes another file,
    and deletes those of other versions that are older than a day. Without a folder that can be
    written, the frames are generated each time.

    Parameters
    ----------
    labels, seed : as for `generate_frames`
    report : callable, optional
        As for `generate_frames`; not called if they are read from a file, or are few.
    folder : Path, optional
        By default the user's cache folder.
    version : str, optional
        Of the generator; by default a digest of its source code.
    smallest : int
        Fewer frames are generated each time.
    most_bytes : int
        Of all files together; the oldest are deleted.
    """
    if len(labels) < smallest:
        return generate_frames(labels, seed)
    folder = folder or platformdirs.user_cache_path("drawpad", appauthor=False) / "drawings"
    version = version or _generator_version()
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
            _delete_old_files(path, version, most_bytes)
        return frames


def _read(path: Path, count: int) -> Tensor | None:
    """Return the frames of a file; None if it does not exist or is damaged."""
    try:
        with np.load(path) as content:
            frames = content["frames"]
    except Exception:  # numpy and zipfile raise many kinds for a damaged file
        return None
    fits = frames.shape == (count, 1, 28, 28) and frames.dtype == np.uint8
    return torch.from_numpy(frames) if fits else None


def _delete_old_files(written: Path, version: str, most_bytes: int) -> None:
    """Delete the outdated files beside one that was just written, and the oldest of too many."""
    kept = 0
    with contextlib.suppress(OSError):  # another process deletes them as well
        files = [(path.stat(), path) for path in written.parent.glob("*.npz")]
        for status, path in sorted(files, key=lambda file: -file[0].st_mtime):
            kept += status.st_size
            age = time.time() - status.st_mtime
            outdated = not path.name.startswith(version) and age > _OUTDATED_SECONDS
            if path != written and (outdated or kept > most_bytes):
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
