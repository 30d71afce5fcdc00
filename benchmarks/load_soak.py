"""A long load with uploads: whether the server's memory and its temporary files stay flat."""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil

from benchmarks.load_visitors import Visitor, everyones_times, report_errors
from tests.support.chromium import Server

VISITORS = 10
EVERY = 5.0
"""Seconds between two measurements."""
SETTLED = 240
"""Seconds from which on uploads are deleted as fast as they come in the second quarter."""
_UPLOAD_EVERY = 5.0  # seconds, each visitor
_MOST_GROWTH = 1.05
_REPORTS = 20
Sample = tuple[float, float, int]
"""Seconds since the start, MB of memory, temporary files."""


@dataclass(frozen=True)
class Soak:
    """Medians of the second and the last quarter, when uploads are deleted as fast as they come."""

    seconds: float
    answers: int
    busy: int
    errors: int
    memory: tuple[float, float]
    files: tuple[float, float]

    @property
    def good(self) -> bool:
        """Whether neither grew by more than a twentieth, without an error."""
        return not self.errors and self.flat(self.memory) and self.flat(self.files)

    def flat(self, medians: tuple[float, float]) -> bool:
        """Whether the second of two medians is not larger; True if it is too early to say."""
        return self.seconds < SETTLED or medians[1] <= _MOST_GROWTH * medians[0] + 2

    def __str__(self) -> str:
        rows = []
        for name, medians in (("MB", self.memory), ("temporary files", self.files)):
            trend = "flat" if self.flat(medians) else "grows"
            trend = trend if self.seconds >= SETTLED else "too short to say whether that is flat"
            rows.append(f"{name} {medians[0]:.0f} then {medians[1]:.0f}, {trend}")
        return (
            f"soak of {self.seconds:.0f} s, {VISITORS} visitors: {self.answers:,} answers, "
            f"{self.busy} busy, {self.errors} errors; {'; '.join(rows)}"
        )


def soak(server: Server, folder: Path, seconds: float, report: Callable[[str], None]) -> Soak:
    """Let visitors draw, and send a picture every few seconds; report on the way."""
    assert server.process is not None
    process = psutil.Process(server.process.pid)
    everyone = [Visitor(server.port, number) for number in range(VISITORS)]
    began = time.perf_counter()
    samples: list[Sample] = []
    with ThreadPoolExecutor(VISITORS) as pool:
        visits = [pool.submit(_visit, one, began + seconds) for one in everyone]
        while (now := time.perf_counter() - began) < seconds:
            files = sum(len(names) for _, _, names in os.walk(folder))  # the pad deletes meanwhile
            samples.append((now, process.memory_info().rss / 1e6, files))
            if len(samples) % max(1, round(seconds / EVERY / _REPORTS)) == 1:
                report(f"soak: {samples[-1][1]:.0f} MB, {files} temporary files")
            time.sleep(min(EVERY, max(0.0, seconds - now)))
        for visit in visits:
            visit.result()
    times = everyones_times(everyone)
    report_errors(times, report)
    memory, files = (_medians([sample[column] for sample in samples]) for column in (1, 2))
    return Soak(seconds, len(times.answers), len(times.busy), len(times.errors), memory, files)


def _visit(visitor: Visitor, end: float) -> None:
    visitor.pause(_UPLOAD_EVERY, end)
    while (now := time.perf_counter()) < end:
        visitor.classify()
        visitor.draw(end)
        time.sleep(max(0.0, min(now + _UPLOAD_EVERY, end) - time.perf_counter()))


def _medians(values: Sequence[float]) -> tuple[float, float]:
    """Return the medians of the second and the last quarter."""
    quarter = max(1, len(values) // 4)
    second = values[quarter : 2 * quarter] or values
    return float(np.median(second)), float(np.median(values[-quarter:]))
