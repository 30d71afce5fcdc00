"""Small trainings and what to compare of them."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from torch import Tensor, nn

from mnist_core.data.mnist import Split
from mnist_core.runs.run import Run
from mnist_core.runs.runner import execute
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import Epoch, Event, Finished

Splits = tuple[Split, Split]


def small(**changes: Any) -> TrainConfig:
    """The article's network, one epoch, nothing random but the order."""
    fields = {
        "model": "mnist_cnn",
        "epochs": 1,
        "batch_size": 50,
        "learning_rate": 5e-3,
        "augment": "none",
        "ema_decay": 0.0,
        "device": "cpu",
    }
    return TrainConfig(**{**fields, **changes})


def part(splits: Splits, training: int, validation: int) -> Splits:
    """Return the first images of both."""
    first, second = splits
    return (
        Split(first.images[:training], first.labels[:training]),
        Split(second.images[:validation], second.labels[:validation]),
    )


def finish(events: Iterable[Event]) -> Finished:
    """Run to the end."""
    *_, finished = events
    assert isinstance(finished, Finished)
    return finished


def weights(model: nn.Module) -> Tensor:
    """Return everything a network keeps, parameters and buffers, as one vector."""
    return torch.cat([t.detach().flatten().double() for t in model.state_dict().values()])


class PausedRun:
    """A run that is trained by a thread of this process, and only as far as it is told to.

    Parameters
    ----------
    run : Run
        It has to wait in the queue.
    splits : (training, validation)
    """

    def __init__(self, run: Run, splits: Splits) -> None:
        self._run = run
        self._allowed = threading.Semaphore(0)
        self._to_epoch = threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._ended = self._pool.submit(
            execute, run, splits=splits, listen=self._wait, if_queued=True
        )

    def _wait(self, event: Event) -> None:
        if isinstance(event, Epoch) and self._to_epoch.is_set():
            self._to_epoch.clear()
            self._allowed = threading.Semaphore(0)
        while not (
            self._to_epoch.is_set()
            or self._run.stop_is_requested()
            or self._allowed.acquire(timeout=0.05)
        ):
            pass

    def complete_epoch(self) -> None:
        """Let it train to the end of its epoch, and no further."""
        self._to_epoch.set()

    def go_on(self, events: int) -> None:
        """Let it train until it has reported so many more events."""
        self._allowed.release(events)

    def wait_until_stopped(self) -> None:
        """Wait until it has stopped, after `request_stop`."""
        self._pool.shutdown()
        self._ended.result()
