"""The order of the queue: who is ahead of a run, how long it waits, and moving it."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from mnist_core.errors import MnistCoreError
from mnist_core.runs.folder import WorkFolder
from mnist_core.runs.queue import (
    QueuePlace,
    Waiting,
    assignment_lock,
    waiting,
    waiting_jobs,
)
from mnist_core.runs.queue_devices import is_free
from mnist_core.runs.run_rows import RunRow
from mnist_core.runs.state import RunStatus
from mnist_core.training.estimate import NO_EFFECT_ON_SPEED
from mnist_core.utils.devices import auto_devices
from mnist_core.utils.json_files import write_json
from mnist_core.utils.locks import exclusive_lock

_LOCK_TIMEOUT = 1.0
"""Seconds; a process that tests whether it is active holds the lock for an instant."""


@dataclass(frozen=True)
class Queued:
    """A run that trains, or a run or a job that waits.

    Attributes
    ----------
    item : WorkFolder
    row : RunRow or None
        None for a job.
    device : str
        "cpu", "cuda:0", ..., or "auto" until one is assigned; empty for what trains.
    ahead : int
        How many train or wait before it.
    seconds : float or None
        How long it is still going to train; None if no similar run is known.
    wait : float or None
        Seconds until it starts; None if that is not known.
    """

    item: WorkFolder
    row: RunRow | None
    device: str
    ahead: int
    seconds: float | None
    wait: float | None

    @property
    def name(self) -> str:
        """Display name of the run, or the id of the job."""
        return self.row.name if self.row else self.item.id

    @property
    def is_waiting(self) -> bool:
        """Whether it has not started yet."""
        return bool(self.device)


def queue_line(root: Path, rows: Sequence[RunRow], at: datetime | None = None) -> list[Queued]:
    """Return what trains, then what waits, the next one first; nothing if nothing waits.

    Parameters
    ----------
    root : Path
        Folder of the runs.
    rows : sequence of RunRow
        Of all runs: durations are estimated from those that have ended.
    at : datetime, optional
        Now, unless it is given.
    """
    waits = [Waiting(row.run, row.place) for row in rows if row.place is not None]
    waits = sorted([*waits, *waiting_jobs(root)], key=lambda one: one.key)
    if not waits:
        return []
    at = at or datetime.now(UTC)
    by_folder = {row.run.folder: row for row in rows}
    running = [row for row in rows if row.status == RunStatus.RUNNING]
    line = [
        Queued(row.run, row, "", ahead, remaining_seconds(row, rows, at), 0.0)
        for ahead, row in enumerate(running)
    ]
    free_after = _free_after(root, line, waits)
    for one in waits:
        row = by_folder.get(one.item.folder)
        seconds = remaining_seconds(row, rows, at) if row else None
        names = auto_devices() if one.is_unassigned else [one.place.device]
        device = min(names, key=lambda name: free_after.get(name, 0.0))
        wait = free_after.get(device, 0.0)
        free_after[device] = wait + (math.inf if seconds is None else seconds)
        shown = None if math.isinf(wait) else wait
        line.append(Queued(one.item, row, one.place.device, len(line), seconds, shown))
    return line


def _free_after(
    root: Path, running: Sequence[Queued], waits: Sequence[Waiting]
) -> dict[str, float]:
    """Return the seconds until each device has ended what trains on it now."""
    assigned = [one.place.device for one in waits if not one.is_unassigned]
    devices = list(dict.fromkeys([*auto_devices(), *assigned]))
    busy = [name for name in devices if not is_free(root, name)]
    found: dict[str, float] = {}
    for one in running:
        on_cpu = one.row is not None and one.row.state is not None and one.row.state.is_on_cpu
        # a state has the name of its GPU, not the number
        candidates = [name for name in busy or devices if (name == "cpu") == on_cpu]
        unused = [name for name in candidates if name not in found]
        if name := next(iter(unused or candidates), None):
            found[name] = found.get(name, 0.0) + (math.inf if one.seconds is None else one.seconds)
    return found


def remaining_seconds(
    row: RunRow, rows: Iterable[RunRow], at: datetime | None = None
) -> float | None:
    """Return how long a run is still going to train, by the speed of similar runs.

    Similar runs have the same device and settings, but for those without an effect on the speed.
    None if there is none.
    """
    at = at or datetime.now(UTC)
    state = row.state
    if state is None or not row.settings:
        return None
    if state.status == RunStatus.RUNNING and state.epoch:
        speeds = [(row.seconds(at) or 0.0) / state.epoch]
    else:
        kind = _kind(row)
        similar = [one for one in rows if one.state and one.state.epoch and _kind(one) == kind]
        speeds = [s / one.state.epoch for one in similar if one.state and (s := one.seconds(at))]
    if not speeds:
        return None
    taken = row.seconds(at) or 0.0
    if state.status == RunStatus.RUNNING:
        return max(0.0, median(speeds) * state.epochs - taken)
    return median(speeds) * max(0, state.epochs - state.epoch)


def _kind(row: RunRow) -> tuple[object, ...]:
    """Return the settings that affect the speed, and the kind of device."""
    device = row.place.device if row.place else "cpu"
    if device == "auto":
        device = auto_devices()[0]
    state = row.state
    on_cpu = state.is_on_cpu if state and state.device else device == "cpu"
    used = (value for name, value in row.settings.items() if name not in NO_EFFECT_ON_SPEED)
    return (on_cpu, *used)


def move_in_queue(root: Path, item: WorkFolder, places: int) -> None:
    """Move a waiting run or job within the queue: -1 is one place nearer to the front.

    Raises
    ------
    MnistCoreError
        If it does not wait any more, or a folder cannot be written.
    """
    with assignment_lock(root):
        line = waiting(root)
        index = next((i for i, one in enumerate(line) if one.item.folder == item.folder), None)
        if index is None:
            raise MnistCoreError(f"{item.id} does not wait in the queue any more")
        times = [one.place.time for one in line]
        for later in range(1, len(times)):
            times[later] = max(times[later], times[later - 1] + 1)
        moved = line.pop(index)
        line.insert(max(0, min(len(line), index + places)), moved)
        for one, time in zip(line, times, strict=True):
            if one.place.time != time:
                _write_place(one.item, QueuePlace(time=time, device=one.place.device))


def _write_place(item: WorkFolder, place: QueuePlace) -> None:
    # reserved: what a worker starts meanwhile must not be in the queue again
    with exclusive_lock(item.lock_path, _LOCK_TIMEOUT, busy=f"{item.id} has just started"):
        if item.is_in_queue():
            write_json(item.queue_path, place)
