"""The queue of runs: each in a process of its own, one at a time for each device.

A run waits by a file in its folder, so whoever looks at the folder sees it, and nothing is lost
when a process ends. A worker holds the lock `runs/queue-<device>.lock` and takes runs until none is
left. Whoever finds that runs wait and nobody works starts a worker with `ensure_workers`.
"""

from __future__ import annotations

import io
import json
import subprocess
import time
from pathlib import Path

import torch

from mnist_core.errors import MnistCoreError
from mnist_core.runs.run import Run, list_runs, now
from mnist_core.training.config import TrainConfig
from mnist_core.utils.files import write_atomic
from mnist_core.utils.locks import acquire_lock
from mnist_core.utils.processes import module_command, module_environment

_PATIENCE = 1.0
"""Seconds in which somebody else may hold the lock only to look."""
_OUTPUT = "process.txt"


def enqueue(run: Run) -> None:
    """Put a run at the end of the queue: to begin, or to go on.

    Raises
    ------
    MnistCoreError
        If it is under way or finished, its folder is broken or it cannot be written.
    """
    state = run.state()
    if state.status in ("running", "finished"):
        raise MnistCoreError(f"run {run.id} is {state.status}; it cannot wait in the queue")
    place = {"time": time.time_ns(), "device": queue_device(run.config())}
    run.update_state(status="queued", reason="", stop_reason=None, ended="", pid=None)
    write_atomic(run.queue_path, json.dumps(place) + "\n")


def queue_device(config: TrainConfig) -> str:
    """Return the device whose queue a run waits in: "cpu", "cuda:0", "cuda:1", ..."""
    if config.device == "auto":
        return "cuda:0" if torch.cuda.device_count() else "cpu"
    return "cuda:0" if config.device == "cuda" else config.device


def waiting(root: Path) -> dict[str, list[Run]]:
    """Return the runs that wait, by device, the next one first."""
    found: dict[str, list[tuple[int, Run]]] = {}
    for run in list_runs(root):
        if run.is_in_queue():
            when, device = _place(run)
            found.setdefault(device, []).append((when, run))
    return {
        device: [run for _, run in sorted(runs, key=lambda item: (item[0], item[1].id))]
        for device, runs in found.items()
    }


def ensure_workers(root: Path) -> None:
    """Start a worker for every device that has runs waiting and none at work.

    The worker goes on when this process ends. Two who call at once start one worker.

    Raises
    ------
    MnistCoreError
        If the lock cannot be made.
    """
    for device in waiting(root):
        lock = acquire_lock(_lock_path(root, device), timeout=0)
        if lock is None:
            continue
        try:
            _start_worker(root, device, lock.fileno())
        finally:
            lock.close()  # the worker has it now


def work(root: Path, device: str, inherited_lock: int | None = None) -> None:
    """Carry out the runs that wait for a device, until none is left or another worker is there.

    Parameters
    ----------
    root : Path
    device : str
    inherited_lock : int or None
        File descriptor of the lock, where whoever started this process has taken it.
    """
    lock = None if inherited_lock is None else io.FileIO(inherited_lock, "r+")
    while waiting(root).get(device):
        if lock is None:
            lock = acquire_lock(_lock_path(root, device), _PATIENCE)
        if lock is None:
            return
        while runs := waiting(root).get(device):
            _carry_out(runs[0], lock.fileno())
        lock.close()
        lock = None  # somebody may have come to wait before it was let go: look again


def _carry_out(run: Run, lock: int) -> None:
    """Train a run in a process of its own; see that it waits no more."""
    command = module_command("mnist_core", "resume", str(run.folder), "--if-queued")
    output, place = run.folder / _OUTPUT, _place(run)
    try:
        with output.open("wb") as file:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                env=module_environment(),
                # should this process be killed, the device stays taken while the run goes on
                pass_fds=[lock],
            )
            process.wait()
        lines = output.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        reason = lines[-1].removeprefix("error: ") if lines else "its process ended at once"
    except OSError as error:
        reason = f"its process could not be started ({error.strerror})"
    # still in the same place: it did not come to begin (and was not put there anew meanwhile)
    if run.is_in_queue() and _place(run) == place:
        _give_up(run, reason)


def _give_up(run: Run, reason: str) -> None:
    try:
        if run.state().status == "queued":
            run.update_state(status="failed", reason=reason, ended=now())
    except MnistCoreError:
        pass  # broken: every list says so
    finally:
        run.leave_queue()


def _start_worker(root: Path, device: str, lock: int) -> None:
    words = ("--device", device, "--runs", str(root), "--lock", str(lock))
    subprocess.Popen(
        module_command("mnist_core", "work", *words),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=module_environment(),
        pass_fds=[lock],
        start_new_session=True,  # Ctrl C in the terminal is not meant for it
    )


def _lock_path(root: Path, device: str) -> Path:
    return root / f"queue-{device.replace(':', '-')}.lock"


def _place(run: Run) -> tuple[int, str]:
    try:
        place = json.loads(run.queue_path.read_text(encoding="utf-8"))
        return int(place["time"]), str(place["device"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0, "cpu"  # damaged: whoever takes it finds out what is wrong
