"""The worker of a queue: trains the waiting runs of a device one after the other.

Each run is trained in a child process that is forked from the worker. The worker has imported what
a training needs, so a run starts without another start-up of Python; and it computes nothing
itself, so it has no threads and no CUDA context that a fork would break. A separate process for
each run means that its memory is returned, a run that is killed or out of memory ends alone, and a
run is stopped by its own process id. The child inherits the queue's lock: if the worker is killed,
the device counts as busy until the run has ended, and then `ensure_workers` starts a new worker.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from mnist_core.errors import MnistCoreError
from mnist_core.runs.folder import now
from mnist_core.runs.queue import open_output, queue_lock_path, queue_place, waiting
from mnist_core.runs.run import Run, exited_unexpectedly
from mnist_core.runs.runner import execute
from mnist_core.runs.signals import StopFlag, stop_on_signals
from mnist_core.runs.state import RunStatus, StopReason
from mnist_core.utils.locks import acquire_lock

_LOCK_TIMEOUT = 1.0
"""Seconds; a process that tests whether there is a worker holds the lock for an instant."""
_OUTPUT = "process.txt"

Train = Callable[[Run], object]


def train_queued(run: Run) -> None:
    """Train a run if it still waits in the queue; its state says how it ended."""
    stop = StopFlag()
    with stop_on_signals(stop):
        execute(run, stop=stop, if_queued=True)


def work(
    root: Path,
    device: str,
    lock: io.FileIO | None = None,
    train: Train = train_queued,
    preload: Callable[[], None] | None = None,
) -> None:
    """Train the runs that wait for a device, until none is left or another worker is running.

    `lock` is the queue's, if the process that started this one has acquired it. `train` is called
    with each run, in a forked child process. `preload` (by default `import_for_training`) is called
    before the second run, for all that follow; the first one starts without waiting for it.
    """
    tried: set[tuple[str, int]] = set()  # places that could not be given up, on a full disk

    def next_run() -> Run | None:
        runs = waiting(root).get(device, ())
        return next((run for run in runs if (run.id, queue_place(run).time) not in tried), None)

    while next_run() is not None:
        lock = lock or acquire_lock(queue_lock_path(root, device), _LOCK_TIMEOUT)
        if lock is None:
            return
        with lock:
            while (run := next_run()) is not None:
                if tried:
                    (preload or import_for_training)()
                tried.add((run.id, queue_place(run).time))
                _train_in_child(run, train)
        lock = None  # a run may have been queued before the lock was released: check again


def import_for_training() -> None:
    """Import the slow packages that every training imports."""
    for name in ("torch._dynamo", "sklearn.metrics"):
        importlib.import_module(name)


def _train_in_child(run: Run, train: Train) -> None:
    """Train a run in a child process; record an end that the child could not record itself."""
    place = queue_place(run)
    process = multiprocessing.get_context("fork").Process(target=_child, args=(run, train))
    try:
        process.start()
    except OSError as error:
        _give_up(run, f"its process cannot be started ({error.strerror})")
        return
    try:
        process.join()
    except KeyboardInterrupt:
        process.join()  # the terminal interrupted the child as well, and it saves its state
        raise
    exit_code = process.exitcode or 0
    with contextlib.suppress(MnistCoreError):  # a damaged run: every list reports it
        state = run.read_state()
        if state.status == RunStatus.RUNNING and state.pid == process.pid:
            ended = exited_unexpectedly(state, _describe_exit(exit_code))
            run.write_state(ended.with_changes(ended=now()))
            run.log(f"{ended.status}: {ended.reason}")
    # in the same place still: it did not start (and has not been queued again meanwhile)
    if run.is_in_queue() and queue_place(run) == place:
        _give_up(run, f"exited unexpectedly: {_describe_exit(exit_code)}")


def _child(run: Run, train: Train) -> None:
    """Train a run in this process; what it prints is in the run's process.txt."""
    try:
        with open_output(run.folder / _OUTPUT) as output:
            for descriptor in (1, 2):
                os.dup2(output.fileno(), descriptor)
    except OSError:
        pass  # the worker's own output is as good
    try:
        train(run)
    except MnistCoreError as error:  # the state says it already, where the run has one
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)


def _describe_exit(exit_code: int) -> str:
    if exit_code < 0:
        with contextlib.suppress(ValueError):
            return f"signal {signal.Signals(-exit_code).name}"
    return f"exit status {exit_code}"


def _give_up(run: Run, reason: str) -> None:
    """Take a run that could not start out of the queue."""
    with contextlib.suppress(MnistCoreError):  # a damaged run: every list reports it
        if run.read_state().status == RunStatus.QUEUED:
            run.update_state(
                status=RunStatus.FAILED, reason=reason, stop_reason=StopReason.ERROR, ended=now()
            )
    with contextlib.suppress(MnistCoreError):  # a folder that cannot be written
        run.leave_queue()
