"""How soon the bars follow the pen: our page against Gradio's stock components.

    python -m benchmarks.live_latency [--delay 150] [--drawers 50]

Both pages run on this machine, one after the other, driven by the same chromium: real pen strokes
are drawn with 60 mouse moves a second, and times are read on the page's own clock. "Pen-up to new
bars" is the time from the pointerup event to the first change of the bars after the last move,
which is the prediction for the whole drawing: the pen is lifted at once after its last move.
`--delay` is a round-trip time between browser and server; `--server` keeps our page from running
models in the browser; `--drawers` also asks what so many visitors at once cost the server.
"""

import argparse
from collections.abc import Callable

import numpy as np
from playwright.sync_api import sync_playwright

from benchmarks.live_drawers import Cost, measure_drawers
from benchmarks.live_pages import MOVES_PER_SECOND, OURS, STOCK, Figures, Site, measure
from benchmarks.load_visitors import progress_report
from benchmarks.slow_network import SlowNetwork
from tests.support.chromium import ROOT, Server, launch_chromium, serving
from tests.support.pendigits import PENDIGITS, read_pendigits

VIEWPORT = {"width": 1280, "height": 1200}
SITES = {"ours": (ROOT / "app.py", OURS), "stock": (ROOT / "benchmarks/stock_page.py", STOCK)}


def main() -> None:
    """Print both pages side by side, and the ratios."""
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.splitlines()[0])
    parser.add_argument("--drawings", type=int, default=12)
    parser.add_argument("--delay", type=float, default=0, metavar="MS", help="round-trip time")
    parser.add_argument("--drawers", type=int, default=0, metavar="N", help="visitors at once")
    parser.add_argument("--server", action="store_true", help="no models in the browser")
    parser.add_argument("--only", choices=SITES, help="one of the pages")
    args = parser.parse_args()
    strokes = [stroke for stroke in _single_strokes() if 40 <= len(stroke) <= 90][: args.drawings]
    report = progress_report()
    results: dict[str, Figures] = {}
    cost: Cost | None = None
    for name, (script, site) in SITES.items():
        if args.only in (None, name):
            report(f"{name}: {script.name}")
            with serving(script) as server:
                results[name] = _measure(server, site, strokes, args, report)
                if args.drawers and name == "ours":
                    cost = measure_drawers(server, args.drawers, report)
    _print(results, len(strokes), args.delay)
    if cost:
        print(cost)


def _single_strokes() -> list[np.ndarray]:
    return [strokes[0] for _, strokes in read_pendigits(PENDIGITS) if len(strokes) == 1]


def _measure(
    server: Server,
    site: Site,
    strokes: list[np.ndarray],
    args: argparse.Namespace,
    report: Callable[[str], None],
) -> Figures:
    with sync_playwright() as playwright, SlowNetwork(server.port, args.delay) as network:
        context = launch_chromium(playwright).new_context(viewport=VIEWPORT)
        if args.server:
            context.route("**/drawpad/**", lambda route: route.abort())
        return measure(context, site, network, strokes, report)


def _print(results: dict[str, Figures], drawings: int, delay: float) -> None:
    print(
        f"{drawings} real pen strokes, {MOVES_PER_SECOND} mouse moves a second, "
        f"round-trip time {delay:.0f} ms\n"
    )
    print(f"{'':44}" + "".join(f"{name:>10}" for name in results))
    for name, value in _ROWS:
        cells = [value(figures) for figures in results.values()]
        print(f"{name:44}" + "".join(f"{'-' if c is None else f'{c:.1f}':>10}" for c in cells))


_ROWS = [
    ("pen-up to new bars, median ms", lambda f: np.median(f.latency)),
    ("pen-up to new bars, 95th percentile ms", lambda f: np.percentile(f.latency, 95)),
    ("updates of the bars before pen-up, mean", lambda f: np.mean(f.updates)),
    (
        "frames with ink that have an answer, %",
        lambda f: 100 * sum(f.answered) / max(1, sum(f.ink_frames)),
    ),
    ("requests a stroke, mean", lambda f: np.mean(f.requests)),
    ("kilobytes a stroke, mean", lambda f: np.mean(f.kilobytes)),
    ("first load until it can be drawn on, s", lambda f: f.drawable and f.drawable[0]),
    ("first load until it can be drawn on, kB", lambda f: f.drawable and f.drawable[1]),
    ("first load until it runs in the browser, s", lambda f: f.in_browser and f.in_browser[0]),
    ("first load until it runs in the browser, kB", lambda f: f.in_browser and f.in_browser[1]),
]


if __name__ == "__main__":
    main()
