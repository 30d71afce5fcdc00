"""Validation data for calibration: held-out MNIST images, generated drawings, real pen strokes."""

import os
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from mnist_core.data.allographs import NON_DIGIT
from mnist_core.data.allographs.frames import generate_frames
from mnist_core.data.mnist import load_validation
from mnist_core.data.pendigits import read_pendigits
from mnist_core.data.unipen import read_unipen, read_unipen_digits
from mnist_core.evaluation.calibration_fit import CalibrationSource
from mnist_core.imaging.normalize import frame_from_canvas
from mnist_core.imaging.rasterize import draw_strokes
from mnist_core.models.forward import predict_logits
from mnist_core.models.weights import Network

GENERATED_SEED = 2**63 + 11
"""Above every seed of a training run, so that no training drawing is used again."""

Path = str | os.PathLike[str]


def calibration_sources(
    model: Network,
    device: torch.device,
    *,
    data: str | None = None,
    drawings: int = 3000,
    pendigits: Path | None = None,
    unipen: Path | None = None,
    letters: Path | None = None,
) -> list[CalibrationSource]:
    """Return a network's logits for each kind of validation data.

    Parameters
    ----------
    model : DigitNet or Ensemble
        On the device.
    device : torch.device
    data : str, optional
        Folder with MNIST/raw, see `load_validation`: the 5,000 held-out images.
    drawings : int
        How many digits are generated, and how many non-digits.
    pendigits, unipen, letters : path, optional
        Real pen strokes: UCI's pendigits, UNIPEN's digits, and UNIPEN drawings that are no digits.

    Raises
    ------
    MnistCoreError
        If a file cannot be read.
    """
    # files first: an error in one of them is found before the work
    given = [
        (name, read(path))
        for name, path, read in (
            ("pendigits", pendigits, read_pendigits),
            ("UNIPEN digits", unipen, read_unipen_digits),
            ("letters", letters, _read_letters),
        )
        if path is not None
    ]
    images = load_validation(device, data)
    labels = images.labels.cpu().numpy()
    sources = [CalibrationSource("MNIST", predict_logits(model, images.images), labels)]

    def add(name: str, labels: np.ndarray, frames: Tensor) -> None:
        sources.append(CalibrationSource(name, predict_logits(model, frames.to(device)), labels))

    digits, others = np.arange(drawings) % 10, np.full(drawings, NON_DIGIT)
    add("generated digits", digits, _generate(digits, GENERATED_SEED))
    add("generated non-digits", others, _generate(others, GENERATED_SEED + 1))
    for name, read_drawings in given:
        if read_drawings:
            read_labels, strokes = zip(*read_drawings, strict=True)
            add(name, np.array(read_labels), _frames(strokes))
    return sources


def _generate(labels: np.ndarray, seed: int) -> Tensor:
    return generate_frames(labels, seed).float() / 255


def _frames(drawings: Sequence[list[np.ndarray]]) -> Tensor:
    """Return the frames (N, 1, 28, 28) of drawings, as the classifier sees them."""
    return torch.cat([frame_from_canvas(c) for c in draw_strokes(drawings).split(500)])


def _read_letters(path: Path) -> list[tuple[int, list[np.ndarray]]]:
    digits = tuple("0123456789")
    return [(NON_DIGIT, d.strokes) for d in read_unipen(path) if d.label not in digits]
