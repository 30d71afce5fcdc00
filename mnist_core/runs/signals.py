"""Requests to stop a run: a flag, and the signals that set it."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from mnist_core.runs.state import StopReason

STOP_SIGNALS = {
    signal.SIGINT: StopReason.INTERRUPTED,
    signal.SIGTERM: StopReason.TERMINATED,
}
if hasattr(signal, "SIGHUP"):  # not on Windows
    STOP_SIGNALS[signal.SIGHUP] = StopReason.HANGUP


class StopFlag:
    """Whether, and why, a run is to stop. May be set from another thread.

    Attributes
    ----------
    reason : StopReason or None
        None: the run continues.
    deferred : bool
        Whether a signal only sets the flag, so that the work ends when it is convenient. Otherwise
        it also raises KeyboardInterrupt: no progress can be lost.
    """

    def __init__(self) -> None:
        self.reason: StopReason | None = None
        self.deferred = False
        self._next: StopFlag | None = None

    def set(self, reason: StopReason) -> None:
        """Request to stop; the first reason is kept."""
        self.reason = self.reason or reason
        if self._next is not None:
            self._next.set(reason)

    @contextmanager
    def passed_to(self, other: StopFlag) -> Iterator[None]:
        """Forward every request to another flag as well, such as that of one run of several."""
        self._next, self.deferred = other, True
        try:
            yield
        finally:
            self._next, self.deferred = None, False


@contextmanager
def stop_on_signals(flag: StopFlag) -> Iterator[None]:
    """Let SIGINT, SIGTERM and SIGHUP request a stop; a second SIGINT interrupts at once.

    Unless the flag is deferred, the first signal raises KeyboardInterrupt at once. A signal that
    the process ignores (SIGHUP under nohup) stays ignored. Does nothing outside the main thread,
    where Python takes no signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, _frame: FrameType | None) -> None:
        repeated = flag.reason is not None and number == signal.SIGINT
        flag.set(STOP_SIGNALS[signal.Signals(number)])
        if repeated or not flag.deferred:
            raise KeyboardInterrupt

    before = {
        number: signal.signal(number, on_signal)
        for number in STOP_SIGNALS
        if number != getattr(signal, "SIGHUP", None) or signal.getsignal(number) != signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
