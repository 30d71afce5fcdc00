"""Workers of the queue in processes that need not import torch again."""

from __future__ import annotations

import io
import os
from multiprocessing import reduction
from pathlib import Path

from mnist_core.runs.queue_devices import queue_lock_path
from mnist_core.runs.queue_worker import work
from mnist_core.search.job_process import carry_out
from mnist_core.utils.processes import open_output
from support.processes import FORKS


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
