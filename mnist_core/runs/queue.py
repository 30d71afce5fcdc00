"""The queue of runs and jobs: each device trains one at a time.

A run waits by a file in its folder, so any process that reads the folder sees it, and nothing is
lost when a process exits. A worker (`mnist_core.runs.queue_worker`) holds the lock
`runs/queue-<device>.lock` and trains runs until none is left. `ensure_workers` starts one where
runs wait and no worker is running. A run whose device is "auto" waits for any device: it is
assigned to the first one that is free.
"""

import io
import time
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeAlias

from pydantic import Field

from mnist_core.errors import MnistCoreError
from mnist_core.runs.folder import JOBS_FOLDER, WorkFolder
from mnist_core.runs.limits import check_limits
from mnist_core.runs.queue_devices import AUTO, is_free, queue_device, queue_lock_path
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import list_runs
from mnist_core.runs.state import RunStatus
from mnist_core.utils.devices import auto_devices, is_automatic
from mnist_core.utils.files import explain_errors
from mnist_core.utils.json_files import DamagedFileError, JsonModel, read_json, write_json
from mnist_core.utils.locks import acquire_lock, exclusive_lock
from mnist_core.utils.processes import open_output, start_module

_MAX_PLACE_BYTES = 4096
_LOCK_TIMEOUT = 10.0
"""Seconds; a device is assigned in an instant."""


class QueuePlace(JsonModel):
    """A place in the queue (queue.json): when it was added, in ns, and for which device.

    The device is "auto" until a free one is assigned.
    """

    time: Annotated[int, Field(ge=0, lt=2**63)]
    device: Annotated[str, Field(pattern=r"^(auto|cpu|cuda:\d{1,3})$")]


@dataclass(frozen=True)
class Waiting:
    """A run, or the folder of a job, that waits, and its place in the queue."""

    item: WorkFolder
    place: QueuePlace

    @property
    def key(self) -> tuple[int, str]:
        """Identifies it until it is queued again; the queue is in the order of the keys."""
        return self.place.time, self.item.id

    def may_use(self, device: str) -> bool:
        """Return whether it may be trained on a device."""
        return is_automatic(device) if self.is_unassigned else self.place.device == device

    @property
    def is_unassigned(self) -> bool:
        """Whether it waits for any device."""
        return self.place.device == AUTO


StartWorker: TypeAlias = Callable[[Path, str, io.FileIO], object]
"""Starts a worker for the runs in a folder and a device; the worker inherits the lock."""


def enqueue(run: Run) -> None:
    """Put a run at the end of the queue, to start or to resume.

    Raises
    ------
    MnistCoreError
        If it is running or finished, its folder is damaged or it cannot be written, or a limit of
        `mnist_core.runs.limits` is reached.
    """
    check_room(run.folder.parent)
    state = run.state()
    if state.status in (RunStatus.RUNNING, RunStatus.FINISHED):
        raise MnistCoreError(f"run {run.id} is {state.status}; it cannot wait in the queue")
    device = queue_device(run.config())
    run.update_state(
        status=RunStatus.QUEUED,
        reason="",
        stop_reason=None,
        ended="",
        trained_seconds=state.seconds(datetime.now(UTC)),
        pid=None,
    )
    add_to_queue(run, device)


def add_to_queue(item: WorkFolder, device: str) -> None:
    """Put a run or a job at the end of the queue. Raises MnistCoreError if it cannot be written."""
    parent = item.folder.parent
    last = waiting(parent.parent if parent.name == JOBS_FOLDER else parent)[-1:]
    # after the last one, also if the clock was set back
    earliest = min(last[0].place.time + 1, 2**63 - 1) if last else 0
    write_json(item.queue_path, QueuePlace(time=max(time.time_ns(), earliest), device=device))


def check_room(root: Path) -> None:
    """Raise MnistCoreError if the queue is full, or the runs take too much of the disk."""
    check_limits(root, len(waiting(root)))


def queue_place(item: WorkFolder) -> QueuePlace:
    """Return its place in the queue; with a damaged file it is the next one on any device.

    So a damaged run leaves the queue soon, and the worker records what is wrong with it.
    """
    try:
        return read_json(item.queue_path, QueuePlace, limit=_MAX_PLACE_BYTES)
    except DamagedFileError:
        return QueuePlace(time=0, device=AUTO)


def waiting(root: Path) -> list[Waiting]:
    """Return the waiting runs and jobs of all devices, the next one first."""
    runs = [Waiting(run, queue_place(run)) for run in list_runs(root) if run.is_in_queue()]
    return sorted([*runs, *waiting_jobs(root)], key=lambda one: one.key)


def waiting_jobs(root: Path) -> list[Waiting]:
    """Return the waiting jobs of all devices, in any order."""
    paths = (root / JOBS_FOLDER).glob("*/queue.json")
    jobs = (WorkFolder(path.parent, "job", "job.json") for path in paths)
    return [Waiting(job, queue_place(job)) for job in jobs if job.is_in_queue()]


def ahead(root: Path, item: WorkFolder) -> list[WorkFolder]:
    """Return what waits before a run or job and may take its device, the next one first."""
    before: list[Waiting] = []
    for one in waiting(root):
        if one.item.folder == item.folder:
            device = one.place.device
            return [
                other.item
                for other in before
                if AUTO in (device, other.place.device) or device == other.place.device
            ]
        before.append(one)
    return []


def take_next(root: Path, device: str, without: Collection[tuple[int, str]] = ()) -> Waiting | None:
    """Return what a device is to train next, assigned to it, so that no other device takes it.

    What has a key in `without` is left out. None if nothing waits for the device. Raises
    MnistCoreError if the folder of the runs cannot be written.
    """
    with assignment_lock(root):
        for one in waiting(root):
            if one.key not in without and one.may_use(device):
                return _assign(one, device)
    return None


def ensure_workers(root: Path, start: StartWorker | None = None) -> None:
    """Start a worker for every device that has waiting runs or jobs and no worker.

    What may use any device is assigned to the free ones first, in the order of the queue. The
    worker keeps running when this process exits. Two simultaneous calls start one worker.

    Parameters
    ----------
    root : Path
        Folder of the runs.
    start : callable, optional
        Starts a worker; by default in a new process.

    Raises
    ------
    MnistCoreError
        If a lock or the process cannot be created.
    """
    if not waiting(root):
        return
    for device in _assign_to_free_devices(root):
        lock = acquire_lock(queue_lock_path(root, device), timeout=0)
        if lock is not None:
            with lock:  # the worker has inherited it when the block ends
                (start or start_worker)(root, device, lock)


def _assign_to_free_devices(root: Path) -> list[str]:
    """Assign what may use any device to the free ones; return the devices with waiting items."""
    with assignment_lock(root):
        found = waiting(root)
        devices = list(dict.fromkeys(one.place.device for one in found if not one.is_unassigned))
        unassigned = [one for one in found if one.is_unassigned]
        free = (
            [name for name in auto_devices() if name not in devices and is_free(root, name)]
            if unassigned
            else []
        )
        for one, device in zip(unassigned, free, strict=False):
            _assign(one, device)
            devices.append(device)
    return devices


def _assign(one: Waiting, device: str) -> Waiting:
    assigned = Waiting(one.item, QueuePlace(time=one.place.time, device=device))
    if one.place.device == device:
        return assigned
    # on a full disk it stays unassigned: the run's own lock keeps other devices from training it
    with suppress(MnistCoreError):
        write_json(one.item.queue_path, assigned.place)
        return assigned
    return one


def assignment_lock(root: Path) -> AbstractContextManager[None]:
    """Return the lock under which places in the queue are changed."""
    return exclusive_lock(root / "queue.lock", _LOCK_TIMEOUT)


def start_worker(root: Path, device: str, lock: io.FileIO) -> None:
    """Start a worker in a process of its own, which inherits the lock.

    What it prints is in `queue-<device>.log`. Raises MnistCoreError if it cannot be started.
    """
    command = ("mnist_core", "work", "--device", device, "--runs", str(root))
    with (
        explain_errors(root, "no worker can be started"),
        open_output(queue_lock_path(root, device).with_suffix(".log")) as output,
    ):
        start_module(*command, "--lock", str(lock.fileno()), output=output, lock=lock)
