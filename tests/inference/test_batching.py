"""Requests that arrive together share one batch, and get their own results."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from support.drawings import Drawing

from mnist_core.inference.batching import BatchingQueue, Outputs
from mnist_core.inference.onnx_classifier import load_onnx_classifier


class Recorder:
    """Doubles its inputs; each batch waits until it is let go."""

    def __init__(self) -> None:
        self.batches: list[tuple[int, tuple[str, ...]]] = []
        self.started = threading.Semaphore(0)
        self.go = threading.Semaphore(0)

    def __call__(self, inputs: np.ndarray, names: Sequence[str]) -> Outputs:
        self.batches.append((len(inputs), tuple(names)))
        self.started.release()
        self.go.acquire(timeout=60)
        if (inputs < 0).any():
            raise ValueError("negative")
        return dict.fromkeys(names, 2 * inputs)


def waiting(queue: BatchingQueue, count: int) -> None:
    """Wait until so many requests are in the queue."""
    pause = threading.Event()
    while queue.waiting < count:
        pause.wait(0.001)


def test_what_arrives_during_a_batch_is_the_next_batch() -> None:
    run = Recorder()
    queue = BatchingQueue(run)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(queue, np.array([1.0]), ["a"])
        run.started.acquire(timeout=60)
        later = [pool.submit(queue, np.array([n, n + 0.5]), ["a", "b"]) for n in range(5)]
        waiting(queue, 5)
        run.go.release(2)
        assert first.result(60)["a"].tolist() == [2.0]
        for number, future in enumerate(later):
            outputs = future.result(60)
            assert set(outputs) == {"a", "b"}
            assert outputs["b"].tolist() == [2 * number, 2 * number + 1]
    assert run.batches == [(1, ("a",)), (10, ("a", "b"))]


def test_a_batch_has_a_limit_and_takes_the_oldest_requests() -> None:
    run = Recorder()
    queue = BatchingQueue(run, limit=3)
    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(queue, np.zeros(7), ["a"])
        run.started.acquire(timeout=60)
        later = [pool.submit(queue, np.zeros(2), ["a"]) for _ in range(3)]
        waiting(queue, 3)
        run.go.release(4)
        assert len(first.result(60)["a"]) == 7
        assert all(len(future.result(60)["a"]) == 2 for future in later)
    assert [count for count, _ in run.batches] == [7, 2, 2, 2]


def test_an_error_reaches_everybody_in_the_batch_and_the_queue_goes_on() -> None:
    run = Recorder()
    queue = BatchingQueue(run)
    run.go.release(3)
    with pytest.raises(ValueError, match="negative"):
        queue(np.array([-1.0]), ["a"])
    assert queue(np.array([3.0]), ["a"])["a"].tolist() == [6.0]


def test_many_threads_get_what_one_gets(clear_digits: list[tuple[int, Drawing]]) -> None:
    classifier = load_onnx_classifier("mnist_cnn")
    drawings = [strokes for _, strokes in clear_digits]
    alone = [classifier.classify_strokes_with_maps(strokes) for strokes in drawings]
    with ThreadPoolExecutor(16) as pool:
        together = list(pool.map(classifier.classify_strokes_with_maps, drawings))
    for found, expected in zip(together, alone, strict=True):
        assert found.prediction.digit == expected.prediction.digit
        assert np.allclose(
            found.prediction.probabilities, expected.prediction.probabilities, atol=1e-5
        )
        assert np.allclose(found.maps["conv1"], expected.maps["conv1"], atol=1e-4)
