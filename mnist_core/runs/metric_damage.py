"""From which step on a run's metrics are damaged or missing."""

import contextlib
from collections.abc import Mapping

from mnist_core.errors import MnistCoreError
from mnist_core.runs import metric_tags as tags
from mnist_core.runs.metric_log import MetricReader, Series
from mnist_core.runs.run import Run
from mnist_core.runs.state import RunState


def first_damaged_step(
    reader: MetricReader, state: RunState | None, metrics: Mapping[str, Series]
) -> int | None:
    """Return the first step from which on metrics are damaged or missing; None if all are there.

    Parameters
    ----------
    reader : MetricReader
    state : RunState or None
        Read before the metrics: an epoch's metrics are written before its state. None if it is
        damaged: what is missing at the end is not noticed then.
    metrics : mapping of tag to Series
        What the reader returned.
    """
    # one point for each epoch, also where the loss is not finite
    scored = metrics.get(tags.VALIDATION_ACCURACY)
    last, epochs = (int(scored.steps[-1]), len(scored.steps)) if scored else (0, 0)
    missing = last + 1 if state is not None and epochs < state.epoch else None
    found = [step for step in (missing, reader.damaged_from()) if step is not None]
    return min(found, default=None)


def read_with_damage(run: Run) -> tuple[dict[str, Series], str]:
    """Return a run's metrics, and a sentence about their damage; empty if there is none."""
    reader, state = MetricReader(run.folder), None
    with contextlib.suppress(MnistCoreError):
        state = run.state()
    metrics = reader.read()
    step = first_damaged_step(reader, state, metrics)
    if step is None:
        return metrics, ""
    return metrics, (
        f"The run's metrics are damaged or missing from step {step:,} on, so its curves are "
        "incomplete. Weights and scores are not affected."
    )
