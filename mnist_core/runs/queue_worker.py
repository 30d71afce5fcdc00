"""The worker of a device: trains what waits for it, one run or job after the other.

Each run is trained in a child process that is forked from the worker. The worker has imported what
a training needs, so a run starts without another start-up of Python; and it computes nothing
itself, so it has no threads and no CUDA context that a fork would break. A separate process for
each run means that its memory is returned, a run that is killed or out of memory ends alone, and a
run is stopped by its own process id. The child inherits the queue's lock: if the worker is killed,
the device counts as busy until the run has ended, and then `ensure_workers` starts a new worker.
"""

import contextlib
import importlib
import io
import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from mnist_core.errors import MnistCoreError
from mnist_core.runs.folder import WorkFolder, now
from mnist_core.runs.queue import Waiting, queue_place, take_next, waiting
from mnist_core.runs.queue_devices import queue_lock_path
from mnist_core.runs.run import Run, exited_unexpectedly
from mnist_core.runs.runner import execute
from mnist_core.runs.signals import StopFlag, stop_on_signals
from mnist_core.runs.state import RunStatus, StopReason
from mnist_core.utils.locks import acquire_lock
from mnist_core.utils.processes import open_output

_LOCK_TIMEOUT = 1.0
"""Seconds; a process that tests whether there is a worker holds the lock for an instant."""
_OUTPUT = "process.txt"
_POLL_SECONDS = 0.2

Train = Callable[[WorkFolder, str], object]
"""Trains a run, or carries out a job, on a device."""


def train_queued(item: WorkFolder, device: str) -> None:
    """Train a run if it still waits in the queue; its state says how it ended."""
    stop = StopFlag()
    with stop_on_signals(stop):
        execute(Run(item.folder), stop=stop, if_queued=True, device=device)


def work(
    root: Path,
    device: str,
    lock: io.FileIO | None = None,
    train: Train = train_queued,
    preload: Callable[[], None] | None = None,
) -> None:
    """Train what waits for a device, until nothing is left or another worker is running.

    `lock` is the queue's, if the process that started this one has acquired it. `train` is called
    with each run or job and the device, in a forked child process. `preload` (by default
    `import_for_training`) is called before the second run, for all that follow; the first one
    starts without waiting for it.
    """
    tried: set[tuple[int, str]] = set()  # places that could not be given up, on a full disk

    def is_needed() -> bool:
        return any(one.key not in tried and one.may_use(device) for one in waiting(root))

    while is_needed():
        lock = lock or acquire_lock(queue_lock_path(root, device), _LOCK_TIMEOUT)
        if lock is None:
            return
        with lock:
            while (one := take_next(root, device, tried)) is not None:
                if tried:
                    (preload or import_for_training)()
                tried.add(one.key)
                _train_in_child(one, device, train)
        lock = None  # a run may have been queued before the lock was released: check again


def import_for_training() -> None:
    """Import the slow packages that every training imports."""
    for name in ("torch._dynamo", "scipy.optimize"):
        importlib.import_module(name)


def _train_in_child(one: Waiting, device: str, train: Train) -> None:
    """Train in a child process; record an end that the child could not record itself."""
    item = one.item
    process = multiprocessing.get_context("fork").Process(target=_child, args=(item, device, train))
    try:
        process.start()
    except OSError as error:
        _give_up(item, f"its process cannot be started ({error.strerror})")
        return
    try:
        process.join()
    except KeyboardInterrupt:
        process.join()  # the terminal interrupted the child as well, and it saves its state
        raise
    exit_code = process.exitcode or 0
    if isinstance(item, Run):
        _record_exit(item, process.pid, exit_code)
    else:
        while item.is_active():  # the workers of a sweep whose process was killed
            time.sleep(_POLL_SECONDS)
    # in the same place still: it did not start (and has not been queued again meanwhile)
    if item.is_in_queue() and queue_place(item) == one.place:
        _give_up(item, f"exited unexpectedly: {_describe_exit(exit_code)}")


def _record_exit(run: Run, pid: int | None, exit_code: int) -> None:
    with contextlib.suppress(MnistCoreError):  # a damaged run: every list reports it
        state = run.read_state()
        if state.status == RunStatus.RUNNING and state.pid == pid:
            ended = exited_unexpectedly(run, state, _describe_exit(exit_code))
            seconds = state.seconds(datetime.now(UTC))
            run.write_state(ended.with_changes(ended=now(), trained_seconds=seconds))
            run.log(ended.outcome)


def _child(item: WorkFolder, device: str, train: Train) -> None:
    """Train in this process; what it prints is in a run's process.txt, or is a job's log."""
    path = item.folder / _OUTPUT if isinstance(item, Run) else item.log_path
    try:
        with open_output(path) as output:
            for descriptor in (1, 2):
                os.dup2(output.fileno(), descriptor)
    except OSError:
        pass  # the worker's own output is as good
    try:
        train(item, device)
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


def _give_up(item: WorkFolder, reason: str) -> None:
    """Take what could not start out of the queue; the state of a job follows from its files."""
    with contextlib.suppress(MnistCoreError):  # a damaged run: every list reports it
        if isinstance(item, Run) and item.read_state().status == RunStatus.QUEUED:
            item.update_state(
                status=RunStatus.FAILED, reason=reason, stop_reason=StopReason.ERROR, ended=now()
            )
    with contextlib.suppress(MnistCoreError):  # a folder that cannot be written
        item.leave_queue()
