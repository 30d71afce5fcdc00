"""What watching costs: the dashboard's updates, its CPU, and the training's slowdown.

One run is trained again and again (`mnist_cnn`, the article's settings) while nobody, one browser
and ten browsers watch it; the order turns, so that a machine that slows down harms none. Every
browser works on the same cores as the training, which is not so where people watch from elsewhere:
the server's own share is printed beside it.

Then the first paint of the page Watch with 200 runs in the folder against an empty one.

    python benchmarks/dashboard.py [--rounds 3]
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

import psutil
from chromium import ROOT, Server, launch_chromium
from playwright.sync_api import Browser, Page, sync_playwright

from mnist_core.execute import execute
from mnist_core.metrics import MetricReader
from mnist_core.presets import preset
from mnist_core.runs import Run, create_run

WATCHERS = (0, 1, 10)
SECONDS = 12
_PATIENCE = 180_000
"""Milliseconds: ten browsers on few cores take their time to open."""
CONFIG = preset("article").with_changes(epochs=1000, device="cpu")
COUNT_UPDATES = """() => { window.updates = [];
    document.querySelector('.live-chart').on('plotly_afterplot',
        () => window.updates.push(performance.now())) }"""


def start_training(root: Path) -> tuple[Run, subprocess.Popen[bytes]]:
    """Start a run in a process of its own; return when it takes steps."""
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


def watch(browser: Browser, server: Server, run: Run) -> Page:
    """Open a browser of its own on a run."""
    page = browser.new_context().new_page()
    page.goto(f"{server.url}watch?run={run.id}", timeout=_PATIENCE)
    page.wait_for_function("document.querySelector('.live-chart')?.calcdata", timeout=_PATIENCE)
    page.evaluate(COUNT_UPDATES)
    return page


def measure(
    browser: Browser, server: Server, run: Run, watchers: int
) -> tuple[float, float, list[float]]:
    """Return images/s, the server's CPU (cores) and seconds from update to update."""
    pages = [watch(browser, server, run) for _ in range(watchers)]
    process = psutil.Process(server.process.pid)
    reader = MetricReader(run.folder)
    steps, used = int(reader.read()["train/loss"].steps[-1]), sum(process.cpu_times()[:2])
    began = time.perf_counter()
    time.sleep(SECONDS)
    seconds = time.perf_counter() - began
    taken = int(reader.read()["train/loss"].steps[-1]) - steps
    cores = (sum(process.cpu_times()[:2]) - used) / seconds
    gaps: list[float] = []
    for page in pages:
        times = page.evaluate("() => window.updates")
        gaps += [(b - a) / 1000 for a, b in itertools.pairwise(times)]
        page.context.close()
    return taken * CONFIG.batch_size / seconds, cores, gaps


def first_paint(browser: Browser, root: Path) -> float:
    """Return seconds until the page Watch stands, of a server that has been asked before."""
    server = Server(ROOT / "dashboard.py", environment={"MNIST_RUNS": str(root)})
    server.start()
    try:
        seconds = []
        for _ in range(4):
            page = browser.new_context().new_page()
            began = time.perf_counter()
            page.goto(f"{server.url}watch")
            page.get_by_role("heading", level=1).wait_for(timeout=_PATIENCE)
            page.wait_for_selector('[data-test-script-state="notRunning"]')
            seconds.append(time.perf_counter() - began)
            page.context.close()
        return statistics.median(seconds[1:])
    finally:
        server.stop()


def compare_watchers(browser: Browser, root: Path, rounds: int) -> None:
    """Print what nobody, one and ten browsers cost."""
    server = Server(ROOT / "dashboard.py", environment={"MNIST_RUNS": str(root)})
    server.start()
    run, process = start_training(root)
    results: dict[int, list[tuple[float, float, list[float]]]] = {n: [] for n in WATCHERS}
    try:
        for turn in range(rounds):
            for watchers in WATCHERS[turn % 3 :] + WATCHERS[: turn % 3]:
                results[watchers].append(measure(browser, server, run, watchers))
    finally:
        run.request_stop()
        process.wait()
        server.stop()
    alone = statistics.median(rate for rate, _, _ in results[0])
    for watchers, measured in results.items():
        rate = statistics.median(rate for rate, _, _ in measured)
        cores = statistics.median(cores for _, cores, _ in measured)
        gaps = sorted(gap for _, _, some in measured for gap in some)
        updates = (
            f"  an update every {statistics.median(gaps):.2f} s (95%: "
            f"{gaps[int(0.95 * (len(gaps) - 1))]:.2f} s)"
            if gaps
            else ""
        )
        print(
            f"{watchers:2} watching  {rate:8,.0f} images/s  {rate / alone:.3f} times nobody  "
            f"server {cores:.3f} cores of {os.cpu_count()} ({cores / os.cpu_count():.1%})" + updates
        )


def compare_folders(browser: Browser, root: Path) -> None:
    """Print the first paint with 200 runs and with none."""
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
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        compare_watchers(browser, Path(folder) / "watched", args.rounds)
        compare_folders(browser, Path(folder))
        browser.close()


if __name__ == "__main__":
    main()
