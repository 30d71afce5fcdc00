"""Visitors of the pad: plain connections that speak the page's protocol, for `benchmarks.load`."""

import contextlib
import gzip
import http.client
import json
import re
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from benchmarks.load_requests import (
    DRAWINGS,
    MARK,
    MOVES,
    drawing_requests,
    model_files,
    upload,
)

PATIENCE = 4.0
"""Seconds after which the page gives a question up and closes its connection."""
_TIMEOUT = 60.0  # of everything else


@dataclass
class Times:
    """Seconds of the requests with an answer, of those told "busy", and what went wrong."""

    answers: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    @contextlib.contextmanager
    def request(self) -> Iterator[None]:
        """Time a request; `BusyError` and what the network or the server did wrong are noted."""
        began = time.perf_counter()
        try:
            yield
            self.answers.append(time.perf_counter() - began)
        except BusyError:
            self.busy.append(time.perf_counter() - began)
        except (OSError, http.client.HTTPException, ValueError) as error:
            self.errors.append(f"{type(error).__name__}: {error}"[:120])


class BusyError(Exception):
    """The server's answer was "busy"."""


class Visitor:
    """One visitor: a connection that is kept open, as a browser's."""

    def __init__(self, port: int, number: int = 0) -> None:
        self._port = port
        self._random = np.random.default_rng(number)
        self._connection: http.client.HTTPConnection | None = None
        self.times = Times()

    def load_page(self) -> None:
        """Get the page, what it names, and the files with which its browser runs the model."""
        with self.times.request():
            page = self._get("/").decode()
            for path in re.findall(r'(?:href|src)="\./(assets/[^"]+)"', page):
                self._get(f"/{path}")
            for path in model_files(self._port):
                self._get(f"/{path}")

    def draw(self, end: float) -> None:
        """Draw one digit in a second, with models on the server; stop early at a time, once asked.

        As the page does, one request is in flight, the next has the newest pen position, and the
        last one the whole drawing; a refusal of it is explained. After "busy" or no answer it
        waits, each time for longer.
        """
        bodies = drawing_requests(self._port)[self._random.integers(DRAWINGS)]
        began, sent, failures, asked = time.perf_counter(), -1, 0, False
        while sent < MOVES - 1 and ((now := time.perf_counter()) < end or not asked):
            newest = min(MOVES - 1, int((now - began) * MOVES))
            if newest == sent:
                time.sleep(max(0.0, began + (sent + 1) / MOVES - now))
                continue
            before, asked = len(self.times.answers), True
            with self.times.request():
                answer = self._call(bodies[newest])
                if newest == MOVES - 1 and b'"explained":false' in answer:
                    self._call(bodies[newest].replace(b'"explain": false', b'"explain": true'))
            if len(self.times.answers) > before:
                sent, failures = newest, 0
            else:
                failures += 1
                time.sleep(min(0.25 * 2**failures, 2.0))

    def classify(self) -> bool:
        """Upload a picture and ask `/classify`, as `gradio_client` does; return False if busy."""
        refused = len(self.times.busy)
        with self.times.request():
            path = json.loads(self._request("POST", "/gradio_api/upload", *self._picture()))[0]
            data = {"data": [{"path": path, "meta": {"_type": "gradio.FileData"}}]}
            url = "/gradio_api/call/classify"
            event = json.loads(self._request("POST", url, json.dumps(data).encode()))["event_id"]
            answer = self._request("GET", f"{url}/{event}").decode()
            if "server is busy" in answer:
                raise BusyError
            if "event: complete" not in answer:
                raise ValueError(answer)
        return len(self.times.busy) == refused

    def pause(self, longest: float, end: float) -> None:
        """Wait for a random time, but not longer than until `end`."""
        seconds = longest * self._random.random()
        time.sleep(max(0.0, min(seconds, end - time.perf_counter())))

    def close(self) -> None:
        """Close the connection."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def _picture(self) -> tuple[bytes, str]:
        """Return an upload that is no other's: Gradio keeps equal ones once."""
        body, kind = upload()
        return body.replace(MARK, self._random.bytes(len(MARK))), kind

    def _call(self, body: bytes) -> bytes:
        answer = self._request("POST", "/functions/classify_ink", body, timeout=PATIENCE)
        if answer.startswith(b"{"):  # a reading is compressed
            if b'"busy":true' in answer:
                raise BusyError
            raise ValueError(answer[:100])
        return gzip.decompress(answer)

    def _get(self, path: str) -> bytes:
        return self._request("GET", path, compressed=path != "/")

    def _request(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        kind: str = "application/json",
        *,
        compressed: bool = True,
        timeout: float = _TIMEOUT,
    ) -> bytes:
        """Return the body of an answer. Raises ValueError for a status that is no success."""
        headers = {"Accept-Encoding": "gzip, br"} if compressed else {}
        if body is not None:
            headers["Content-Type"] = kind
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=timeout)
        try:
            if self._connection.sock:
                self._connection.sock.settimeout(timeout)
            self._connection.request(method, path, body, headers)
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if response.status == 503:
            raise BusyError
        if response.status != 200:
            raise ValueError(f"{method} {path}: status {response.status}, {content[:60]!r}")
        return content


def everyones_times(visitors: Iterable[Visitor]) -> Times:
    """Close the visitors' connections and return their times together."""
    together = Times()
    for visitor in visitors:
        visitor.close()
        together.answers += visitor.times.answers
        together.busy += visitor.times.busy
        together.errors += visitor.times.errors
    return together


def progress_report() -> Callable[[str], None]:
    """Return a function that prints a line with the seconds since now to standard error."""
    began = time.perf_counter()
    return lambda text: print(
        f"[{time.perf_counter() - began:5.0f} s] {text}", file=sys.stderr, flush=True
    )


def report_errors(times: Times, report: Callable[[str], None]) -> None:
    """Report the first errors, each kind once."""
    for error in sorted(set(times.errors))[:3]:
        report(f"  {error}")
