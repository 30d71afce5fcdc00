"""A run's metrics: TensorBoard event files are their one record; `tensorboard --logdir runs`.

The tags are in `mnist_core.runs.metric_tags`. Each time a run is started or resumed it writes a new
file (`mnist_core.runs.metric_writer`), which begins with the step after which it resumes.
"""

from __future__ import annotations

import threading
from array import array
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from mnist_core.runs.event_file import EventFile, event_files
from mnist_core.utils.text import single_line

if TYPE_CHECKING:
    from tensorboard.compat.proto.summary_pb2 import HistogramProto

_MAX_STEP = 2**53
_MAX_TAG_LENGTH = 200


@dataclass(frozen=True, eq=False)
class Series:
    """One metric over the run: steps (N,) int64, increasing, and values (N,) float64, finite."""

    steps: np.ndarray
    values: np.ndarray


class Bins(NamedTuple):
    """A histogram: edges (N + 1,), increasing, and counts (N,), not negative; float64, finite."""

    edges: np.ndarray
    counts: np.ndarray


@dataclass(frozen=True, eq=False)
class HistogramSeries:
    """Histograms over the run: steps (N,) int64, increasing, and N histograms."""

    steps: np.ndarray
    histograms: tuple[Bins, ...]


class MetricReader:
    """Reads a run's metrics; every call of `read` reads from the files only what is new.

    May be used from several threads. Damaged records and files are left out; `damaged_from` says
    so.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sessions: dict[str, _Session] = {}
        self._lock = threading.Lock()

    def read(self) -> dict[str, Series]:
        """Return every metric by its tag, also while the run is training."""
        with self._lock:
            # without those whose file was removed
            self._sessions = {
                name: self._sessions.get(name) or _Session(self._folder / name)
                for name in event_files(self._folder)
            }
            for session in self._sessions.values():
                session.read()
            return _merge(self._in_order())

    def histograms(self) -> dict[str, HistogramSeries]:
        """Return every histogram by its tag, of what `read` has read."""
        with self._lock:
            return _merge_histograms(self._in_order())

    def damaged_from(self) -> int | None:
        """Return the first step whose metrics may be damaged, of what was read; None if none is."""
        with self._lock:
            void_from, damaged = _MAX_STEP, []
            for session in reversed(self._in_order()):
                if session.damaged_from is not None and session.damaged_from < void_from:
                    damaged.append(session.damaged_from)
                if session.first_step is not None:
                    void_from = min(void_from, session.first_step)
            return min(damaged, default=None)

    def _in_order(self) -> list[_Session]:
        return _in_order([self._sessions[name] for name in sorted(self._sessions)])


class _Session:
    """What one process wrote: the points of one event file."""

    def __init__(self, path: Path) -> None:
        self._file = EventFile(path)
        self.first_step: int | None = None
        """Points of earlier sessions from this step on are void; None if it never began."""
        self.last_step = -1
        self.damaged_from: int | None = None
        """The step after the last one before the first damage; None if there is no damage."""
        self.steps: defaultdict[str, array[int]] = defaultdict(lambda: array("q"))
        self.values: defaultdict[str, array[float]] = defaultdict(lambda: array("d"))
        self.histograms: defaultdict[str, dict[int, Bins]] = defaultdict(dict)

    def read(self) -> None:
        """Add what is new in the file."""
        for event in self._file.read():
            self._note_damage()
            if not 0 <= event.step < _MAX_STEP:
                continue
            if event.HasField("session_log"):
                self.first_step = event.step
            for value in event.summary.value:
                if value.HasField("simple_value") and np.isfinite(value.simple_value):
                    tag = _clean_tag(value.tag)
                    self.steps[tag].append(event.step)
                    self.values[tag].append(value.simple_value)
                    self.last_step = max(self.last_step, event.step)
                elif value.HasField("histo") and (bins := _parse_histogram(value.histo)):
                    self.histograms[_clean_tag(value.tag)][event.step] = bins
        self._note_damage()

    def _note_damage(self) -> None:
        if self._file.is_damaged and self.damaged_from is None:
            self.damaged_from = max(self.last_step + 1, self.first_step or 1)


@lru_cache
def _clean_tag(tag: str) -> str:
    return single_line(tag, _MAX_TAG_LENGTH)


def _in_order(sessions: list[_Session]) -> list[_Session]:
    """Return sessions, given in the order of their names, in the order in which they were written.

    Older versions named the files by the clock alone. Where it was set back, a session that begins
    beyond what was reached before it comes after the one that reached it.
    """
    ordered, reached = [], 0
    remaining = list(sessions)
    while remaining:
        following = (s for s in remaining if (s.first_step or 0) <= reached + 1)
        session = next(following, remaining[0])
        remaining.remove(session)
        ordered.append(session)
        reached = max(reached, session.last_step)
    return ordered


def _merge(sessions: list[_Session]) -> dict[str, Series]:
    """Return the points that are not void, by tag, ordered by step."""
    parts: defaultdict[str, list[tuple[np.ndarray, np.ndarray]]] = defaultdict(list)
    void_from = _MAX_STEP
    for session in reversed(sessions):
        for tag, points in session.steps.items():
            steps = np.array(points, np.int64)
            valid = steps < void_from
            parts[tag].append((steps[valid], np.array(session.values[tag])[valid]))
        if session.first_step is not None:
            void_from = min(void_from, session.first_step)
    merged = {}
    # in the order in which they were first written: layers stay in the order of the network
    for tag in dict.fromkeys(tag for session in sessions for tag in session.steps):
        steps, values = (np.concatenate(arrays) for arrays in zip(*parts[tag][::-1], strict=True))
        # of several points at one step, the one that was written last
        kept, last = np.unique(steps[::-1], return_index=True)
        if len(kept):
            merged[tag] = Series(kept, values[::-1][last])
    return merged


def _parse_histogram(histogram: HistogramProto) -> Bins | None:
    """Return a histogram; None if it is damaged, or has no bins."""
    edges = np.array([histogram.min, *histogram.bucket_limit])
    counts = np.array(histogram.bucket)
    if not len(counts) or len(edges) != len(counts) + 1 or not np.isfinite(edges).all():
        return None
    ascending = (np.diff(edges) > 0).all()
    valid = np.isfinite(counts).all() and (counts >= 0).all()
    return Bins(edges, counts) if ascending and valid else None


def _merge_histograms(sessions: list[_Session]) -> dict[str, HistogramSeries]:
    """Return the histograms that are not void, by tag, ordered by step."""
    merged: dict[str, dict[int, Bins]] = {}
    for session in sessions:
        if session.first_step is not None:
            for points in merged.values():
                for step in [step for step in points if step >= session.first_step]:
                    del points[step]
        for tag, points in session.histograms.items():
            merged.setdefault(tag, {}).update(points)
    return {
        tag: HistogramSeries(np.array(sorted(points)), tuple(points[s] for s in sorted(points)))
        for tag, points in merged.items()
        if points
    }
