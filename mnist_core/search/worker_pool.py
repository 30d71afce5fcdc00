"""Several workers of one sweep, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from mnist_core.runs.signals import StopFlag
from mnist_core.search.requests import SweepRequest
from mnist_core.utils.json_files import JsonModel
from mnist_core.utils.processes import module_command, module_environment

_POLL_SECONDS = 0.2
_PROGRESS_SECONDS = 1.0


class WorkerTask(JsonModel):
    """What a worker's process is given as JSON on its standard input.

    Attributes
    ----------
    request : SweepRequest
    root : Path
        Folder of the runs.
    storage : str
    data : str or None
        Folder with MNIST/raw.
    stop_file : Path or None
        The worker stops when this file appears.
    """

    request: SweepRequest
    root: Path
    storage: str
    data: str | None = None
    stop_file: Path | None = None


class WorkerError(JsonModel):
    """What a worker's process that fails writes as JSON to its standard output."""

    message: str


def run_workers(
    task: WorkerTask,
    stop: StopFlag,
    *,
    inherited: Sequence[int] = (),
    poll: Callable[[], None] = lambda: None,
) -> list[str]:
    """Run `task.request.workers` processes until all have exited; a requested stop stops them.

    Parameters
    ----------
    task : WorkerTask
    stop : StopFlag
    inherited : sequence of int
        File descriptors that the processes inherit.
    poll : callable
        Called about every second.

    Returns
    -------
    list of str
        Why workers failed, an entry for each; empty if none did, or they were stopped.
    """
    processes: list[subprocess.Popen[bytes]] = []
    stop.training = True  # a signal requests the workers to stop; they keep their progress
    try:
        for _ in range(task.request.workers):
            processes.append(_start(task, inherited))
        next_poll = time.monotonic()
        while any(process.poll() is None for process in processes):
            if stop.reason:
                break
            if time.monotonic() >= next_poll:
                poll()
                next_poll = time.monotonic() + _PROGRESS_SECONDS
            time.sleep(_POLL_SECONDS)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()
        stop.training = False
    return [] if stop.reason else [_error(process) for process in processes if process.returncode]


def _start(task: WorkerTask, inherited: Sequence[int]) -> subprocess.Popen[bytes]:
    # the workers share the cores; more threads than cores would wait for each other
    threads = max(1, (os.cpu_count() or 1) // task.request.workers)
    process = subprocess.Popen(
        module_command("mnist_core.search.worker_process"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**module_environment(), "OMP_NUM_THREADS": str(threads)},
        pass_fds=inherited,
        start_new_session=True,  # Ctrl-C in a terminal reaches them through this process
    )
    assert process.stdin is not None
    with suppress(BrokenPipeError), process.stdin as pipe:  # it may have exited already
        pipe.write(task.model_dump_json().encode())
    return process


def _error(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    with process.stdout as pipe:
        try:
            return WorkerError.model_validate_json(pipe.read()).message
        except ValidationError:
            return f"a worker exited unexpectedly (status {process.returncode})"
