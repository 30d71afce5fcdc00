"""The queue of runs: one run at a time on each device.

A run waits by a file in its folder, so any process that reads the folder sees it, and nothing is
lost when a process exits. A worker (`mnist_core.runs.queue_worker`) holds the lock
`runs/queue-<device>.lock` and trains runs until none is left. `ensure_workers` starts one where
runs wait and no worker is running.
"""

from __future__ import annotations

import io
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import torch
from pydantic import Field

from mnist_core.errors import MnistCoreError
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import list_runs
from mnist_core.runs.state import RunStatus
from mnist_core.training.config import TrainConfig
from mnist_core.utils.files import SAFE_FLAGS, explain_errors
from mnist_core.utils.json_files import DamagedFileError, JsonModel, read_json, write_json
from mnist_core.utils.locks import acquire_lock
from mnist_core.utils.processes import start_module

_MAX_PLACE_BYTES = 4096


class QueuePlace(JsonModel):
    """A run's place in the queue (queue.json): when it was added, in ns, and for which device."""

    time: Annotated[int, Field(ge=0, lt=2**63)]
    device: Annotated[str, Field(pattern=r"^(cpu|cuda:\d{1,3})$")]


StartWorker = Callable[[Path, str, io.FileIO], None]
"""Starts a worker for the runs in a folder and a device; the worker inherits the lock."""


def enqueue(run: Run) -> None:
    """Put a run at the end of the queue, to start or to resume.

    Raises
    ------
    MnistCoreError
        If it is running or finished, its folder is damaged or it cannot be written.
    """
    state = run.state()
    if state.status in (RunStatus.RUNNING, RunStatus.FINISHED):
        raise MnistCoreError(f"run {run.id} is {state.status}; it cannot wait in the queue")
    place = QueuePlace(time=time.time_ns(), device=queue_device(run.config()))
    run.update_state(status=RunStatus.QUEUED, reason="", stop_reason=None, ended="", pid=None)
    write_json(run.queue_path, place)


def queue_device(config: TrainConfig) -> str:
    """Return the device whose queue a run waits in: "cpu", "cuda:0", "cuda:1", ..."""
    if config.device == "auto":
        return "cuda:0" if torch.cuda.device_count() else "cpu"
    return "cuda:0" if config.device == "cuda" else config.device


def queue_place(run: Run) -> QueuePlace:
    """Return a run's place in the queue; with a damaged file it is the next one on the CPU.

    So a damaged run leaves the queue soon, and the worker records what is wrong with it.
    """
    try:
        return read_json(run.queue_path, QueuePlace, limit=_MAX_PLACE_BYTES)
    except DamagedFileError:
        return QueuePlace(time=0, device="cpu")


def waiting(root: Path) -> dict[str, list[Run]]:
    """Return the waiting runs by device, the next one first."""
    found: dict[str, list[tuple[int, str, Run]]] = {}
    for run in list_runs(root):
        if run.is_in_queue():
            place = queue_place(run)
            found.setdefault(place.device, []).append((place.time, run.id, run))
    return {
        device: [run for *_, run in sorted(runs, key=lambda item: item[:2])]
        for device, runs in found.items()
    }


def ensure_workers(root: Path, start: StartWorker | None = None) -> None:
    """Start a worker for every device that has waiting runs and no worker.

    The worker keeps running when this process exits. Two simultaneous calls start one worker.

    Parameters
    ----------
    root : Path
        Folder of the runs.
    start : callable, optional
        Starts a worker; by default in a new process.

    Raises
    ------
    MnistCoreError
        If the lock or the process cannot be created.
    """
    for device in waiting(root):
        lock = acquire_lock(queue_lock_path(root, device), timeout=0)
        if lock is not None:
            with lock:  # the worker has inherited it when the block ends
                (start or start_worker)(root, device, lock)


def start_worker(root: Path, device: str, lock: io.FileIO) -> None:
    """Start a worker in a process of its own, which inherits the lock.

    What it prints is in `queue-<device>.log`. Raises MnistCoreError if it cannot be started.
    """
    command = ("mnist_core", "work", "--device", device, "--runs", str(root))
    with (
        explain_errors(root, "no worker can be started"),
        open_output(queue_lock_path(root, device).with_suffix(".log")) as output,
    ):
        start_module(*command, "--lock", str(lock.fileno()), output=output, lock=lock)


def queue_lock_path(root: Path, device: str) -> Path:
    """Return the lock of the worker for a device."""
    return root / f"queue-{device.replace(':', '-')}.lock"


def open_output(path: Path) -> io.FileIO:
    """Open a new file for what a process prints. Raises OSError if it cannot be created."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | SAFE_FLAGS
    return io.FileIO(path, "w", opener=lambda name, _: os.open(name, flags, 0o666))
