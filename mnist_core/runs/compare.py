"""How runs differ: their settings and their results."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mnist_core.evaluation.scores import CLASSIC_PAIRS
from mnist_core.models.architectures import build_model
from mnist_core.models.shapes import count_parameters
from mnist_core.runs import metric_tags as tags
from mnist_core.runs.axes import batch_size, training_seconds
from mnist_core.runs.metric_log import Series
from mnist_core.runs.run import Run
from mnist_core.training.config import TrainConfig
from mnist_core.training.estimate import steps_per_epoch


@dataclass(frozen=True)
class Result:
    """The result of a run, or what it has reached so far.

    Attributes
    ----------
    status : str
    epoch, epochs : int
        Completed, and configured.
    best_epoch : int or None
        The epoch whose weights are kept.
    accuracy : float in [0, 1], or None
        Of that epoch, on the validation images.
    loss : float or None
        The same, in nats.
    parameters : int
    seconds : float or None
        Spent in training steps; scoring and pauses are left out.
    images_per_second : float or None
        Mean over all steps.
    pairs : dict of (int, int) to float
        For each of `CLASSIC_PAIRS`, at that epoch: the mean of the shares of the one digit's
        images that were predicted as the other, in both directions. Without unrecorded pairs.
    """

    status: str
    epoch: int
    epochs: int
    best_epoch: int | None
    accuracy: float | None
    loss: float | None
    parameters: int
    seconds: float | None
    images_per_second: float | None
    pairs: dict[tuple[int, int], float]


def differing_settings(configs: Mapping[str, TrainConfig]) -> dict[str, dict[str, Any]]:
    """Return the fields that are not the same in all runs: field -> run -> value."""
    values = {run: config.model_dump() for run, config in configs.items()}
    fields = TrainConfig.model_fields if len(values) > 1 else ()
    found = {field: {run: of[field] for run, of in values.items()} for field in fields}
    return {
        field: by_run
        for field, by_run in found.items()
        if any(value != next(iter(by_run.values())) for value in by_run.values())
    }


def result(run: Run, metrics: Mapping[str, Series]) -> Result:
    """Return the result of a run.

    Parameters
    ----------
    run : Run
    metrics : mapping of tag to Series
        What `MetricReader` reads in its folder.

    Raises
    ------
    MnistCoreError
        If its state or its configuration is damaged.
    """
    state, config = run.state(), run.config()
    trained = training_seconds(metrics, config)
    seconds = None if trained is None else float(trained.values[-1])
    images = 0 if trained is None else trained.steps[-1] * batch_size(config)
    return Result(
        status=state.status,
        epoch=state.epoch,
        epochs=config.epochs,
        best_epoch=state.best_epoch or None,
        accuracy=state.validation_accuracy,
        loss=state.validation_loss,
        parameters=count_parameters(build_model(config.model, kernel_size=config.kernel_size)),
        seconds=seconds,
        images_per_second=float(images / seconds) if seconds else None,
        pairs=_pairs(metrics, state.best_epoch * steps_per_epoch(config)),
    )


def _pairs(metrics: Mapping[str, Series], best_step: int) -> dict[tuple[int, int], float]:
    found = {}
    for a, b in CLASSIC_PAIRS:
        both = [metrics.get(tags.confusion_tag(*pair)) for pair in ((a, b), (b, a))]
        values = [s.values[s.steps == best_step] for s in both if s is not None]
        if len(values) == 2 and all(map(len, values)):
            found[a, b] = float(np.mean(values))
    return found
