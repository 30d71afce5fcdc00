"""A run's metrics as CSV."""

import csv
import io
from collections.abc import Mapping

from mnist_core.runs.axes import batch_size, training_seconds
from mnist_core.runs.metric_log import Series
from mnist_core.training.config import TrainConfig
from mnist_core.training.estimate import steps_per_epoch
from mnist_core.utils.text import plain_cell


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
    import numpy as np

    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("metric", "step", "epoch", "images", "seconds", "value"))
    steps, images, times = steps_per_epoch(config), batch_size(config), None
    if (known := training_seconds(metrics, config)) is not None:
        times = np.concatenate(([0], known.steps)), np.concatenate(([0.0], known.values))
    for tag, series in metrics.items():
        for step, value in zip(series.steps.tolist(), series.values.tolist(), strict=True):
            seconds = "" if times is None else f"{np.interp(step, *times):.3f}"
            writer.writerow(
                (plain_cell(tag), step, f"{step / steps:.6g}", step * images, seconds, value)
            )
    return text.getvalue()
