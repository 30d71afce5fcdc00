"""The progress of a run, from its state and its metrics."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import streamlit as st

from mnist_core.runs import metric_tags as tags
from mnist_core.runs.metric_damage import first_damaged_step
from mnist_core.runs.metric_log import HistogramSeries, MetricReader, Series
from mnist_core.runs.state import RunState, RunStatus
from mnist_core.training.config import TrainConfig
from mnist_core.training.estimate import steps_per_epoch

_RECENT = 10
"""Points over which the speed is averaged."""


@dataclass(frozen=True)
class Progress:
    """Current epoch and step (from 1), their numbers, and the remaining time.

    images_per_second and seconds_left are None before the first steps.
    """

    epoch: int
    epochs: int
    step: int
    steps: int
    images_per_second: float | None
    seconds_left: float | None

    @property
    def share(self) -> float:
        """Completed share of the run, in [0, 1]."""
        done = (self.epoch - 1) * self.steps + self.step
        return min(1.0, done / (self.epochs * self.steps))


@st.cache_resource(max_entries=64, show_spinner=False)
def _reader(folder: Path) -> MetricReader:
    return MetricReader(folder)


def read_metrics(folder: Path) -> dict[str, Series]:
    """Return a run's metrics; only new records are read from the files."""
    return _reader(folder).read()


def read_histograms(folder: Path) -> dict[str, HistogramSeries]:
    """Return a run's histograms, of what `read_metrics` has read."""
    return _reader(folder).histograms()


def damaged_from(folder: Path, state: RunState, metrics: Mapping[str, Series]) -> int | None:
    """Return `first_damaged_step` of metrics that `read_metrics` returned after the state."""
    return first_damaged_step(_reader(folder), state, metrics)


def progress(
    config: TrainConfig,
    state: RunState,
    metrics: Mapping[str, Series],
    *,
    has_checkpoint: bool = True,
) -> Progress:
    """Return the progress of a run.

    The steps of an epoch that was not complete when the process exited or failed do not count:
    training resumes before them.
    """
    steps = steps_per_epoch(config)
    taken = _last_step(metrics)
    # an epoch is complete when it is scored and saved
    epoch = min(state.epoch + 1, config.epochs)
    step = int(np.clip(taken - (epoch - 1) * steps, 0, steps))
    if state.epoch >= config.epochs:
        step = steps
    elif state.status == RunStatus.FAILED or (
        state.status == RunStatus.QUEUED and not has_checkpoint
    ):
        step = 0
    elif state.status == RunStatus.STOPPED:  # a few steps after the last point
        step = min(max(step, state.step), steps)
    speed = metrics.get(tags.IMAGES_PER_SECOND)
    rate = float(np.median(speed.values[-_RECENT:])) if speed and len(speed.values) else None
    left = None
    if rate and state.status == RunStatus.RUNNING:
        left = (config.epochs * steps - (epoch - 1) * steps - step) * config.batch_size / rate
    return Progress(epoch, config.epochs, step, steps, rate, left)


def _last_step(metrics: Mapping[str, Series]) -> int:
    loss = metrics.get(tags.TRAIN_LOSS)
    return int(loss.steps[-1]) if loss and len(loss.steps) else 0
