"""The generated drawings that complete a run's batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch

from mnist_core.training.config import TrainConfig
from mnist_core.training.events import Drawn

if TYPE_CHECKING:
    from mnist_core.data.allographs.pool import DrawingPool

_EVENTS = 20


def generate_drawings(
    config: TrainConfig,
    images: int,
    device: torch.device,
    listen: Callable[[Drawn], None] | None = None,
) -> DrawingPool | None:
    """Return a run's drawings; with fewer than all epochs need, they are drawn again.

    Parameters
    ----------
    config : TrainConfig
    images : int
        Training images of an epoch.
    device : torch.device
        Where the drawings are kept.
    listen : callable, optional
        Called with `Drawn` at each twentieth of them.

    Returns
    -------
    DrawingPool, or None if the configuration asks for no drawings
    """
    share = config.allographs + config.non_digits
    if not share:
        return None
    from mnist_core.data.allographs.pool import DrawingPool  # slow to import: scipy

    count = min(config.drawings, config.epochs * images * share)
    parts = -1

    def report(done: int, total: int) -> None:
        nonlocal parts
        if listen is not None and _EVENTS * done // total > parts:
            parts = _EVENTS * done // total
            listen(Drawn(done, total))

    return DrawingPool.generate(
        round(count * config.allographs / share),
        round(count * config.non_digits / share),
        device,
        report=report,
    )
