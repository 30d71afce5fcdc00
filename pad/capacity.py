"""A limit on how many pictures are decoded at the same time: one may take 250 MB."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from mnist_core import MnistCoreError
from pad.limits import Limits


class BusyError(MnistCoreError):
    """The server is reading as many pictures as it can; asking again later helps."""


class PictureCapacity:
    """Lets some pictures be read at the same time, and some more wait for it. Thread-safe.

    Each that waits keeps one of the threads that answer requests.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        limits = limits or Limits()
        self._reading = threading.BoundedSemaphore(limits.pictures_at_once)
        self._admitted = threading.BoundedSemaphore(
            limits.pictures_at_once + limits.pictures_waiting
        )
        self._patience = limits.picture_patience

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
