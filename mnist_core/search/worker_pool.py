"""Several workers of one sweep, each in a process of its own.

The processes are forked: this one has imported what a training needs and computes nothing itself,
so it has no threads and no CUDA context that a fork would break, and a worker starts at once. They
inherit the lock of the job that the sweep belongs to, if any.
"""

import multiprocessing
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from mnist_core.errors import MnistCoreError
from mnist_core.runs.signals import StopFlag
from mnist_core.runs.state import StopReason
from mnist_core.search.stop_file import watch_stop_file

_POLL_SECONDS = 0.2
_PROGRESS_SECONDS = 1.0


def run_workers(
    work: Callable[[int], None],
    workers: int,
    stop: StopFlag,
    *,
    stop_file: Path | None = None,
    poll: Callable[[], object] = lambda: None,
) -> list[str]:
    """Do `work` in several processes until all have exited; a requested stop stops them.

    It is called with the number of the process, from 0. Each process has a copy of `stop`, which
    signals set (see `stop_on_signals`); the appearance of `stop_file` requests a stop, too. `poll`
    is called about every second. Returns why processes failed; nothing if none did, or they were
    stopped. Raises MnistCoreError on Windows, which cannot fork.
    """
    if "fork" not in multiprocessing.get_all_start_methods():
        raise MnistCoreError(f"workers is {workers}; this system cannot fork processes: give 1")
    context = multiprocessing.get_context("fork")
    errors = context.SimpleQueue()

    def child(number: int) -> None:
        stop.deferred = False
        try:
            with watch_stop_file(stop_file, stop):
                work(number)
        except MnistCoreError as error:
            errors.put(str(error))
        except KeyboardInterrupt:
            return  # stopped before it had a trial

    processes = [context.Process(target=child, args=(number,)) for number in range(workers)]
    stop.deferred = True  # a signal requests the workers to stop; they keep their progress
    try:
        for process in processes:
            process.start()
        next_poll = time.monotonic()
        while any(process.is_alive() for process in processes):
            if stop_file and stop_file.exists():
                stop.set(StopReason.REQUESTED)
            if stop.reason:
                break
            if time.monotonic() >= next_poll:
                poll()
                next_poll = time.monotonic() + _PROGRESS_SECONDS
            time.sleep(_POLL_SECONDS)
    finally:
        for process in processes:
            with suppress(AttributeError):  # it was not started
                process.terminate()
                process.join()
        stop.deferred = False
    messages = []
    while not errors.empty():
        messages.append(errors.get())
    return [] if stop.reason else messages
