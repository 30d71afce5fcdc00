"""Requests that arrive together share one batch."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import NamedTuple

import numpy as np

Outputs = dict[str, np.ndarray]
Run = Callable[[np.ndarray, Sequence[str]], Outputs]
"""Inputs (N, ...) and names of outputs -> the outputs by name, each (N, ...)."""


class _Request(NamedTuple):
    inputs: np.ndarray
    names: tuple[str, ...]
    result: Future[Outputs]


class BatchingQueue:
    """Runs a function for one batch at a time; what arrives meanwhile is the next batch.

    A request that arrives alone is not delayed. Safe to share between threads.

    Parameters
    ----------
    run : callable
        Its outputs for an input must not depend on the other inputs.
    limit : int
        Most inputs of a batch of several requests.
    """

    def __init__(self, run: Run, limit: int = 64) -> None:
        self._run = run
        self._limit = limit
        self._waiting: list[_Request] = []
        self._changes = threading.Lock()
        self._running = threading.Lock()

    def __call__(self, inputs: np.ndarray, names: Sequence[str]) -> Outputs:
        """Return the named outputs for inputs (N, ...); raises what the function raises."""
        request = _Request(inputs, tuple(names), Future())
        with self._changes:
            self._waiting.append(request)
        while not request.result.done():
            # the first of the waiting threads runs the batch of all
            with self._running:
                if not request.result.done():
                    self._run_batch(self._next_batch())
        return request.result.result()

    @property
    def waiting(self) -> int:
        """Requests that wait for a batch."""
        with self._changes:
            return len(self._waiting)

    def _next_batch(self) -> list[_Request]:
        """Take the oldest requests of inputs of one shape."""
        with self._changes:
            first = self._waiting[0]
            batch, count = [], 0
            for request in self._waiting:
                count += len(request.inputs)
                if batch and count > self._limit:
                    break
                if request.inputs.shape[1:] == first.inputs.shape[1:]:
                    batch.append(request)
            chosen = {id(request) for request in batch}
            self._waiting = [other for other in self._waiting if id(other) not in chosen]
        return batch

    def _run_batch(self, batch: list[_Request]) -> None:
        names = tuple(dict.fromkeys(name for request in batch for name in request.names))
        try:
            outputs = self._run(np.concatenate([request.inputs for request in batch]), names)
        except BaseException as error:
            for request in batch:
                request.result.set_exception(error)
            if not isinstance(error, Exception):
                raise
            return
        first = 0
        for request in batch:
            end = first + len(request.inputs)
            request.result.set_result({name: outputs[name][first:end] for name in request.names})
            first = end
