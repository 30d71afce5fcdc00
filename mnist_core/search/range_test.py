"""A learning-rate range test from its request: data and teacher are loaded here."""

from collections.abc import Callable
from pathlib import Path

from mnist_core.runs.inputs import load_network, load_splits
from mnist_core.runs.queue_devices import resolve_device
from mnist_core.search.requests import RangeTestRequest
from mnist_core.training.lr_finder import RangeTest, find_learning_rate


def run_range_test(
    request: RangeTestRequest,
    root: Path,
    *,
    data: str | None = None,
    report: Callable[[int], None] = lambda step: None,
    device: str | None = None,
) -> RangeTest:
    """Carry out a range test on MNIST's training images.

    Parameters
    ----------
    request : RangeTestRequest
    root : Path
        Folder of the runs, where the teacher may be one.
    data : str or None
        Folder with MNIST/raw, see `data_root`.
    report : callable
        Called with the number of completed steps, after each.
    device : str or None
        What "auto" means, such as cuda:1; None: a free one.

    Raises
    ------
    MnistCoreError
        As `find_learning_rate`; or if device, teacher or data are not available.
    """
    config = request.config
    chosen = resolve_device(root, config.device, device)
    teacher = load_network(config.teacher, root)
    training, _ = load_splits(config, chosen, data)
    return find_learning_rate(
        config,
        training,
        low=request.low,
        high=request.high,
        steps=request.steps,
        teacher=teacher,
        report=report,
    )
