"""What many visitors at once cost the server, whose models run in their browsers or on the server.

Visitors are plain connections here, since no machine has fifty browsers to spare: first each loads
the page's files as a browser does, then each draws as a browser does that cannot run models: it
asks again as soon as it has an answer.
"""

from __future__ import annotations

import base64
import functools
import http.client
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import psutil

from tests.support.chromium import Server

SECONDS = 8
"""How long the visitors draw without models in their browsers."""


@dataclass(frozen=True)
class Cost:
    """`load` and `answer` in seconds; `cpu` of the server for loading, in seconds a visitor."""

    visitors: int
    load: float
    cpu: float
    answer: float
    answers: float

    def __str__(self) -> str:
        return (
            f"\n{self.visitors} visitors at once\n"
            f"  in their browsers: {self.load:.1f} s until all have the files, "
            f"{1000 * self.cpu:.0f} ms of the server's time each, then no request\n"
            f"  on the server: {1000 * self.answer:.0f} ms for an answer (median), "
            f"{self.answers:.1f} answers a second each"
        )


def measure_drawers(server: Server, visitors: int, report: Callable[[str], None]) -> Cost:
    """Let visitors load the page, and then draw with models on the server."""
    assert server.process is not None
    process = psutil.Process(server.process.pid)
    paths = _paths(server)
    report(f"{visitors} visitors load {len(paths)} files each")
    with ThreadPoolExecutor(visitors) as pool:
        before, began = process.cpu_times(), time.perf_counter()
        list(pool.map(lambda _: [_get(server, path) for path in paths], range(visitors)))
        load, after = time.perf_counter() - began, process.cpu_times()
        report(f"{visitors} visitors draw for {SECONDS} s")
        end = time.perf_counter() + SECONDS
        found = pool.map(lambda number: _draw(server, number, end), range(visitors))
        times = [seconds for one in found for seconds in one]
    used = after.user + after.system - before.user - before.system
    answers = len(times) / visitors / SECONDS
    return Cost(visitors, load, used / visitors, float(np.median(times)), answers)


def _paths(server: Server) -> list[str]:
    """Return the page and the large files, which are all that depends on the project."""
    from pad.files import file_urls

    urls = file_urls()
    described = _call(server, "describe_model", {"model": "default"})
    return ["", urls["worker"], urls["wasm"], urls["steps"]["fit_ink"], described["graph"]["url"]]


def _get(server: Server, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    connection.request("GET", f"/{path}", headers={"Accept-Encoding": "gzip, br"})
    return len(connection.getresponse().read())


def _draw(server: Server, number: int, end: float) -> list[float]:
    """Ask about a drawing again and again until a time; return the seconds of each answer."""
    random = np.random.default_rng(number)
    times = []
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    while (began := time.perf_counter()) < end:
        ink = np.zeros((56, 56), np.uint8)
        left = random.integers(20, 30)
        ink[8:48, left : left + 5] = 255
        request = {"ink": base64.b64encode(ink.tobytes()).decode(), "layers": ["conv1"]}
        _call(server, "classify_ink", {"model": "default", **request}, connection)
        times.append(time.perf_counter() - began)
    return times


def _call(
    server: Server,
    name: str,
    data: dict[str, Any],
    connection: http.client.HTTPConnection | None = None,
) -> dict[str, Any]:
    """Call one of the functions of `pad.functions` as the page does."""
    connection = connection or http.client.HTTPConnection("127.0.0.1", server.port, timeout=300)
    body = {
        "data": data,
        "fn_name": name,
        "component_id": _component(server.port),
        "session_hash": "benchmark",
    }
    headers = {"Content-Type": "application/json"}
    connection.request("POST", "/gradio_api/component_server/", json.dumps(body), headers)
    return json.loads(connection.getresponse().read())


@functools.cache
def _component(port: int) -> int:
    """Return the number of the sketchpad among the page's components."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    connection.request("GET", "/config")
    components = json.loads(connection.getresponse().read())["components"]
    return next(c["id"] for c in components if c["props"].get("elem_id") == "sketchpad")
