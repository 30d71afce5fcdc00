"""A run's metrics: TensorBoard event files are their one record; `tensorboard --logdir runs`.

Tags, all over the global step (training steps since the run began):

- `train/loss`, `train/accuracy`, `learning_rate`, `images_per_second`, `device_memory` (bytes) and
  `gradient_norm/<layer>`: every few steps;
- `epoch/train_loss`, `epoch/train_accuracy`, `validation/loss`, `validation/accuracy` and
  `confusion/<true>_as_<read>` for the classic pairs (share of the true digit's images): at the
  end of every epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mnist_core.errors import MnistCoreError
from mnist_core.events import Epoch, Step

CLASSIC_PAIRS = ((4, 9), (3, 8), (1, 7))
"""The digits that networks and people take for each other."""

_FLUSH_SECONDS = 1


@dataclass(frozen=True, eq=False)
class Series:
    """One metric over the run: steps (N,) int64, rising, and values (N,) float64."""

    steps: np.ndarray
    values: np.ndarray


class MetricWriter:
    """Writes events to a run folder as they come.

    Parameters
    ----------
    folder : Path
    after_step : int
        Global step from which the run goes on; what a killed process logged beyond it is void.
    """

    def __init__(self, folder: Path, after_step: int = 0) -> None:
        from torch.utils.tensorboard import SummaryWriter

        try:
            self._writer = SummaryWriter(
                str(folder), purge_step=after_step + 1, flush_secs=_FLUSH_SECONDS
            )
        except OSError as error:
            raise MnistCoreError(f"{folder}: metrics cannot be written ({error})") from error
        self._folder = folder

    def write(self, event: Step | Epoch) -> None:
        """Write an event's numbers. Raises MnistCoreError if they cannot be written."""
        scalars = _step_scalars(event) if isinstance(event, Step) else _epoch_scalars(event)
        try:
            for tag, value in scalars.items():
                self._writer.add_scalar(tag, value, event.global_step)
            if isinstance(event, Epoch):
                self._writer.flush()
        except OSError as error:
            raise MnistCoreError(
                f"{self._folder}: metrics cannot be written ({error.strerror or error})"
            ) from error

    def close(self) -> None:
        """Write what is left. Raises MnistCoreError if it cannot be written."""
        try:
            self._writer.close()
        except OSError as error:
            raise MnistCoreError(
                f"{self._folder}: metrics cannot be written ({error.strerror or error})"
            ) from error


class MetricReader:
    """Reads a run's metrics; every call of `read` goes on where the last one stopped."""

    def __init__(self, folder: Path) -> None:
        from tensorboard.backend.event_processing.event_accumulator import (
            SCALARS,
            EventAccumulator,
        )

        # 0: keep every point
        self._events = EventAccumulator(str(folder), size_guidance={SCALARS: 0})

    def read(self) -> dict[str, Series]:
        """Return every metric by its tag, also while the run goes on."""
        self._events.Reload()
        return {tag: self._series(tag) for tag in self._events.Tags()["scalars"]}

    def _series(self, tag: str) -> Series:
        points = self._events.Scalars(tag)
        steps = np.fromiter((p.step for p in points), np.int64, len(points))
        values = np.fromiter((p.value for p in points), np.float64, len(points))
        return Series(steps, values)


def _step_scalars(event: Step) -> dict[str, float]:
    scalars = {
        "train/loss": event.loss,
        "train/accuracy": event.accuracy,
        "learning_rate": event.learning_rate,
        "images_per_second": event.images_per_second,
    }
    if event.device_memory is not None:
        scalars["device_memory"] = event.device_memory
    return scalars | {f"gradient_norm/{k}": norm for k, norm in event.gradient_norms.items()}


def _epoch_scalars(event: Epoch) -> dict[str, float]:
    scalars = {
        "epoch/train_loss": event.train_loss,
        "epoch/train_accuracy": event.train_accuracy,
        "validation/loss": event.validation_loss,
        "validation/accuracy": event.validation_accuracy,
    }
    for a, b in CLASSIC_PAIRS:
        for true, read in ((a, b), (b, a)):
            row = event.confusion[true]
            scalars[f"confusion/{true}_as_{read}"] = row[read] / max(1, sum(row))
    return scalars
