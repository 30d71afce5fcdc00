"""Writing a run's newest epoch as it trains: its file, and the picture for TensorBoard."""

import math
import time
from pathlib import Path

from mnist_core.data.mnist import Split
from mnist_core.runs import metric_tags as tags
from mnist_core.runs.hardest_picture import draw_hardest
from mnist_core.runs.metric_writer import MetricWriter
from mnist_core.runs.newest_epoch import keep_newest_epoch
from mnist_core.training.events import Epoch

_INTERVAL = 5.0
"""Seconds."""


class NewestEpochWriter:
    """Writes a run's newest epoch, also as a picture for TensorBoard.

    At most every five seconds: on a GPU an epoch may take half a second, of which the two files
    would take several percent. `close` writes what is left.

    Parameters
    ----------
    folder : Path
        The run's.
    metrics : MetricWriter
        Receives the picture.
    validation : Split
    """

    def __init__(self, folder: Path, metrics: MetricWriter, validation: Split) -> None:
        self._folder, self._metrics, self._validation = folder, metrics, validation
        self._pending: Epoch | None = None
        self._next_time = -math.inf

    def write(self, event: Epoch) -> None:
        """Keep an epoch. Raises MnistCoreError if it cannot be written."""
        self._pending = event
        if time.monotonic() >= self._next_time:
            # as seldom as histograms: pictures of 10,000 epochs would be most of the event file
            self._write_pending(picture=bool(event.weights))
            self._next_time = time.monotonic() + _INTERVAL

    def close(self) -> None:
        """Write the last epoch if that has not been done. Raises as `write`."""
        self._write_pending(picture=True)

    def _write_pending(self, *, picture: bool) -> None:
        if self._pending is None:
            return
        newest = keep_newest_epoch(self._folder, self._pending, self._validation)
        if newest.hardest and picture:
            drawn = draw_hardest(newest.hardest)
            self._metrics.write_picture(tags.HARDEST_IMAGES, self._pending.global_step, drawn)
        self._pending = None
