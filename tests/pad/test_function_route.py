"""The route of the page's functions: overload, clients that go, and requests that are no JSON."""

from __future__ import annotations

import asyncio
import gzip
import json
import threading
from collections.abc import Callable
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from support.threads import run as in_own_loop
from support.waiting import until

from pad.function_route import DRAWING_THREADS, function_route
from pad.limits import Limits


class Slow:
    """A function that waits until it is released, and counts how often it has begun."""

    def __init__(self) -> None:
        self.release = threading.Event()
        self.begun = 0
        self._lock = threading.Lock()

    def classify_ink(self, data: Any) -> dict[str, Any]:
        with self._lock:
            self.begun += 1
        self.release.wait(60)
        return {"data": data}


class Client:
    """Calls a route as a server does; its client goes when `leave` is set."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self.leave = asyncio.Event()

    async def post(self, body: bytes, name: str = "classify_ink", **headers: str) -> Response:
        messages = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if messages:
                return messages.pop()
            await self.leave.wait()
            return {"type": "http.disconnect"}

        raw = [(key.replace("_", "-").encode(), text.encode()) for key, text in headers.items()]
        scope = {"type": "http", "method": "POST", "headers": raw, "path_params": {"name": name}}
        return await self._route.endpoint(Request(scope, receive))


async def finish(condition: Callable[[], bool]) -> None:
    """Wait in another thread, so that this loop goes on."""
    await asyncio.to_thread(until, condition, 60)


def content(response: Response) -> Any:
    return json.loads(response.body)


def test_more_calls_than_may_wait_are_told_busy_at_once() -> None:
    slow = Slow()
    most = DRAWING_THREADS + 3

    async def run() -> None:
        route = function_route([slow.classify_ink], Limits(answers_waiting=3))
        admitted = [asyncio.create_task(Client(route).post(b"1")) for _ in range(most)]
        await finish(lambda: slow.begun == DRAWING_THREADS)
        refused = content(await Client(route).post(b"1"))
        assert refused["busy"] is True
        assert "again in a few seconds" in refused["error"]
        slow.release.set()
        assert [content(await one) for one in admitted] == [{"data": 1}] * most
        # their places are free again
        assert content(await Client(route).post(b"2")) == {"data": 2}

    in_own_loop(run())


def test_a_call_whose_client_has_gone_is_not_begun() -> None:
    slow = Slow()

    async def run() -> None:
        route = function_route([slow.classify_ink], Limits(answers_waiting=5))
        running = [asyncio.create_task(Client(route).post(b"1")) for _ in range(DRAWING_THREADS)]
        await finish(lambda: slow.begun == DRAWING_THREADS)
        impatient = Client(route)
        waiting = [asyncio.create_task(impatient.post(b"2")) for _ in range(5)]
        await asyncio.sleep(0)
        impatient.leave.set()
        assert [(await one).status_code for one in waiting] == [503] * 5
        slow.release.set()
        await asyncio.gather(*running)
        assert slow.begun == DRAWING_THREADS

    in_own_loop(run())


def test_an_error_in_a_function_gives_its_place_back() -> None:
    def classify_ink(data: Any) -> dict[str, Any]:
        raise ZeroDivisionError

    async def run() -> None:
        route = function_route([classify_ink], Limits(answers_waiting=0))
        for _ in range(DRAWING_THREADS + 1):
            response = await Client(route).post(b"{}")
            assert response.status_code == 500
            assert content(response)["error"].startswith("the server failed")

    in_own_loop(run())


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000, b"NaN", b'"\\ud800"'])
def test_what_is_no_json_gets_a_reason(body: bytes) -> None:
    response = in_own_loop(Client(function_route([Slow().classify_ink])).post(body))
    assert response.status_code == 400
    assert "the request is not JSON" in content(response)["error"]


def test_another_function_is_not_found() -> None:
    route = function_route([Slow().classify_ink])
    response = in_own_loop(Client(route).post(b"{}", name="__class__"))
    assert response.status_code == 404


def test_long_answers_are_compressed_for_those_who_can_read_them() -> None:
    def classify_ink(data: Any) -> dict[str, Any]:
        return {"maps": "A" * 5000}

    route = function_route([classify_ink])
    packed = in_own_loop(Client(route).post(b"{}", accept_encoding="gzip, br"))
    assert packed.headers["content-encoding"] == "gzip"
    plain = in_own_loop(Client(route).post(b"{}"))
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(packed.body) == plain.body
