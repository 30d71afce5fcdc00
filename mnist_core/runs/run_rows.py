"""A row of the table of runs, and an index that reads only the runs whose files have changed."""

import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from pydantic import ConfigDict, RootModel

from mnist_core.errors import MnistCoreError
from mnist_core.runs.labels import LABELS_FILE, RunLabels, read_labels
from mnist_core.runs.origin import ORIGIN_FILE, RunOrigin, read_origin
from mnist_core.runs.queue import QueuePlace, queue_place
from mnist_core.runs.run import Run, exited_unexpectedly, missing_config_explained
from mnist_core.runs.run_list import names_in, without_name
from mnist_core.runs.state import ACTIVE, RunState, RunStatus
from mnist_core.training.config import TrainConfig
from mnist_core.utils.json_files import read_json
from mnist_core.utils.locks import is_locked
from mnist_core.utils.text import single_line

DAMAGED = "damaged"
Setting = str | int | float | bool | None | tuple[str, ...]
_FILES = ("config.json", "state.json", "name.txt", "queue.json", LABELS_FILE, ORIGIN_FILE)
_MAX_CONFIG_BYTES = 2**20
_SETTLED_NS = 2 * 10**9
"""A folder that was changed less than this before it was read may have changed again unseen: its
time of change is that of a clock tick, and may come from another machine's clock."""
_FULL_CHECK_SECONDS = 5.0
"""How often the files themselves are looked at: those edited in place leave the folder's time."""
_DEFAULTS: dict[str, Setting] = TrainConfig().model_dump()


class _StoredSettings(RootModel[dict[str, Setting]]):
    """config.json without `TrainConfig`'s checks: they take most of the time of a listing."""

    model_config = ConfigDict(allow_inf_nan=False)


@dataclass(frozen=True)
class RunRow:
    """What a table shows of a run.

    Attributes
    ----------
    run : Run
    state : RunState or None
        None if it is damaged.
    problem : MnistCoreError or None
        What is damaged; None if nothing is.
    settings : mapping of field of `TrainConfig` to value
        Empty if they are damaged.
    labels : RunLabels
    origin : RunOrigin
    place : QueuePlace or None
        None if it does not wait in the queue.
    """

    run: Run
    state: RunState | None = None
    problem: MnistCoreError | None = None
    settings: Mapping[str, Setting] = field(default_factory=dict)
    labels: RunLabels = field(default_factory=RunLabels)
    origin: RunOrigin = field(default_factory=RunOrigin)
    place: QueuePlace | None = None

    @property
    def id(self) -> str:
        """The run's id."""
        return self.run.id

    @property
    def name(self) -> str:
        """Its display name, or its id."""
        return (self.state.name if self.state else "") or self.run.id

    @property
    def label(self) -> str:
        """Its name and id in one line: unique, and independent of the run's progress."""
        if self.name == self.id:
            return single_line(self.id)
        return f"{self.name} · {single_line(without_name(self.id, self.name))}"

    @property
    def status(self) -> str:
        """Return queued, running, stopped, finished, failed or damaged.

        One that waits or trains can be stopped, also if its settings are damaged.
        """
        if self.state is None or (self.problem and self.state.status not in ACTIVE):
            return DAMAGED
        return self.state.status

    @property
    def progress(self) -> float | None:
        """Completed share of the epochs in [0, 1]; None if it is damaged."""
        if self.state is None or not self.state.epochs:
            return None
        return 1.0 if self.status == RunStatus.FINISHED else self.state.epoch / self.state.epochs

    @property
    def accuracy(self) -> float | None:
        """On the validation images, of the epoch that is kept."""
        return self.state.validation_accuracy if self.state else None

    @property
    def loss(self) -> float | None:
        """On the validation images, of the epoch that is kept, in nats."""
        return self.state.validation_loss if self.state else None

    @property
    def created(self) -> str:
        """When it was created, ISO 8601 in UTC."""
        return self.state.created if self.state else ""

    @property
    def is_active(self) -> bool:
        """Whether it is queued or running."""
        return self.status in ACTIVE

    def seconds(self, at: datetime | None = None) -> float | None:
        """Return how long it has trained until it ended, or until now; None if it has not begun."""
        return self.state.seconds(at or datetime.now(UTC)) if self.state else None

    @cached_property
    def text(self) -> str:
        """What a search looks at, in lower case."""
        settings = (f"{name}={value}" for name, value in self.settings.items())
        parts = (self.name, self.id, self.labels.note, *self.labels.tags, self.origin.study)
        device = self.state.device if self.state else ""
        return "\n".join((*parts, self.status, device, *settings)).lower()


_FileVersion = tuple[int, int, int] | None
"""Number, time of change in nanoseconds and size of a file or folder; None if there is none."""


@dataclass(frozen=True)
class _Known:
    """A row, what its folder and files were like when it was read, and when that was."""

    row: RunRow
    folder: _FileVersion
    files: tuple[_FileVersion, ...]
    time_ns: int

    def is_current(self, path: str) -> bool:
        """Return whether nothing was written since, by the two times that say so most cheaply.

        Files are replaced, which changes the folder; state.json alone may be written in place.
        """
        return (
            self.folder is not None
            and self.folder[1] < self.time_ns - _SETTLED_NS
            and self.folder == _file_version(path)
            and self.files[_FILES.index("state.json")] == _file_version(f"{path}/state.json")
        )


class RunIndex:
    """The rows of all runs in a folder. May be used from several threads.

    Of a run whose files are as before, nothing is read again.

    Parameters
    ----------
    root : Path
    clock : callable
        Returns seconds, of which only differences count.
    """

    def __init__(self, root: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._root = root
        self._rows: dict[str, _Known] = {}
        self._lock = threading.Lock()
        self._clock = clock
        self._next_full = clock()

    def rows(self) -> list[RunRow]:
        """Return the rows of all runs, the newest first.

        Raises
        ------
        MnistCoreError
            If the folder cannot be read.
        """
        with self._lock:
            known, self._rows = self._rows, {}
            full = self._clock() >= self._next_full
            if full:
                self._next_full = self._clock() + _FULL_CHECK_SECONDS
            for name in names_in(self._root):
                path, before = f"{self._root}/{name}", known.get(name)
                if before is None or full or not before.is_current(path):
                    before = _look(path, before)
                if before is not None:
                    self._rows[name] = before
            return [_with_present_status(one.row) for one in self._rows.values()]


def _look(path: str, before: _Known | None) -> _Known | None:
    """Return what is known of the run in a folder, read again if it has changed; None: no run."""
    time_ns, folder = time.time_ns(), _file_version(path)
    files = tuple(_file_version(f"{path}/{name}") for name in _FILES)
    if files[0] is None and not Run(Path(path)).exists:
        return None
    same = before is not None and before.files == files
    row = before.row if same and before is not None else read_row(Run(Path(path)))
    return _Known(row, folder, files, time_ns)


def read_row(run: Run) -> RunRow:
    """Return a run's row; its status is the one that was last written."""
    labels, origin = read_labels(run.folder), read_origin(run.folder)
    place = queue_place(run) if run.is_in_queue() else None
    row = RunRow(run, labels=labels, origin=origin, place=place)
    try:
        row = replace(row, state=run.read_state())
        with missing_config_explained(run.config_path):
            stored = read_json(run.config_path, _StoredSettings, limit=_MAX_CONFIG_BYTES).root
    except MnistCoreError as error:
        return replace(row, problem=error)
    return replace(row, settings={name: stored.get(name, _DEFAULTS[name]) for name in _DEFAULTS})


def _with_present_status(row: RunRow) -> RunRow:
    """Return the row; as failed if its process has exited without an end state."""
    state = row.state
    if state is None or state.status != RunStatus.RUNNING or is_locked(row.run.lock_path):
        return row
    row = read_row(row.run)  # it may have ended between the two looks
    state = row.state
    if state is None or state.status != RunStatus.RUNNING or is_locked(row.run.lock_path):
        return row
    return replace(row, state=exited_unexpectedly(row.run, state))


def _file_version(path: str) -> _FileVersion:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size
