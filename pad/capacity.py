"""A limit on how many pictures are decoded at the same time: one may take 250 MB."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from mnist_core import MnistCoreError


class BusyError(MnistCoreError):
    """The server is reading as many pictures as it can; asking again later helps."""


class PictureCapacity:
    """Lets a number of pictures be read at the same time, and some more wait for it. Thread-safe.

    Parameters
    ----------
    at_once : int
        Most pictures that are read at the same time.
    waiting : int
        Most pictures that wait. Each keeps one of the threads that answer requests.
    patience : float
        Seconds after which one that waits is refused.
    """

    def __init__(self, at_once: int = 2, waiting: int = 8, patience: float = 3.0) -> None:
        self._reading = threading.BoundedSemaphore(at_once)
        self._admitted = threading.BoundedSemaphore(at_once + waiting)
        self._patience = patience

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Hold a place for the length of a block. Raises BusyError where none gets free."""
        if not self._admitted.acquire(blocking=False):
            raise _busy()
        try:
            if not self._reading.acquire(timeout=self._patience):
                raise _busy()
            try:
                yield
            finally:
                self._reading.release()
        finally:
            self._admitted.release()


def _busy() -> BusyError:
    return BusyError("the server is busy with other pictures; send it again in a few seconds")
