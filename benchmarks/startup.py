"""Seconds from `python app.py` to a page that can be drawn on, and memory, against bare Gradio.

    python -m benchmarks.startup

The baseline is the smallest Gradio page there is: one text box, no torch, no model.
"""

import argparse
import statistics
import tempfile
import time
from pathlib import Path

import psutil
from playwright.sync_api import Browser, sync_playwright

from tests.support.chromium import Server, launch_chromium

ROOT = Path(__file__).parents[1]
_BARE = """
import gradio as gr
with gr.Blocks(analytics_enabled=False) as page:
    gr.Textbox(elem_id="ready")
page.launch(ssr_mode=False)
"""


def measure(browser: Browser, script: Path, ready: str) -> tuple[float, float, float]:
    """Return the seconds until the server responds and until the page is ready, and its MB then."""
    server = Server(script)
    began = time.perf_counter()
    try:
        served = server.start()
        page = browser.new_page()
        page.goto(server.url)
        page.wait_for_selector(ready)
        usable = time.perf_counter() - began
        megabytes = psutil.Process(server.process.pid).memory_info().rss / 1e6
        page.close()
    finally:
        server.stop()
    return served, usable, megabytes


def main() -> None:
    """Print the medians of both pages and their ratio."""
    parser = argparse.ArgumentParser(allow_abbrev=False, description=__doc__.splitlines()[0])
    parser.add_argument("--runs", type=int, default=5)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        bare = Path(folder) / "bare.py"
        bare.write_text(_BARE)
        browser = launch_chromium(playwright)
        pages = {"pad": (ROOT / "app.py", ".drawpad[data-model]"), "bare": (bare, "#ready")}
        runs = {
            name: [measure(browser, *page) for _ in range(args.runs)]
            for name, page in pages.items()
        }
        browser.close()
    print(f"median of {args.runs} starts\n\n{'':26}{'pad':>8}{'bare Gradio':>14}{'ratio':>8}")
    rows = ("server responds, s", "page can be drawn on, s", "memory, MB")
    for index, name in enumerate(rows):
        pad, bare_page = (statistics.median(run[index] for run in runs[k]) for k in pages)
        print(f"{name:26}{pad:8.2f}{bare_page:14.2f}{pad / bare_page:7.2f}x")


if __name__ == "__main__":
    main()
