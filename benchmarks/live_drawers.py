"""What many visitors at once cost the server, whose models run in their browsers or on the server.

Visitors are plain connections here, since no machine has fifty browsers to spare: first each loads
the page's files as a browser does, then each draws as a browser does that cannot run models: it
asks again as soon as it has an answer.
"""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import psutil

from benchmarks.load_requests import prepare
from benchmarks.load_visitors import Visitor
from tests.support.chromium import Server

SECONDS = 8
"""How long the visitors draw without models in their browsers."""


@dataclass(frozen=True)
class Cost:
    """`load` and `answer` in seconds; `cpu` of the server for loading, in seconds a visitor."""

    visitors: int
    load: float
    cpu: float
    answer: float
    answers: float

    def __str__(self) -> str:
        return (
            f"\n{self.visitors} visitors at once\n"
            f"  in their browsers: {self.load:.1f} s until all have the files, "
            f"{1000 * self.cpu:.0f} ms of the server's time each, then no request\n"
            f"  on the server: {1000 * self.answer:.0f} ms for an answer (median), "
            f"{self.answers:.1f} answers a second each"
        )


def measure_drawers(server: Server, visitors: int, report: Callable[[str], None]) -> Cost:
    """Let visitors load the page, and then draw with models on the server."""
    assert server.process is not None
    process = psutil.Process(server.process.pid)
    prepare(server.port)
    loading, drawing = ([Visitor(server.port, n) for n in range(visitors)] for _ in range(2))
    report(f"{visitors} visitors load the page")
    with ThreadPoolExecutor(visitors) as pool:
        before, began = process.cpu_times(), time.perf_counter()
        list(pool.map(Visitor.load_page, loading))
        load, after = time.perf_counter() - began, process.cpu_times()
        report(f"{visitors} visitors draw for {SECONDS} s")
        end = time.perf_counter() + SECONDS
        list(pool.map(lambda visitor: _draw(visitor, end), drawing))
    times = [seconds for visitor in drawing for seconds in visitor.times.answers]
    used = after.user + after.system - before.user - before.system
    answers = len(times) / visitors / SECONDS
    return Cost(visitors, load, used / visitors, float(np.median(times)), answers)


def _draw(visitor: Visitor, end: float) -> None:
    while time.perf_counter() < end:
        visitor.draw(end)
