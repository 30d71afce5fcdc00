"""How soon the bars follow the pen: our page against Gradio's stock components.

    python benchmarks/live_latency.py

Both pages run on this machine, one after the other, driven by the same chromium: real pen strokes
are drawn with 60 mouse moves a second, and the page's own clock is read in the page. "Pen-up to
new bars" is the time from the pointerup event to the first change of the bars after the answer to
the whole drawing was on its way, so an answer to an earlier part of the drawing does not count.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[1] / "tests")]

from chromium import Server, fit_strokes, launch_chromium
from pendigits import load_pendigits

ROOT = Path(__file__).parents[1]
MOVES_PER_SECOND = 60

# Times of pen events, animation frames with ink, changes of the bars, and when the last request
# that could hold the whole drawing was sent. All on the page's clock, in milliseconds.
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
    ink_frames: list[int] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)
    kilobytes: list[float] = field(default_factory=list)


class Traffic:
    """Counts a page's requests and the bytes of their bodies, both ways."""

    def __init__(self, page: Page) -> None:
        self.requests = 0
        self.bytes = 0
        page.on("request", self._sent)
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        session.on("Network.dataReceived", self._received)

    def _sent(self, request: object) -> None:
        self.requests += 1
        self.bytes += len(request.post_data_buffer or b"")  # type: ignore[attr-defined]

    def _received(self, event: dict[str, int]) -> None:
        self.bytes += event["encodedDataLength"]


def draw_paced(page: Page, stroke: list[tuple[float, float]]) -> None:
    """Draw one stroke, 60 moves a second, pen-up at once after the last."""
    page.mouse.move(*stroke[0])
    page.mouse.down()
    began = time.perf_counter()
    for number, point in enumerate(stroke[1:]):
        time.sleep(max(0.0, began + number / MOVES_PER_SECOND - time.perf_counter()))
        page.mouse.move(*point)
    page.mouse.up()


def measure(page: Page, stroke: list[tuple[float, float]], bars: str, figures: Figures) -> None:
    """Draw one stroke on a page whose probe is in place, and note what happened."""
    traffic = Traffic(page)
    page.evaluate("() => { probe.changes.length = 0; probe.inkFrames = 0; }")
    draw_paced(page, stroke)
    page.wait_for_function("probe.changes.some((at) => at > probe.up)", timeout=20_000)
    page.wait_for_timeout(1500)
    probe = page.evaluate("probe")
    figures.latency.append(probe["changes"][-1] - probe["up"])
    figures.updates.append(sum(at <= probe["up"] for at in probe["changes"]))
    figures.ink_frames.append(probe["inkFrames"])
    figures.requests.append(traffic.requests)
    figures.kilobytes.append(traffic.bytes / 1000)


def measure_ours(browser: Browser, url: str, strokes: list[np.ndarray]) -> Figures:
    """Draw every stroke on our pad."""
    figures = Figures()
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(url)
    page.wait_for_selector(".drawpad[data-model]")
    page.evaluate(_PROBE, ".bars")
    paper = page.locator(".paper canvas")
    for stroke in strokes:
        box = paper.bounding_box()
        measure(page, fit_strokes([stroke], dict(box or {}))[0], ".bars", figures)
        page.click("[data-tool=clear]")
        page.wait_for_timeout(200)
    page.close()
    return figures


def measure_stock(browser: Browser, url: str, strokes: list[np.ndarray]) -> Figures:
    """Draw every stroke on a fresh stock page: its label shows nothing before."""
    figures = Figures()
    for stroke in strokes:
        page = browser.new_page(viewport={"width": 1280, "height": 1200})
        page.goto(url)
        page.wait_for_selector("canvas")
        page.wait_for_timeout(1500)
        brush = page.get_by_role("button", name="Draw")
        if brush.count():
            brush.first.click()
        page.evaluate(_PROBE, "body")
        box = page.locator("canvas").first.bounding_box()
        measure(page, fit_strokes([stroke], dict(box or {}), share=0.4)[0], "body", figures)
        page.close()
    return figures


def main() -> None:
    """Print both pages side by side, and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--drawings", type=int, default=20)
    args = parser.parse_args()
    whole = [strokes[0] for _, strokes in load_pendigits() if len(strokes) == 1]
    strokes = [stroke for stroke in whole if 40 <= len(stroke) <= 90][: args.drawings]
    results: dict[str, Figures] = {}
    with sync_playwright() as playwright:
        browser = launch_chromium(playwright)
        for name, script, run in (
            ("ours", ROOT / "app.py", measure_ours),
            ("stock", ROOT / "benchmarks/stock_page.py", measure_stock),
        ):
            server = Server(script)
            server.start()
            try:
                results[name] = run(browser, server.url, strokes)
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
        share = sum(figures.updates) / max(1, sum(figures.ink_frames))
        print(
            f"{name}: {np.mean(figures.updates):.1f} updates during a stroke of "
            f"{np.mean(figures.ink_frames):.1f} animation frames with ink ({share:.0%})"
        )


if __name__ == "__main__":
    main()
