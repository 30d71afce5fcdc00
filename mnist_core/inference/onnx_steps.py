"""The steps from ink and pictures to canvases, in onnxruntime. Imports no torch."""

from __future__ import annotations

import functools
import threading
from pathlib import Path

import numpy as np

from mnist_core.errors import MnistCoreError
from mnist_core.imaging.ink_parts import InkParts, grid_size
from mnist_core.inference.imaging_graphs import (
    CELLS,
    CHOSEN,
    DRAW_PARTS,
    FIND_INK,
    FIND_PARTS,
    FIT_INK,
    GRAPHS,
    GREY,
    INK,
)
from mnist_core.inference.steps import FittedInk
from mnist_core.models.onnx_session import open_session, run_session
from mnist_core.models.registry import imaging_graph_path
from mnist_core.utils.json_files import read_regular_file

_MAX_BYTES = 16 * 2**20
_LOADING = threading.Lock()


class OnnxSteps:
    """`ImagingSteps` in onnxruntime. The graphs are loaded on first use, once a process."""

    def fit(self, ink: np.ndarray) -> FittedInk:
        """Fit ink (N, 56, 56), float32 in [0, 1], to canvases."""
        return FittedInk(*run_graph(FIT_INK, {INK: ink.astype(np.float32)}).values())

    def picture_ink(self, grey: np.ndarray) -> OnnxPictureInk:
        """Find the ink of a grey picture (H, W), float32 in [0, 1]."""
        return OnnxPictureInk(grey)

    def parts(self, grey: np.ndarray) -> InkParts | None:
        """Return the parts of the digits in a grey picture; None for one without ink."""
        cells = np.zeros(grid_size(*grey.shape), np.float32)
        found = run_graph(FIND_PARTS, {GREY: grey, CELLS: cells})
        if not found["found"].item():
            return None
        kept = found.pop("kept")

        def draw(chosen: np.ndarray) -> np.ndarray:
            return run_graph(DRAW_PARTS, {GREY: grey, CHOSEN: chosen, **found})[INK]

        return InkParts(kept, found["sides"], found["step"].item(), grey.shape, draw)


class OnnxPictureInk:
    """`PictureInk` in onnxruntime."""

    def __init__(self, grey: np.ndarray) -> None:
        self._grey = grey
        (canvas,) = run_graph(FIND_INK, {GREY: grey}).values()
        self.canvas = canvas[0, 0].astype(np.float32) / 255

    def parts(self) -> InkParts | None:
        """Return the parts of all digits; None for a blank."""
        return OnnxSteps().parts(self._grey)


def run_graph(name: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Run one of `GRAPHS`; return its outputs by name.

    Raises MnistCoreError if its file is missing or cannot be run.
    """
    names = GRAPHS[name].outputs
    return dict(zip(names, run_session(_session(name), names, inputs), strict=True))


def _session(name: str) -> object:
    with _LOADING:
        return _load_once(imaging_graph_path(name))


def load_graph(path: Path) -> object:
    """Return an open session. Raises MnistCoreError if the file is missing or damaged."""
    try:
        return open_session(read_regular_file(path, _MAX_BYTES))
    except MnistCoreError as error:
        reason = str(error).replace(f"{path.parent}/", "")  # visitors of the pad see it
        said = reason if path.name in reason else f"{path.name}: {reason}"
        raise MnistCoreError(f"{said}; write it with `mnist-core export --shipped`") from error


_load_once = functools.cache(load_graph)
