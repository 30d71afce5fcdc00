"""Bodies that Python's JSON parser takes or fails at, and because of which Gradio or MCP fail."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from support.asgi import ask
from support.chromium import Server

from pad.json_bodies import JsonBodies
from pad.reasoned_errors import BUSY, ReasonedErrors

JOIN = "/gradio_api/queue/join"
HOSTILE = {
    "not UTF-8": b'{"data": ["\xff"]}',
    "UTF-16": '{"data": []}'.encode("utf-16"),
    "NUL": b'{"data": ["a\0"]}',
    "nested": b'{"data": ' + b"[" * 200 + b"]" * 200 + b"}",
    "very nested": b"[" * 100_000,
    "objects": b'{"a":' * 5000 + b"1" + b"}" * 5000,
    "NaN": b'{"data": [NaN]}',
    "infinity": b'{"data": [-Infinity]}',
    "too large a number": b'{"data": [1e999]}',
    "too long a number": b'{"data": [' + b"1" * 5000 + b"]}",
    "surrogate": b'{"data": ["\\ud800"]}',
    "surrogate as a key": b'{"data": [{"\\udfff": 1}]}',
    "surrogate of a session": b'{"data": ["a"], "session_hash": "\\ud800"}',
    "empty": b"",
}


async def echo(scope: Any, receive: Any, send: Any) -> None:
    await JSONResponse(await Request(scope, receive).json())(scope, receive, send)


def post(app: Any, body: bytes, path: str = JOIN) -> tuple[int, str]:
    async def pieces() -> AsyncIterator[dict[str, Any]]:
        yield {"type": "http.request", "body": body[:3], "more_body": True}
        yield {"type": "http.request", "body": body[3:], "more_body": False}

    return ask(app, path, receive=pieces().__anext__)


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE.keys())
def test_what_is_no_json_is_refused_with_what_to_send(body: bytes) -> None:
    status, answer = post(JsonBodies(echo), body)
    assert status == 400
    assert "send JSON (RFC 8259) as UTF-8 text" in json.loads(answer)["detail"]


def test_json_arrives_as_it_was_sent() -> None:
    sent = {"data": ["\u4e03 \U0001f600 \0", 1.5, None, {"a": [[]]}], "fn_index": 0}
    assert json.loads(post(JsonBodies(echo), json.dumps(sent).encode())[1]) == sent


@pytest.mark.parametrize("number", [1, -1, 10**30, "7", [], {}])
def test_a_number_of_no_function_is_refused(number: Any) -> None:
    status, answer = post(JsonBodies(echo), json.dumps({"fn_index": number}).encode())
    assert status == 422
    assert "fn_index" in answer


@pytest.mark.parametrize(
    ("content", "status"),
    [
        ({"error": "no picture was sent"}, 422),
        ({"error": "later", "title": BUSY}, 503),
        ({"error": None}, 500),
        ([], 500),
    ],
)
def test_an_error_of_the_sender_is_none_of_the_server(content: Any, status: int) -> None:
    answer = ReasonedErrors(JSONResponse(content, 500))
    assert ask(answer, "/gradio_api/run/classify") == (
        status,
        json.dumps(content, separators=(",", ":")),
    )


def test_missing_arguments_are_named() -> None:
    async def fails(scope: Any, receive: Any, send: Any) -> None:
        raise TypeError("No value provided for required argument: image")

    status, answer = ask(ReasonedErrors(fails), "/gradio_api/call/v2/classify")
    assert status == 422
    assert "required argument: image" in answer


def test_no_body_makes_a_route_of_the_server_fail(server: Server) -> None:
    mcp = b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}'
    bodies = [*HOSTILE.values(), mcp, b"[]", b"null", b"{}", b'{"data": [], "fn_index": 9}']
    routes = ("call/classify", "call/v2/classify", "run/classify", "queue/join", "cancel", "mcp/")
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    failed = []
    with httpx.Client(base_url=server.url, headers=headers, timeout=60) as client:
        for route in routes:
            for body in bodies:
                response = client.post(f"/gradio_api/{route}", content=body)
                if response.status_code >= 500 or not response.text:
                    failed.append((route, body[:40], response.status_code))
    assert not failed
