"""Metrics over steps, epochs, images seen, or training time; and with all of them as CSV."""

import csv
import dataclasses
import io
from collections.abc import Mapping
from enum import StrEnum

import numpy as np

from mnist_core.runs import metric_tags as tags
from mnist_core.runs.metric_log import Series
from mnist_core.training.config import TrainConfig
from mnist_core.training.estimate import steps_per_epoch, training_images
from mnist_core.utils.text import plain_cell


class Axis(StrEnum):
    """What the horizontal axis of a curve counts."""

    STEP = "step"
    EPOCH = "epoch"
    IMAGES = "images"
    TIME = "time"


def on_axis(metrics: Mapping[str, Series], config: TrainConfig, axis: Axis) -> dict[str, Series]:
    """Return metrics over another axis than the step: `steps` are floats then.

    Parameters
    ----------
    metrics : mapping of tag to Series
        What `MetricReader` reads.
    config : TrainConfig
        Of the run: its steps and images in an epoch.
    axis : Axis
        TIME is seconds spent in training steps; scoring and pauses are left out. Without a recorded
        speed there is no time, and the result is empty.
    """
    if axis is Axis.STEP:
        return dict(metrics)
    if axis is Axis.TIME:
        times = training_seconds(metrics, config)
        if times is None:
            return {}
        return {
            tag: dataclasses.replace(series, steps=_seconds_at(series.steps, times))
            for tag, series in metrics.items()
        }
    scale = 1 / steps_per_epoch(config) if axis is Axis.EPOCH else float(batch_size(config))
    return {
        tag: dataclasses.replace(series, steps=series.steps * scale)
        for tag, series in metrics.items()
    }


def training_seconds(metrics: Mapping[str, Series], config: TrainConfig) -> Series | None:
    """Return the seconds that training had taken at each step; None if speeds are not recorded."""
    speed = metrics.get(tags.IMAGES_PER_SECOND)
    if speed is None or not len(speed.values) or not (speed.values > 0).all():
        return None
    # each point is the speed since the one before it
    images = np.diff(speed.steps, prepend=0) * batch_size(config)
    return Series(speed.steps, np.cumsum(images / speed.values))


def _seconds_at(steps: np.ndarray, times: Series) -> np.ndarray:
    """Return the seconds of training until each step, between those that are known."""
    known = np.concatenate(([0], times.steps)), np.concatenate(([0.0], times.values))
    return np.interp(steps, *known)


def curves_csv(metrics: Mapping[str, Series], config: TrainConfig) -> str:
    """Return metrics as CSV in long form: a row for each point.

    The columns are metric, step, epoch (a fraction within an epoch), images (seen so far), seconds
    (of training until then; empty if it is not known) and value.

    Parameters
    ----------
    metrics : mapping of tag to Series
        What `MetricReader` reads.
    config : TrainConfig
        Of the run.
    """
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("metric", "step", "epoch", "images", "seconds", "value"))
    steps, images = steps_per_epoch(config), batch_size(config)
    times = training_seconds(metrics, config)
    for tag, series in metrics.items():
        seconds = [""] * len(series.steps)
        if times is not None:
            seconds = [f"{second:.3f}" for second in _seconds_at(series.steps, times)]
        for step, second, value in zip(
            series.steps.tolist(), seconds, series.values.tolist(), strict=True
        ):
            epoch = f"{step / steps:.6g}"
            writer.writerow((plain_cell(tag), step, epoch, step * images, second, value))
    return text.getvalue()


def batch_size(config: TrainConfig) -> int:
    """Return the images of a step: all of them, where they are fewer than a batch."""
    return min(config.batch_size, training_images(config))
