"""A run's metrics: TensorBoard event files are their one record; `tensorboard --logdir runs`.

Tags, all over the global step (training steps since the run began):

- `train/loss`, `train/accuracy`, `learning_rate`, `images_per_second`, `device_memory` (bytes) and
  `gradient_norm/<layer>`: every few steps;
- `epoch/train_loss`, `epoch/train_accuracy`, `validation/loss`, `validation/accuracy` and
  `confusion/<true>_as_<read>` for the classic pairs (share of the true digit's images): at the
  end of every epoch.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mnist_core.errors import MnistCoreError
from mnist_core.evaluation.scores import CLASSIC_PAIRS
from mnist_core.training.events import Epoch, Step


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
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.summary.writer.record_writer import RecordWriter

        # files are read in the order of their names, so a later one has to have a later name
        name = f"events.out.tfevents.{time.time_ns():020d}.{socket.gethostname()}.{os.getpid()}"
        self._path = folder / name
        try:
            self._file = self._path.open("xb")
        except OSError as error:
            raise self._error(error) from error
        # not torch's SummaryWriter: its thread fails where nobody can catch it
        self._records = RecordWriter(self._file)
        self._add(Event(wall_time=time.time(), file_version="brain.Event:2"))
        start = SessionLog(status=SessionLog.START)
        self._add(Event(wall_time=time.time(), step=after_step + 1, session_log=start))

    def write(self, event: Step | Epoch) -> None:
        """Write an event's numbers. Raises MnistCoreError if they cannot be written."""
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        scalars = _step_scalars(event) if isinstance(event, Step) else _epoch_scalars(event)
        values = [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
        self._add(
            Event(wall_time=time.time(), step=event.global_step, summary=Summary(value=values))
        )

    def close(self) -> None:
        """Close the file. Raises MnistCoreError if what is left cannot be written."""
        try:
            self._file.close()
        except OSError as error:
            raise self._error(error) from error

    def _add(self, event: Any) -> None:
        try:
            self._records.write(event.SerializeToString())
            self._records.flush()
        except OSError as error:
            raise self._error(error) from error

    def _error(self, error: OSError) -> MnistCoreError:
        reason = error.strerror or error
        return MnistCoreError(f"{self._path.parent}: metrics cannot be written ({reason})")


class MetricReader:
    """Reads a run's metrics; every call of `read` goes on where the last one stopped."""

    def __init__(self, folder: Path) -> None:
        from tensorboard.backend.event_processing.event_accumulator import (
            SCALARS,
            EventAccumulator,
        )

        # it warns of every run that went on after a stop, which is nothing to warn of
        logging.getLogger("tensorboard").setLevel(logging.ERROR)
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
