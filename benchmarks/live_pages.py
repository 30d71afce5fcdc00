"""The pages that `live_latency.py` draws on, and what it measures on one stroke."""

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from playwright.sync_api import BrowserContext, Page

from benchmarks.slow_network import SlowNetwork
from tests.support.chromium import fit_strokes

MOVES_PER_SECOND = 60

# Times of pen-up, animation frames with ink, and changes of the bars; in milliseconds.
_PROBE = """
(selector) => {
  const probe = window.probe =
    {up: 0, lastInk: 0, inkFrames: [], inkMoves: [], changes: [], down: false};
  let moved = false;
  addEventListener("pointerdown", () => { probe.down = true; }, true);
  addEventListener("pointermove", () => {
    if (probe.down) { moved = true; probe.lastInk = performance.now(); }
  }, true);
  addEventListener("pointerup", () => { probe.up = performance.now(); probe.down = false; }, true);
  const frame = () => {
    if (moved) {
      probe.inkFrames.push(performance.now());
      probe.inkMoves.push(probe.lastInk);
    }
    moved = false;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  new MutationObserver(() => probe.changes.push(performance.now())).observe(
    document.querySelector(selector),
    // data-probability is set again where an answer is that of the frame before
    {subtree: true, childList: true, characterData: true,
     attributeFilter: ["style", "data-probability"]});
}
"""


@dataclass
class Figures:
    """What was measured on one page; lists have one entry for every drawing.

    `answered` are animation frames with ink whose last move was followed by a change of the bars
    before the next frame with ink; `drawable` and `in_browser` are the seconds and kilobytes of
    the first load.
    """

    latency: list[float] = field(default_factory=list)
    updates: list[int] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    ink_frames: list[int] = field(default_factory=list)
    requests: list[int] = field(default_factory=list)
    kilobytes: list[float] = field(default_factory=list)
    drawable: tuple[float, float] | None = None
    in_browser: tuple[float, float] | None = None


@dataclass(frozen=True)
class Site:
    """A page: how it is opened and cleared, where its paper and its bars are."""

    open: Callable[[Page, SlowNetwork, Figures], None]
    clear: Callable[[Page], None]
    paper: Callable[[Page], dict[str, float]]
    bars: str
    share: float


def draw_paced(page: Page, stroke: list[tuple[float, float]]) -> None:
    """Draw one stroke, 60 moves a second, pen-up at once after the last."""
    # a move to nowhere has no prediction
    stroke = [point for point, _ in itertools.groupby(stroke)]
    page.mouse.move(*stroke[0])
    page.mouse.down()
    began = time.perf_counter()
    for number, point in enumerate(stroke[1:]):
        time.sleep(max(0.0, began + number / MOVES_PER_SECOND - time.perf_counter()))
        page.mouse.move(*point)
    page.mouse.up()


def measure(
    context: BrowserContext,
    site: Site,
    network: SlowNetwork,
    strokes: list[np.ndarray],
    report: Callable[[str], None],
) -> Figures:
    """Draw strokes one after the other on one page."""
    figures = Figures()
    page = context.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    site.open(page, network, figures)
    report("page loaded")
    page.evaluate(_PROBE, site.bars)
    for number, stroke in enumerate(strokes, 1):
        requests.clear()
        received = network.received
        _measure_stroke(page, fit_strokes([stroke], site.paper(page), site.share)[0], figures)
        figures.requests.append(len(requests))
        figures.kilobytes.append((network.received - received) / 1000)
        report(f"drawing {number} of {len(strokes)}: {figures.latency[-1]:.0f} ms after pen-up")
        site.clear(page)
        page.wait_for_timeout(300)
    page.close()
    return figures


def _measure_stroke(page: Page, stroke: list[tuple[float, float]], figures: Figures) -> None:
    page.evaluate(
        "() => { for (const name of ['changes', 'inkFrames', 'inkMoves']) probe[name].length = 0; }"
    )
    draw_paced(page, stroke)
    page.wait_for_function("probe.changes.some((at) => at > probe.lastInk)", timeout=60_000)
    page.wait_for_timeout(1000)
    probe = page.evaluate("probe")
    changes, frames = probe["changes"], probe["inkFrames"]
    # the explanation of a refusal, which follows, is not waited for
    answered = min(at for at in changes if at > probe["lastInk"])
    figures.latency.append(max(0.0, answered - probe["up"]))
    figures.updates.append(sum(at <= probe["up"] for at in changes))
    figures.ink_frames.append(len(frames))
    following = zip(probe["inkMoves"], [*frames[1:], float("inf")], strict=True)
    figures.answered.append(
        sum(any(begin < at <= end for at in changes) for begin, end in following)
    )


def _open_ours(page: Page, network: SlowNetwork, figures: Figures) -> None:
    began = time.perf_counter()
    page.goto(network.url)
    page.wait_for_selector(".drawpad[data-runs]")
    figures.drawable = (time.perf_counter() - began, network.received / 1000)
    page.wait_for_selector(".drawpad[data-runs=browser], .drawpad[data-runs=server]")
    if page.locator(".drawpad[data-runs=browser]").count():
        figures.in_browser = (time.perf_counter() - began, network.received / 1000)


def _open_stock(page: Page, network: SlowNetwork, figures: Figures) -> None:
    began = time.perf_counter()
    page.goto(network.url)
    page.wait_for_selector("canvas")
    figures.drawable = (time.perf_counter() - began, network.received / 1000)
    page.wait_for_timeout(1500)
    page.get_by_role("button", name="Brush").click()


def _stock_paper(page: Page) -> dict[str, float]:
    box = dict(page.locator("canvas").first.bounding_box() or {})
    # the 280 x 280 paper is in the middle of a wide canvas
    return {**box, "x": box["x"] + (box["width"] - box["height"]) / 2, "width": box["height"]}


def _clear_stock(page: Page) -> None:
    page.get_by_role("button", name="Clear canvas").click()
    page.wait_for_timeout(1000)
    page.get_by_role("button", name="Brush").click()


OURS = Site(
    _open_ours,
    lambda page: page.click("[data-tool=clear]"),
    lambda page: dict(page.locator(".paper canvas").first.bounding_box() or {}),
    ".bars",
    0.7,
)
STOCK = Site(_open_stock, _clear_stock, _stock_paper, "#label", 0.5)
