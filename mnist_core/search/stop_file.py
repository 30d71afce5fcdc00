"""A file whose existence requests a job's processes to stop."""

import _thread
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mnist_core.runs.signals import StopFlag
from mnist_core.runs.state import StopReason

_POLL_SECONDS = 0.2


@contextmanager
def watch_stop_file(path: Path | None, stop: StopFlag) -> Iterator[None]:
    """Request a stop when a file appears while the block runs, as a signal would.

    The flag is that of `stop_on_signals`. Without a path, nothing is watched.
    """
    finished = threading.Event()

    def watch(path: Path) -> None:
        while not path.exists():
            if finished.wait(_POLL_SECONDS):
                return
        stop.set(StopReason.REQUESTED)
        # the main thread may be loading data: the signal handler decides whether to interrupt it
        _thread.interrupt_main(signal.SIGTERM)

    if path is None:
        yield
        return
    thread = threading.Thread(target=watch, args=(path,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        thread.join()
