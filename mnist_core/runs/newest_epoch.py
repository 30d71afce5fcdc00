"""A run's newest epoch: confusion matrix and the validation images with the highest loss.

They are in `runs/<id>/newest_epoch.json`, with the pixels: to show them needs neither the data set
nor the network. The file is replaced at the end of an epoch; where epochs are short, every few
seconds.
"""

import base64
import dataclasses
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import AfterValidator, Base64Bytes, Field

from mnist_core.data.mnist import Split
from mnist_core.evaluation.results import ConfusionCounts
from mnist_core.imaging.normalize import FRAME_SIZE
from mnist_core.models.network import NUM_CLASSES
from mnist_core.training.events import Epoch
from mnist_core.utils.files import file_version
from mnist_core.utils.json_files import JsonModel, read_json, write_json

_FILE = "newest_epoch.json"
_MAX_BYTES = 2**20
_MAX_IMAGES = 100
_Digit = Annotated[int, Field(ge=0, lt=NUM_CLASSES)]
_Share = Annotated[float, Field(ge=0, le=1)]


def _check_pixels(content: bytes) -> bytes:
    if len(content) != FRAME_SIZE**2:
        raise ValueError(f"an image of {len(content)} bytes, not {FRAME_SIZE**2}")
    return content


class HardImageWithPixels(JsonModel):
    """A validation image; `HardImage` has the other fields. Pixels are 8 bits each, row by row."""

    index: Annotated[int, Field(ge=0)]
    label: _Digit
    probabilities: Annotated[
        tuple[_Share, ...], Field(min_length=NUM_CLASSES, max_length=NUM_CLASSES)
    ]
    loss: Annotated[float, Field(ge=0)]
    pixels: Annotated[Base64Bytes, AfterValidator(_check_pixels)]

    @property
    def predicted(self) -> int:
        """The most probable digit."""
        return int(np.argmax(self.probabilities))

    @property
    def confidence(self) -> float:
        """Probability of the predicted digit."""
        return self.probabilities[self.predicted]

    @property
    def frame(self) -> np.ndarray:
        """Its pixels, float32 (28, 28) in [0, 1]."""
        levels = np.frombuffer(self.pixels, np.uint8).reshape(FRAME_SIZE, FRAME_SIZE)
        return levels.astype(np.float32) / 255


class NewestEpoch(JsonModel):
    """What the file holds.

    Attributes
    ----------
    epoch : int >= 1
    confusion : 10 by 10 int
        confusion[true][predicted] counts validation images.
    hardest : tuple of HardImageWithPixels
        The highest loss first.
    """

    epoch: Annotated[int, Field(ge=1)]
    confusion: ConfusionCounts
    hardest: Annotated[tuple[HardImageWithPixels, ...], Field(max_length=_MAX_IMAGES)] = ()


def keep_newest_epoch(folder: Path, event: Epoch, validation: Split) -> NewestEpoch:
    """Write what an epoch's event says, with the images; return it.

    Raises MnistCoreError if it cannot be written.
    """
    frames = validation.images[[one.index for one in event.hardest], 0]
    levels = (frames * 255).round().byte().cpu().numpy()
    newest = NewestEpoch(
        epoch=event.epoch,
        confusion=event.confusion,
        hardest=[
            HardImageWithPixels(**dataclasses.asdict(one), pixels=base64.b64encode(image.tobytes()))
            for one, image in zip(event.hardest, levels, strict=True)
        ],
    )
    write_json(folder / _FILE, newest)
    return newest


def read_newest_epoch(folder: Path) -> NewestEpoch:
    """Return a run's newest epoch.

    Raises
    ------
    MissingFileError
        If no epoch is complete, or an earlier version trained it.
    DamagedFileError
        If the file is damaged.
    """
    return read_json(folder / _FILE, NewestEpoch, limit=_MAX_BYTES)


def newest_epoch_version(folder: Path) -> str:
    """Return a text that changes when the file is replaced; empty if there is none."""
    return file_version(folder / _FILE) or ""
