"""Carry out gpu.py's plan in a worker process within a budget of seconds."""

import argparse
import contextlib
import multiprocessing as mp
import os
import signal
import time
from multiprocessing.connection import Connection
from typing import Any

from benchmarks.gpu_plan import Task
from benchmarks.gpu_report import Report
from mnist_core.errors import MnistCoreError

_START_SECONDS = 15.0
"""Estimated start of a worker: torch, CUDA, the images."""
_STARTS = 2
"""Times that a worker is started before the rest is left out."""
_LEAST_LIMIT = 90.0
"""A flexible task may take so many seconds also of a small budget, if nothing else needs them."""
_ANSWER_SECONDS = 2.0
"""Between the limit of a flexible task and the end of the budget, so that its row is kept."""


class Worker:
    """A process that measures; it is replaced after it has crashed or taken too long."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._process: Any = None
        self.starts = 0

    def start(self, seconds: float) -> dict[str, Any]:
        """Start the process; return what it says about the machine, or {"failed": reason}.

        Raises
        ------
        MnistCoreError
            If the options do not suit the machine.
        """
        from benchmarks.gpu_worker import serve

        context = mp.get_context("spawn")
        self._pipe, there = context.Pipe()
        self._process = context.Process(target=serve, args=(there, self._args))
        self._process.start()
        there.close()
        self.starts += 1
        machine = self._answer(seconds)
        if "refused" in machine:
            self.stop()
            raise MnistCoreError(machine["refused"])
        if "failed" in machine:
            self.stop()
        return machine

    @property
    def running(self) -> bool:
        """Whether it waits for a task."""
        return self._process is not None

    def run(self, name: str, values: dict[str, Any], seconds: float) -> dict[str, Any]:
        """Let it carry out a task; return the row, {"failed": reason} if there is none."""
        with contextlib.suppress(OSError):  # it has died; the answer says so
            self._pipe.send((name, values))
        return self._answer(seconds)

    def close(self) -> None:
        """Let the process end and remove its temporary files."""
        if self._process is not None:
            self._pipe.close()
            self._process.join(5)
            self.stop()

    def stop(self) -> None:
        """Kill the process and those that it has started."""
        if self._process is None:
            return
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:  # it has not made its group yet
            self._process.kill()
        self._process.join()
        self._process = None

    def _answer(self, seconds: float) -> dict[str, Any]:
        try:
            return receive(self._pipe, seconds)
        except TimeoutError as error:
            reason = str(error)
        except (EOFError, OSError):
            self._process.join(5)
            reason = f"the process ended with exit code {self._process.exitcode}"
        self.stop()
        return {"failed": reason}


def receive(pipe: Connection, seconds: float) -> dict[str, Any]:
    """Return what arrives within the seconds.

    Raises
    ------
    TimeoutError
        If nothing does.
    EOFError, OSError
        If the other side is gone.
    """
    seconds = max(seconds, 0)
    if not pipe.poll(seconds):
        raise TimeoutError(f"stopped after {seconds:.0f} s, at the end of its time")
    return pipe.recv()


def run_plan(
    plan: list[Task],
    args: argparse.Namespace,
    report: Report,
    end: float,
    worker: Worker | None = None,
) -> None:
    """Measure, until `end` (time.monotonic()); every task becomes a row or is left out.

    `worker` carries out the tasks, instead of one with these arguments.

    Raises
    ------
    MnistCoreError
        If nothing can be measured on the device.
    """
    worker, durations = worker or Worker(args), {}

    def left() -> float:
        return end - time.monotonic()

    def estimate(task: Task) -> float:
        return durations.get(task.kind, task.seconds)

    try:
        for number, task in enumerate(plan):
            starting = 0.0 if worker.running or not worker.starts else _START_SECONDS
            if estimate(task) + starting > left():
                report.leave_out(task, f"{max(left(), 0):.0f} s are left")
                continue
            if not worker.running:
                attempts = 1
                while "failed" in (machine := worker.start(left())) and attempts < _STARTS:
                    attempts += 1
                if "failed" in machine:
                    for other in plan[number:]:
                        report.leave_out(other, f"no worker could start: {machine['failed']}")
                    break
                report.describe(machine)
            values = dict(task.values)
            if task.flexible:
                later = sum(estimate(other) for other in plan[number + 1 :] if other.reserved)
                most = max(0.3 * args.seconds, _LEAST_LIMIT)
                time_left = left() - later - _ANSWER_SECONDS
                values["limit"] = min(max(time_left, task.seconds - _ANSWER_SECONDS), most)
            began = time.monotonic()
            row = worker.run(task.name, values, left())
            if task.kind and "failed" not in row:
                durations[task.kind] = time.monotonic() - began
            report.add(task, row)
    finally:
        worker.close()
