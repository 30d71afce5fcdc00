"""Ways to ask a run to stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class StopFlag:
    """Says whether, and why, a run is to stop. Safe to set from another thread."""

    def __init__(self) -> None:
        self.reason = ""
        self.training = False
        """While False nothing can be lost, and a signal ends the work at once."""
        self._next: StopFlag | None = None

    def set(self, reason: str) -> None:
        """Ask to stop; the first reason stays."""
        self.reason = self.reason or reason
        if self._next is not None:
            self._next.set(reason)

    @contextmanager
    def passed_to(self, other: StopFlag) -> Iterator[None]:
        """Let every request reach another flag as well, such as that of one run of several."""
        self._next, self.training = other, True
        try:
            yield
        finally:
            self._next, self.training = None, False


@contextmanager
def stop_on_signals(flag: StopFlag) -> Iterator[None]:
    """Let SIGINT and SIGTERM ask to stop; a second SIGINT interrupts at once.

    Does nothing outside the main thread, where Python takes no signals.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, _frame: FrameType | None) -> None:
        again = bool(flag.reason) and number == signal.SIGINT
        flag.set(f"stopped by {signal.Signals(number).name}")
        if again or not flag.training:
            raise KeyboardInterrupt

    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, on_signal) for number in signals]
    try:
        yield
    finally:
        for number, handler in zip(signals, before, strict=True):
            signal.signal(number, handler)
