"""Time to open and to filter the page Runs with 1,000 runs, against a folder with one run.

    python -m benchmarks.dashboard_runs [--runs 1000]

`python -m benchmarks.dashboard` prints it as well.
"""

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, Page, expect, sync_playwright

from mnist_core.runs.labels import change_labels
from mnist_core.runs.origin import RunOrigin
from mnist_core.runs.run_list import create_run
from mnist_core.training.config import TrainConfig
from tests.support.chromium import ROOT, Server, launch_chromium, serving

RUNS = 1000
_REPEATS = 5
_TIMEOUT = 180_000
"""Milliseconds."""


@dataclass(frozen=True)
class Times:
    """Seconds: to open the page before and after the index has been built, and to filter."""

    first_open: float
    open: float
    filter: float


def make_runs(root: Path, count: int) -> None:
    """Create ended runs of random settings and scores; each fifth is a trial of a sweep."""
    random.seed(0)
    for number in range(count):
        origin = (
            RunOrigin(study=f"sweep {number // 100}", trial=number) if number % 5 == 0 else None
        )
        config = TrainConfig(
            model=random.choice(["improved", "mnist_cnn"]),
            learning_rate=10 ** random.uniform(-4, -1),
            batch_size=random.choice([64, 128, 512]),
            seed=number,
        )
        run = create_run(config, root, f"run {number}", origin)
        began = datetime.now(UTC) - timedelta(hours=random.uniform(1, 500))
        accuracy = random.uniform(0.97, 0.997)
        run.update_state(
            status=random.choice(["finished", "finished", "stopped", "failed"]),
            epoch=config.epochs,
            best_epoch=1,
            validation_accuracy=accuracy,
            validation_loss=3 * (1 - accuracy),
            created=began.isoformat(timespec="seconds"),
            started=began.isoformat(timespec="seconds"),
            trained_seconds=random.uniform(10, 1000),
            device="CPU, 2 threads",
        )
        if number % 3 == 0:
            change_labels(run, note="a note", tags=random.sample(["lr", "paper", "late"], 2))


def measure(browser: Browser, root: Path, found: Callable[[int], str]) -> Times:
    """Measure the page with the runs of a folder; `found` is its text of how many runs match."""
    opened, filtered = [], []
    with serving(ROOT / "dashboard.py", {"MNIST_RUNS": str(root)}) as server:
        open_page(browser, server, "train").context.close()  # imports what every page needs
        for _ in range(_REPEATS):
            began = time.perf_counter()
            page = open_page(browser, server, "runs")
            opened.append(time.perf_counter() - began)
            filtered += [_filter(page, found, text) for text in ("seed=7", "")]
            page.context.close()
    return Times(opened[0], statistics.median(opened[1:]), statistics.median(filtered))


def open_page(browser: Browser, server: Server, path: str) -> Page:
    """Open a page of the dashboard in a new browser context; return when it is complete."""
    page = browser.new_context().new_page()
    page.goto(f"{server.url}{path}")
    page.get_by_role("heading", level=1).wait_for(timeout=_TIMEOUT)
    page.wait_for_selector('[data-test-script-state="notRunning"]', timeout=_TIMEOUT)
    return page


def _filter(page: Page, found: Callable[[int], str], text: str) -> float:
    box = page.get_by_role("textbox", name="Search runs")
    box.fill(text)
    began = time.perf_counter()
    box.press("Enter")
    expect(page.get_by_text(found(bool(text)), exact=False).first).to_be_visible(timeout=_TIMEOUT)
    return time.perf_counter() - began


def compare(browser: Browser, folder: Path, count: int = RUNS) -> None:
    """Print the times with many runs and with one."""
    one, many = folder / "one-run", folder / "many-runs"
    make_runs(one, 1)
    make_runs(many, count)
    matching = sum(str(number)[:1] == "7" for number in range(count))  # seed=7 is a beginning
    base = measure(browser, one, lambda filtered: "0 of 1 run" if filtered else "1 of 1 run")
    full = measure(
        browser, many, lambda filtered: f"{matching if filtered else count:,} of {count:,} runs"
    )
    for name in ("first_open", "open", "filter"):
        small, large = getattr(base, name), getattr(full, name)
        print(
            f"runs page, {name.replace('_', ' '):10}  {small:.2f} s with 1 run, {large:.2f} s with "
            f"{count:,}: {large - small:.2f} s more, {large / small:.2f} times"
        )


def main() -> None:
    """Run the benchmark and print its results."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=RUNS)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        compare(browser, Path(folder), args.runs)
        browser.close()


if __name__ == "__main__":
    main()
