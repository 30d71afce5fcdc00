"""How long a run will take, from earlier runs with the same settings on the same device."""

import socket
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from mnist_core.errors import MnistCoreError
from mnist_core.runs import metric_tags as tags
from mnist_core.runs.metric_log import MetricReader
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import list_runs
from mnist_core.training.config import TrainConfig
from mnist_core.training.estimate import timed_settings

_MOST_RUNS = 10
_QUANTILES = (0.1, 0.9)
"""Of the epochs' durations: an epoch that was slowed by something else, or resumed, is no rule."""


@dataclass(frozen=True)
class RunEstimate:
    """The least and the most seconds that a run is expected to take, and from how many runs."""

    low: float
    high: float
    runs: int


def estimate_from_runs(config: TrainConfig, device: str, root: Path) -> RunEstimate | None:
    """Estimate from the newest runs that differ in nothing that changes the time of an epoch.

    Parameters
    ----------
    config : TrainConfig
    device : str
        Such as cpu or cuda:1.
    root : Path
        Folder of the runs.

    Returns
    -------
    RunEstimate or None
        None if no such run has completed an epoch on this machine and such a device.
    """
    wanted, first, later, count = timed_settings(config), [], [], 0
    for run in list_runs(root):
        seconds = _epoch_seconds(run, wanted, _device_kind(device))
        if len(seconds):
            first.append(seconds[0])
            later.extend(seconds[1:])
            count += 1
        if count == _MOST_RUNS:
            break
    if not count:
        return None
    # the first epoch compiles and warms up
    ends = zip(np.quantile(first, _QUANTILES), np.quantile(later or first, _QUANTILES), strict=True)
    low, high = (float(one + (config.epochs - 1) * other) for one, other in ends)
    return RunEstimate(low, high, count)


def _epoch_seconds(run: Run, wanted: dict[str, object], kind: str) -> list[float]:
    """Return the durations of the epochs of a run; none of one that is not comparable."""
    try:
        if timed_settings(run.config()) != wanted:
            return []
        state = run.read_state()
    except MnistCoreError:  # a damaged run: every list reports it
        return []
    if state.host != socket.gethostname() or not state.device.startswith(kind):
        return []
    series = MetricReader(run.folder).read().get(tags.EPOCH_SECONDS)
    return [] if series is None else series.values.tolist()


def _device_kind(device: str) -> str:
    """Return how the display names of such devices begin; equal GPUs have the same."""
    # the number of threads in the CPU's name is that of this process, not of a run
    return "CPU" if device == "cpu" else torch.cuda.get_device_name(device)
