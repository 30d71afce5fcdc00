"""How soon the bars follow the pen: our page against Gradio's stock components.

    python -m benchmarks.live_latency

Both pages run on this machine, one after the other, driven by the same chromium: real pen strokes
are drawn with 60 mouse moves a second, and times are read on the page's own clock. "Pen-up to new
bars" is the time from the pointerup event to the last change of the bars, which is the prediction
for the whole drawing: the pen is lifted at once after its last move.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, Request, sync_playwright

from tests.support.chromium import Server, fit_strokes, launch_chromium
from tests.support.pendigits import PENDIGITS, read_pendigits

ROOT = Path(__file__).parents[1]
MOVES_PER_SECOND = 60
TRAFFIC_DRAWINGS = 5

# Times of pen events, animation frames with ink, and changes of the bars; in milliseconds.
_PROBE = """
(selector) => {
  const probe = window.probe = {up: 0, lastInk: 0, inkFrames: 0, changes: [], down: false};
  let moved = false;
  addEventListener("pointerdown", () => { probe.down = true; }, true);
  addEventListener("pointermove", () => {
    if (probe.down) { moved = true; probe.lastInk = performance.now(); }
  }, true);
  addEventListener("pointerup", () => { probe.up = performance.now(); probe.down = false; }, true);
  const frame = () => {
    if (moved) probe.inkFrames++;
    moved = false;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new MutationObserver(() => probe.changes.push(performance.now())).observe(
    document.querySelector(selector), {subtree: true, childList: true, characterData: true});
}
"""


@dataclass
class Figures:
    """What was measured on one page, one entry for every drawing."""

    latency: list[float] = field(default_factory=list)
    updates: list[int] = field(default_factory=list)
    predictions: list[int] = field(default_factory=list)
    ink_frames: list[int] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)
    kilobytes: list[float] = field(default_factory=list)


def draw_paced(page: Page, stroke: list[tuple[float, float]]) -> None:
    """Draw one stroke, 60 moves a second, pen-up at once after the last."""
    stroke = [
        point for point, _ in itertools.groupby(stroke)
    ]  # a move to nowhere has no prediction
    page.mouse.move(*stroke[0])
    page.mouse.down()
    began = time.perf_counter()
    for number, point in enumerate(stroke[1:]):
        time.sleep(max(0.0, began + number / MOVES_PER_SECOND - time.perf_counter()))
        page.mouse.move(*point)
    page.mouse.up()


def time_stroke(page: Page, stroke: list[tuple[float, float]], figures: Figures) -> None:
    """Draw one stroke on a page whose probe is in place, and note when the bars changed."""
    page.evaluate("() => { probe.changes.length = 0; probe.inkFrames = 0; }")
    draw_paced(page, stroke)
    page.wait_for_function("probe.changes.some((at) => at > probe.lastInk)", timeout=20_000)
    page.wait_for_timeout(1000)
    probe = page.evaluate("probe")
    figures.latency.append(probe["changes"][-1] - probe["up"])
    figures.updates.append(sum(at <= probe["up"] for at in probe["changes"]))
    figures.predictions.append(len(probe["changes"]))
    figures.ink_frames.append(probe["inkFrames"])


def count_traffic(page: Page, stroke: list[tuple[float, float]], figures: Figures) -> None:
    """Draw it again, and count requests and bytes, headers too: counting would spoil the times."""
    finished: list[Request] = []
    page.on("requestfinished", lambda request: finished.append(request))
    draw_paced(page, stroke)
    page.wait_for_timeout(2500)
    figures.requests.append(len(finished))
    figures.kilobytes.append(sum(sum(request.sizes().values()) for request in finished) / 1000)


Pass = Callable[[Page, list[tuple[float, float]], Figures], None]


def draw_on_ours(browser: Browser, url: str, stroke: np.ndarray, act: Pass, to: Figures) -> None:
    """Do something with one stroke on our pad."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(url)
    page.wait_for_selector(".drawpad[data-model]")
    page.evaluate(_PROBE, ".bars")
    box = dict(page.locator(".paper canvas").bounding_box() or {})
    act(page, fit_strokes([stroke], box)[0], to)
    page.close()


def draw_on_stock(browser: Browser, url: str, stroke: np.ndarray, act: Pass, to: Figures) -> None:
    """Do something with one stroke on the stock page."""
    page = browser.new_page(viewport={"width": 1280, "height": 1200})
    page.goto(url)
    page.wait_for_selector("canvas")
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Brush").click()
    page.evaluate(_PROBE, "#label")
    box = dict(page.locator("canvas").first.bounding_box() or {})
    # the 280 x 280 paper is in the middle of a wide canvas
    paper = {**box, "x": box["x"] + (box["width"] - box["height"]) / 2, "width": box["height"]}
    act(page, fit_strokes([stroke], paper, share=0.5)[0], to)
    page.close()


def main() -> None:
    """Print both pages side by side, and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drawings", type=int, default=12)
    args = parser.parse_args()
    whole = [strokes[0] for _, strokes in read_pendigits(PENDIGITS) if len(strokes) == 1]
    strokes = [stroke for stroke in whole if 40 <= len(stroke) <= 90][: args.drawings]
    results: dict[str, Figures] = {}
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        for name, script, run in (
            ("ours", ROOT / "app.py", draw_on_ours),
            ("stock", ROOT / "benchmarks/stock_page.py", draw_on_stock),
        ):
            server = Server(script)
            server.start()
            try:
                figures = results[name] = Figures()
                for stroke in strokes:
                    run(browser, server.url, stroke, time_stroke, figures)
                for stroke in strokes[:TRAFFIC_DRAWINGS]:
                    run(browser, server.url, stroke, count_traffic, figures)
            finally:
                server.stop()
        browser.close()
    _print(results["ours"], results["stock"], len(strokes))


def _print(ours: Figures, stock: Figures, drawings: int) -> None:
    print(f"{drawings} real pen strokes, {MOVES_PER_SECOND} mouse moves a second\n")
    print(f"{'':38}{'ours':>10}{'stock':>10}{'ratio':>9}")
    rows = [
        ("pen-up to new bars, median ms", np.median, "latency"),
        ("pen-up to new bars, 95th percentile ms", lambda v: np.percentile(v, 95), "latency"),
        ("requests a stroke, mean", np.mean, "requests"),
        ("kilobytes a stroke, mean", np.mean, "kilobytes"),
    ]
    for name, statistic, attribute in rows:
        a, b = (float(statistic(getattr(figures, attribute))) for figures in (ours, stock))
        print(f"{name:38}{a:10.1f}{b:10.1f}{b / max(a, 1e-9):8.1f}x")
    for name, figures in (("ours", ours), ("stock", stock)):
        print(f"{name}: {np.mean(figures.updates):.1f} updates of the bars before pen-up")
    # the stock label changes in several steps for one prediction, so this is asked of ours alone
    frames = sum(ours.ink_frames)
    print(
        f"ours: a prediction for {sum(ours.predictions) / frames:.0%} of {frames} frames with ink"
    )


if __name__ == "__main__":
    main()
