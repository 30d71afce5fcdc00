"""Cost of watching a run: update interval, CPU time of the dashboard, slowdown of the training.

`mnist_cnn` is trained (the article's settings) without viewers, with one and ten remote viewers,
and with a browser on the same cores. The order of the cases rotates, so that a change of the
machine's speed affects all. Remote viewers send and receive what a browser does, without drawing.

Then the first paint of the page Watch with 200 runs in the folder, against an empty folder, and
the page Runs with 1,000 runs (`benchmarks.dashboard_runs`).

    python -m benchmarks.dashboard [--rounds 4]
"""

import argparse
import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks import dashboard_runs
from benchmarks.viewer import Viewer
from mnist_core.runs.metric_log import MetricReader
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run
from mnist_core.runs.runner import execute
from mnist_core.training.presets import preset
from tests.support.chromium import ROOT, Server, launch_chromium, serving

CASES = ("no viewer", "one remote", "ten remote", "local browser")
_REMOTE_VIEWERS = {CASES[1]: 1, CASES[2]: 10}
SECONDS = 12
_TIMEOUT = 180_000
"""Milliseconds; a browser opens slowly while a training uses the cores."""
CONFIG = preset("article").with_changes(epochs=1000, device="cpu")
COUNT_UPDATES = """() => { window.updates = [];
    document.querySelector('.live-chart').on('plotly_afterplot',
        () => window.updates.push(performance.now())) }"""


@dataclass(frozen=True)
class Measured:
    """Training speed, CPU cores used by the dashboard's server, and seconds between updates."""

    images_per_second: float
    server_cores: float
    gaps: list[float]


def start_training(root: Path) -> tuple[Run, subprocess.Popen[bytes]]:
    """Start a run in its own process; return when it trains."""
    run = create_run(CONFIG, root)
    process = subprocess.Popen(
        [sys.executable, "-m", "mnist_core", "resume", str(run.folder)],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    while "train/loss" not in MetricReader(run.folder).read():
        if process.poll() is not None:
            raise RuntimeError(run.state().reason)
        time.sleep(0.2)
    return run, process


def open_run(browser: Browser, server: Server, run: Run) -> Page:
    """Open a run in a new browser context."""
    page = browser.new_context().new_page()
    page.goto(f"{server.url}watch?run={run.id}", timeout=_TIMEOUT)
    page.wait_for_function("document.querySelector('.live-chart')?.calcdata", timeout=_TIMEOUT)
    page.evaluate(COUNT_UPDATES)
    return page


def measure(browser: Browser, server: Server, run: Run, case: str) -> Measured:
    """Measure a case for `SECONDS`."""
    page = open_run(browser, server, run) if case == CASES[3] else None
    viewers = [Viewer(server.url, run.id) for _ in range(_REMOTE_VIEWERS.get(case, 0))]
    while not all(len(viewer.updates) > 1 for viewer in viewers):
        time.sleep(0.1)
    process = psutil.Process(server.process.pid)
    reader = MetricReader(run.folder)
    steps, used = int(reader.read()["train/loss"].steps[-1]), sum(process.cpu_times()[:2])
    began = time.perf_counter()
    time.sleep(SECONDS)
    ended = time.perf_counter()
    taken = int(reader.read()["train/loss"].steps[-1]) - steps
    cores = (sum(process.cpu_times()[:2]) - used) / (ended - began)
    gaps: list[float] = []
    for viewer in viewers:
        viewer.stop()
        times = [moment for moment in viewer.updates if began <= moment <= ended]
        gaps += [b - a for a, b in itertools.pairwise(times)]
    if page is not None:
        times = page.evaluate("() => window.updates")
        gaps += [(b - a) / 1000 for a, b in itertools.pairwise(times)]
        page.context.close()
    return Measured(taken * CONFIG.batch_size / (ended - began), cores, gaps)


def first_paint(browser: Browser, root: Path) -> float:
    """Return seconds until the page Watch is complete, of a server that has served it before."""
    seconds = []
    with serving(ROOT / "dashboard.py", {"MNIST_RUNS": str(root)}) as server:
        for _ in range(4):
            began = time.perf_counter()
            page = dashboard_runs.open_page(browser, server, "watch")
            seconds.append(time.perf_counter() - began)
            page.context.close()
    return statistics.median(seconds[1:])


def compare_viewers(browser: Browser, root: Path, rounds: int) -> None:
    """Print the cost of each case."""
    results: dict[str, list[Measured]] = {case: [] for case in CASES}
    with serving(ROOT / "dashboard.py", {"MNIST_RUNS": str(root)}) as server:
        run, process = start_training(root)
        try:
            for turn in range(rounds):
                first = turn % len(CASES)
                for case in CASES[first:] + CASES[:first]:
                    results[case].append(measure(browser, server, run, case))
        finally:
            run.request_stop()
            process.wait()
    alone = statistics.median(one.images_per_second for one in results[CASES[0]])
    for case, measured in results.items():
        rate = statistics.median(one.images_per_second for one in measured)
        cores = statistics.median(one.server_cores for one in measured)
        gaps = sorted(gap for one in measured for gap in one.gaps)
        print(
            f"{case:15} {rate:8,.0f} images/s  {rate / alone:.3f} times without viewers  "
            f"server {cores:.3f} cores, {cores / os.cpu_count():.1%} of {os.cpu_count()}"
            + (
                f"  an update every {statistics.median(gaps):.2f} s "
                f"(95%: {gaps[int(0.95 * (len(gaps) - 1))]:.2f} s)"
                if gaps
                else ""
            )
        )


def compare_folders(browser: Browser, root: Path) -> None:
    """Print the first paint with 200 runs and without runs."""
    source = create_run(CONFIG.with_changes(epochs=1, training_size=2000), root / "one")
    execute(source)
    many = root / "many"
    for number in range(200):
        shutil.copytree(source.folder, many / f"20260101-{number:06}-copy")
    (root / "none").mkdir()
    empty, full = first_paint(browser, root / "none"), first_paint(browser, many)
    print(
        f"first paint: {empty:.2f} s without runs, {full:.2f} s with 200: "
        f"{full - empty:.2f} s more, {full / empty:.2f} times"
    )


def main() -> None:
    """Run the benchmark and print its results."""
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=4)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        compare_viewers(browser, Path(folder) / "viewed", args.rounds)
        compare_folders(browser, Path(folder))
        dashboard_runs.compare(browser, Path(folder))
        browser.close()


if __name__ == "__main__":
    main()
