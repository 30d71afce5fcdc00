"""A run's evaluation as one HTML page."""

from __future__ import annotations

import os

from mnist_core.data.mnist import load_validation
from mnist_core.models.weights import read_card
from mnist_core.reports.html import html_report
from mnist_core.runs.evaluation import run_evaluation
from mnist_core.runs.metric_log import MetricReader
from mnist_core.runs.run import Run


def run_report(run: Run, data: str | os.PathLike[str] | None = None) -> str:
    """Return `html_report` of a run's best weights on its validation images.

    A run without an evaluation (it is not finished) is evaluated here, on the CPU.

    Parameters
    ----------
    run : Run
    data : path, optional
        See `data_root`.

    Raises
    ------
    MnistCoreError
        If the run has no usable weights, is damaged, or MNIST is missing.
    """
    evaluation = run_evaluation(run, data)
    size = run.config().validation_size
    validation = load_validation("cpu", data, size=size)
    curves = MetricReader(run.folder).read()
    name = run.state().name or run.id
    return html_report(
        name,
        evaluation,
        validation.images,
        curves={name: curves} if curves else None,
        card=read_card(run.weights_path).as_dict(),
    )
