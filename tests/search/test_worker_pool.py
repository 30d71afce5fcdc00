"""Workers in forked processes, started from an interpreter without threads, as the commands do."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.chromium import ROOT
from support.sweeps import wait_until

SCRIPT = """
import os, sys, time
from pathlib import Path
from mnist_core.errors import MnistCoreError
from mnist_core.runs.signals import StopFlag, stop_on_signals
from mnist_core.search.worker_pool import run_workers

root, what = Path(sys.argv[1]), sys.argv[2]
stop = StopFlag()

def work(number):
    if what == "fail":
        raise MnistCoreError("there are no images")
    if what == "exit":
        os._exit(3)
    stop.deferred = True
    (root / f"{os.getpid()}.started").touch()
    while not stop.reason:
        time.sleep(0.02)
    (root / f"{os.getpid()}.{stop.reason}").touch()

with stop_on_signals(stop):
    messages = run_workers(work, 2, stop, stop_file=root / "stop")
print(sorted(set(messages)), stop.reason)
"""


def start(root: Path, what: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", SCRIPT, str(root), what]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def suffixes(root: Path) -> list[str]:
    return sorted(path.suffix for path in root.iterdir() if path.suffix)


@pytest.mark.parametrize(
    ("what", "output"), [("fail", "['there are no images'] None"), ("exit", "[] None")]
)
def test_workers_that_fail_say_why(tmp_path: Path, what: str, output: str) -> None:
    assert start(tmp_path, what).communicate()[0].strip() == output


def test_a_signal_is_passed_to_the_workers(tmp_path: Path) -> None:
    process = start(tmp_path, "wait")
    wait_until(lambda: len(suffixes(tmp_path)) == 2)
    process.send_signal(signal.SIGTERM)
    assert process.communicate()[0].strip() == "[] terminated"
    assert suffixes(tmp_path) == [".started"] * 2 + [".terminated"] * 2


def test_a_file_stops_the_workers(tmp_path: Path) -> None:
    process = start(tmp_path, "wait")
    wait_until(lambda: len(suffixes(tmp_path)) == 2)
    (tmp_path / "stop").touch()
    assert process.communicate()[0].strip() == "[] requested"
    # the process passes the stop on as a signal, unless a worker has seen the file first
    stopped = [suffix for suffix in suffixes(tmp_path) if suffix != ".started"]
    assert len(stopped) == 2
    assert set(stopped) <= {".requested", ".terminated"}


def test_workers_of_a_killed_process_are_stopped_by_the_file(tmp_path: Path) -> None:
    process = start(tmp_path, "wait")
    wait_until(lambda: len(suffixes(tmp_path)) == 2)
    process.kill()
    process.wait()
    workers = [int(path.stem) for path in tmp_path.iterdir()]
    for pid in workers:
        os.kill(pid, 0)  # still running
    (tmp_path / "stop").touch()
    wait_until(lambda: suffixes(tmp_path) == [".requested"] * 2 + [".started"] * 2)
