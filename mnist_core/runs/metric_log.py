"""A run's metrics: TensorBoard event files are their one record; `tensorboard --logdir runs`.

The tags are in `mnist_core.runs.metric_tags`. Each time a run is started or resumed it writes a new
file, which begins with the step after which it resumes.
"""

from __future__ import annotations

import os
import re
import socket
import threading
import time
from array import array
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from mnist_core.evaluation.scores import CLASSIC_PAIRS
from mnist_core.runs import metric_tags as tags
from mnist_core.runs.event_file import EventFile
from mnist_core.training.events import Epoch, Step
from mnist_core.utils.files import explain_errors
from mnist_core.utils.text import single_line

_PREFIX = "events.out.tfevents."
_DIGITS = 20
_MAX_STEP = 2**53
_MAX_TAG_LENGTH = 200


@dataclass(frozen=True, eq=False)
class Series:
    """One metric over the run: steps (N,) int64, increasing, and values (N,) float64, finite."""

    steps: np.ndarray
    values: np.ndarray


class MetricWriter:
    """Writes events to a run folder at once.

    Parameters
    ----------
    folder : Path
    after_step : int
        Global step from which the run resumes; what a killed process logged beyond it is void.
    """

    def __init__(self, folder: Path, after_step: int = 0) -> None:
        from tensorboard.compat.proto.event_pb2 import Event, SessionLog
        from tensorboard.summary.writer.record_writer import RecordWriter

        self._explained = partial(explain_errors, folder, "metrics cannot be written")
        with self._explained():
            self._file = (folder / _next_name(folder)).open("xb")
        # not torch's SummaryWriter: its errors occur in a thread, where they cannot be caught
        self._records = RecordWriter(self._file)
        self._add(Event(wall_time=time.time(), file_version="brain.Event:2"))
        start = SessionLog(status=SessionLog.START)
        self._add(Event(wall_time=time.time(), step=after_step + 1, session_log=start))

    def write(self, event: Step | Epoch) -> None:
        """Write an event's numbers. Raises MnistCoreError if they cannot be written."""
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        scalars = _step_scalars(event) if isinstance(event, Step) else _epoch_scalars(event)
        values = [Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()]
        self._add(
            Event(wall_time=time.time(), step=event.global_step, summary=Summary(value=values))
        )

    def write_settings(self, name: str, settings: Mapping[str, Any]) -> None:
        """Write the settings for TensorBoard's page HPARAMS, beside the validation metrics.

        `name` is what TensorBoard calls the run there. Raises MnistCoreError if they cannot be
        written.
        """
        # slow to import: after the training, not before it
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData
        from torch.utils.tensorboard.summary import hparams

        values = {key: _hparam(value) for key, value in settings.items()}
        metrics = {tags.VALIDATION_ACCURACY: 0.0, tags.VALIDATION_LOSS: 0.0}
        experiment, start, end = hparams(values, metrics)
        content = start.value[0].metadata.plugin_data.content
        data = HParamsPluginData.FromString(content)
        data.session_start_info.group_name = name
        start.value[0].metadata.plugin_data.content = data.SerializeToString()
        for summary in (experiment, start, end):
            self._add(Event(wall_time=time.time(), summary=summary))

    def close(self) -> None:
        """Close the file. Raises MnistCoreError if what is left cannot be written."""
        with self._explained():
            self._file.close()

    def _add(self, event: Any) -> None:
        with self._explained():
            self._records.write(event.SerializeToString())
            self._records.flush()


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
                for name in _event_files(self._folder)
            }
            for session in self._sessions.values():
                session.read()
            return _merge(self._in_order())

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


def _hparam(value: object) -> bool | float | str:
    """Return a setting as a type that TensorBoard's hyperparameters have."""
    if isinstance(value, bool | int | float | str):
        return value
    return ", ".join(map(str, value)) if isinstance(value, tuple) and value else "none"


def _event_files(folder: Path) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if name.startswith(_PREFIX))
    except OSError:
        return []


def _next_name(folder: Path) -> str:
    """Return a file name that sorts after those in the folder, whatever the system clock is.

    TensorBoard reads the files in the order of their names.
    """
    number = time.time_ns()
    if names := _event_files(folder):
        digits = re.match(r"\d*", names[-1].removeprefix(_PREFIX)).group()[:_DIGITS]
        number = max(number, int(digits.ljust(_DIGITS, "9") or 0) + 1)
    return f"{_PREFIX}{number:0{_DIGITS}d}.{socket.gethostname()}.{os.getpid()}"


def _step_scalars(event: Step) -> dict[str, float]:
    scalars = {
        tags.TRAIN_LOSS: event.loss,
        tags.TRAIN_ACCURACY: event.accuracy,
        tags.LEARNING_RATE: event.learning_rate,
        tags.IMAGES_PER_SECOND: event.images_per_second,
    }
    usage = event.usage
    optional = {
        tags.SKIPPED_STEPS: event.skipped_steps,
        tags.PROCESS_CORES: usage.cores,
        tags.PROCESS_MEMORY: usage.memory,
        tags.DEVICE_MEMORY: usage.device_memory,
        tags.DEVICE_MEMORY_PEAK: usage.device_memory_peak,
        tags.DEVICE_LOAD: usage.device_load,
        tags.DEVICE_TEMPERATURE: usage.device_temperature,
    }
    scalars |= {tag: value for tag, value in optional.items() if value is not None}
    norms = event.gradient_norms.items()
    return scalars | {f"{tags.GRADIENT_NORM_PREFIX}{layer}": norm for layer, norm in norms}


def _epoch_scalars(event: Epoch) -> dict[str, float]:
    scalars = {
        tags.EPOCH_SECONDS: event.seconds,
        tags.EPOCH_TRAIN_LOSS: event.train_loss,
        tags.EPOCH_TRAIN_ACCURACY: event.train_accuracy,
        tags.VALIDATION_LOSS: event.validation_loss,
        tags.VALIDATION_ACCURACY: event.validation_accuracy,
    }
    for a, b in CLASSIC_PAIRS:
        for true, predicted in ((a, b), (b, a)):
            row = event.confusion[true]
            scalars[tags.confusion_tag(true, predicted)] = row[predicted] / max(1, sum(row))
    return scalars
