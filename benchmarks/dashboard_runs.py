"""Time to open and to filter the page Runs with 1,000 runs, against a folder with one run.

    python -m benchmarks.dashboard_runs [--runs 1000]

The page's own clock measures from the navigation, or from the key that sends the filter, to the
frame in which a row of the new table is drawn. `python -m benchmarks.dashboard` prints it as well.
"""

import argparse
import random
import statistics
import tempfile
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from mnist_core.runs.labels import change_labels
from mnist_core.runs.origin import RunOrigin
from mnist_core.runs.run_list import create_run
from mnist_core.runs.run_rows import RunIndex, RunRow
from mnist_core.runs.run_table import RunFilter, SortKey, make_table
from mnist_core.training.config import TrainConfig
from tests.support.chromium import ROOT, Server, launch_chromium, serving

RUNS = 1000
_REPEATS = 5
_TIMEOUT = 180_000
"""Milliseconds."""
_VISIBLE_ROWS = 20
"""No screen of the benchmark shows more."""
_FILTER = "seed=7"
"""Seeds that begin with a 7."""
_NO_ROWS = "No run matches."
_CLOCK = """(() => {
  let began = 0;
  let drawn = new Set();
  const fillText = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...place) {
    drawn.add(text);
    return fillText.call(this, text, ...place);
  };
  document.addEventListener("keydown", event => {
    if (event.key !== "Enter") return;
    began = performance.now();
    drawn = new Set();
  }, true);
  window.secondsUntil = text => new Promise(resolve => {
    const isShown = element => element.textContent.includes(text);
    const look = now => drawn.has(text)
      || [...document.querySelectorAll("h1, [data-testid=stAlert]")].some(isShown)
      ? resolve((now - began) / 1000)
      : requestAnimationFrame(look);
    requestAnimationFrame(look);
  });
})()"""
"""Gives a page `secondsUntil(text)`: from the navigation, or the last Enter, until a table, a
heading or a message shows it."""


@dataclass(frozen=True)
class Times:
    """Seconds: to open the page in a new browser and in one that has shown it, and to filter.

    A new browser has to load and to compile Streamlit's scripts. The very first time, the server
    reads every run's folder, too.
    """

    very_first_open: float
    open_in_new_browser: float
    open: float
    filter: float


def make_runs(root: Path, count: int) -> None:
    """Create ended runs of random settings and scores; each fifth is a trial of a sweep."""
    random.seed(0)
    for number in range(count):
        origin = (
            RunOrigin(study=f"sweep {number // 100}", trial=number) if number % 5 == 4 else None
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


def measure(browser: Browser, root: Path) -> Times:
    """Measure the page with the runs of a folder."""
    first, opened, filtered = [], [], []
    every, matching = (_names(root, text) for text in ("", _FILTER))
    with serving(ROOT / "dashboard.py", {"MNIST_RUNS": str(root)}) as server:
        with browser.new_context() as context:
            _open(context, server, "train", "Train")  # imports what every page needs
        for _ in range(_REPEATS):
            with browser.new_context() as context:
                first.append(_open(context, server, "runs", every[0])[1])
                page, seconds = _open(context, server, "runs", every[0])
                opened.append(seconds)
                filtered.append(_filter(page, _FILTER, _first_new(matching, every)))
                filtered.append(_filter(page, "", _first_new(every, matching)))
    return Times(first[0], *map(statistics.median, (first[1:], opened, filtered)))


def _names(root: Path, text: str) -> list[str]:
    """Return the names of the runs that the top of the table shows."""
    table = make_table(RunIndex(root).rows(), RunFilter(text=text), SortKey.NEWEST)
    return [row.name for row in table.rows[:_VISIBLE_ROWS] if isinstance(row, RunRow)]


def _first_new(names: list[str], before: list[str]) -> str:
    return next((name for name in names if name not in before), _NO_ROWS)


def _open(context: BrowserContext, server: Server, path: str, text: str) -> tuple[Page, float]:
    """Open a page of the dashboard; return it, and the seconds until it shows a text."""
    page = context.new_page()
    page.set_default_timeout(_TIMEOUT)
    page.add_init_script(_CLOCK)
    page.goto(f"{server.url}{path}")
    seconds = page.evaluate("text => secondsUntil(text)", text)
    page.wait_for_selector('[data-test-script-state="notRunning"]')
    return page, seconds


def _filter(page: Page, text: str, shown: str) -> float:
    """Filter by a text; return the seconds until the page shows another one."""
    page.get_by_role("textbox", name="Search runs").fill(text)
    page.keyboard.press("Enter")
    seconds = page.evaluate("text => secondsUntil(text)", shown)
    page.wait_for_selector('[data-test-script-state="notRunning"]')
    return seconds


def compare(browser: Browser, folder: Path, count: int = RUNS) -> None:
    """Print the times with many runs and with one."""
    one, many = folder / "one-run", folder / "many-runs"
    make_runs(one, 1)
    make_runs(many, count)
    base, full = measure(browser, one), measure(browser, many)
    for field in fields(Times):
        small, large = getattr(base, field.name), getattr(full, field.name)
        what = field.name.replace("_", " ")
        print(
            f"runs page, {what:19}  {small:.2f} s with 1 run, {large:.2f} s with "
            f"{count:,}: {large - small:.2f} s more, {large / small:.2f} times"
        )


def main() -> None:
    """Run the benchmark and print its results."""
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=RUNS)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        compare(browser, Path(folder), args.runs)
        browser.close()


if __name__ == "__main__":
    main()
