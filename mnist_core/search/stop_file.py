"""A file whose existence requests a job's processes to stop."""

from __future__ import annotations

import _thread
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mnist_core.runs.signals import StopFlag, stop_on_signals
from mnist_core.runs.state import StopReason

_POLL_SECONDS = 0.2


@contextmanager
def stop_on_file(path: Path | None) -> Iterator[StopFlag]:
    """Yield a flag that signals set, and the appearance of a file.

    As with a signal, KeyboardInterrupt is raised at once while no progress can be lost.

    Parameters
    ----------
    path : Path or None
        None: signals only.
    """
    flag, finished = StopFlag(), threading.Event()

    def watch(path: Path) -> None:
        while not path.exists():
            if finished.wait(_POLL_SECONDS):
                return
        flag.set(StopReason.REQUESTED)
        # the main thread may be loading data: let the signal handler decide whether to interrupt
        _thread.interrupt_main(signal.SIGTERM)

    with stop_on_signals(flag):
        thread = path and threading.Thread(target=watch, args=(path,), daemon=True)
        if thread:
            thread.start()
        try:
            yield flag
        finally:
            finished.set()
            if thread:
                thread.join()
