"""Runs in the queue, and its workers in processes that need not import torch again."""

from __future__ import annotations

import io
import multiprocessing
import os
from collections.abc import Callable
from multiprocessing import reduction
from pathlib import Path
from typing import Any

from mnist_core.runs.queue import enqueue, ensure_workers
from mnist_core.runs.queue_devices import queue_lock_path
from mnist_core.runs.queue_worker import work
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run
from mnist_core.search.job_process import carry_out
from mnist_core.training.config import TrainConfig
from mnist_core.utils.processes import open_output
from support.processes import FORKS

FORK = multiprocessing.get_context("fork")


def queued(config: TrainConfig, root: Path, name: str = "") -> Run:
    run = create_run(config, root, name)
    enqueue(run)
    return run


def status(run: Run) -> str:
    return run.state().status


def started_workers(root: Path) -> list[str]:
    """Return the devices for which a worker would be started now."""
    devices: list[str] = []
    ensure_workers(root, lambda root, device, lock: devices.append(device))
    return devices


def start_worker(root: Path, device: str, train: Callable[[Run, str], object]) -> Any:
    """Start the worker of a device in a process that is forked from this one."""
    worker = FORK.Process(target=work, args=(root, device, None, train))
    worker.start()
    return worker


class ForkedWorker:
    """A worker as `start_worker` starts it, but forked from a process that has imported torch."""

    def __init__(self, root: Path, device: str, lock: io.FileIO) -> None:
        self._root, self._device, self._lock = root, device, lock
        self.process = FORKS.Process(target=self._work)
        self.process.start()

    def __getstate__(self) -> dict[str, object]:
        return {
            "_root": self._root,
            "_device": self._device,
            "_lock": reduction.DupFd(self._lock.fileno()),
        }

    def _work(self) -> None:
        os.setsid()
        output = open_output(queue_lock_path(self._root, self._device).with_suffix(".log"))
        for number in (1, 2):
            os.dup2(output.fileno(), number)
        work(self._root, self._device, io.FileIO(self._lock.detach(), "r+"), carry_out)
