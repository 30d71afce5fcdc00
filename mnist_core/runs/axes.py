"""Metrics over steps, epochs, images seen, or training time."""

import dataclasses
from collections.abc import Mapping
from enum import StrEnum

import numpy as np

from mnist_core.runs import metric_tags as tags
from mnist_core.runs.metric_log import Series
from mnist_core.training.config import TrainConfig
from mnist_core.training.estimate import steps_per_epoch, training_images


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
        seconds = training_seconds(metrics, config)
        if seconds is None:
            return {}
        known = np.concatenate(([0], seconds.steps)), np.concatenate(([0.0], seconds.values))
        return {
            tag: dataclasses.replace(series, steps=np.interp(series.steps, *known))
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


def batch_size(config: TrainConfig) -> int:
    """Return the images of a step: all of them, where they are fewer than a batch."""
    return min(config.batch_size, training_images(config))
