"""A real browser and a real server, for browser tests and benchmarks."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page, Playwright

ROOT = Path(__file__).parents[2]
# the shell has no window and needs half of the processor time
_NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "chrome"]
CHROMIUM = next(filter(None, map(shutil.which, _NAMES)), None)
PATIENCE = 300_000
"""Milliseconds that a test waits for a page; a busy machine is no failure."""
DESKTOP = {"viewport": {"width": 1280, "height": 900}, "locale": "en-US"}
"""Options of a browser context."""

_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]

SHORT_LIVED = ["--js-flags=--liftoff-only"]
"""Flags for pages that live for seconds: WebAssembly is not compiled a second time, for speed."""

KNOWN_HOST, UNKNOWN_HOST = "visitor.example", "unknown.example"
"""Names of this machine in the browser of the tests; the dashboard knows the first."""
HOST_NAMES = f"--host-resolver-rules=MAP {KNOWN_HOST} 127.0.0.1, MAP {UNKNOWN_HOST} 127.0.0.1"
"""Flag with which these are its names."""


def launch_chromium(playwright: Playwright, *flags: str) -> Browser:
    """Start the machine's own chromium, with flags of the command line in addition."""
    return playwright.chromium.launch(executable_path=CHROMIUM, args=[*_FLAGS, *flags])


def free_port() -> int:
    """Return a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A script's page, served by another process, on a port that is kept over restarts.

    Parameters
    ----------
    script : Path
        A Python script; one whose name ends in `dashboard.py` is run by Streamlit.
    environment : dict
        Variables that it gets in addition to those of this process.
    folder : Path
        Its working directory.
    """

    def __init__(
        self, script: Path, environment: dict[str, str] | None = None, folder: Path = ROOT
    ) -> None:
        self.script = script
        self.port = free_port()
        self.environment = environment or {}
        self.folder = folder
        self.url = f"http://127.0.0.1:{self.port}/"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, patience: float = 120) -> float:
        """Start and wait until the page is served; return the seconds that took."""
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")]),
            "GRADIO_SERVER_PORT": str(self.port),
            "GRADIO_SERVER_NAME": "127.0.0.1",
            "GRADIO_ANALYTICS_ENABLED": "False",
            "STREAMLIT_SERVER_PORT": str(self.port),
            "STREAMLIT_SERVER_ADDRESS": "127.0.0.1",
            "STREAMLIT_SERVER_HEADLESS": "true",
            **self.environment,
        }
        command = [sys.executable, str(self.script)]
        if self.script.name.endswith("dashboard.py"):
            command[1:1] = ["-m", "streamlit", "run"]
        began = time.perf_counter()
        self.process = subprocess.Popen(
            command, cwd=self.folder, env=environment, stdout=subprocess.DEVNULL
        )
        while time.perf_counter() - began < patience:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.script.name} ended with {self.process.returncode}")
            with contextlib.suppress(urllib.error.URLError, ConnectionError, TimeoutError):
                urllib.request.urlopen(self.url, timeout=5).read()
                return time.perf_counter() - began
            time.sleep(0.02)
        self.stop()
        raise RuntimeError(f"{self.script.name} did not serve {self.url} in {patience} s")

    def stop(self) -> None:
        """Kill it and wait until it has exited."""
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None


@contextlib.contextmanager
def serving(
    script: Path, environment: dict[str, str] | None = None, folder: Path = ROOT
) -> Iterator[Server]:
    """Run a script's server for the length of a block; see `Server`."""
    server = Server(script, environment, folder)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def fit_strokes(
    strokes: list[np.ndarray], box: dict[str, float], share: float = 0.7
) -> list[list[tuple[float, float]]]:
    """Place strokes in the middle of a box on screen; the longest side is `share` of the box."""
    points = np.concatenate(strokes)
    low, high = points.min(0), points.max(0)
    scale = share * box["width"] / max(float((high - low).max()), 1e-9)
    middle = np.array([box["x"] + box["width"] / 2, box["y"] + box["height"] / 2])
    return [
        [tuple(map(float, point)) for point in (stroke - (low + high) / 2) * scale + middle]
        for stroke in strokes
    ]


def thin_strokes(strokes: list[np.ndarray]) -> list[np.ndarray]:
    """Return each fifth point of the longer strokes, and the last, as with a fast mouse."""
    return [
        np.concatenate([stroke[:-1:5], stroke[-1:]]) if len(stroke) > 10 else stroke
        for stroke in strokes
    ]


def draw(page: Page, strokes: list[list[tuple[float, float]]]) -> None:
    """Draw strokes with the mouse."""
    for stroke in strokes:
        page.mouse.move(*stroke[0])
        page.mouse.down()
        for point in stroke[1:]:
            page.mouse.move(*point)
        page.mouse.up()
