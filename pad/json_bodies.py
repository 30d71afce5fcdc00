"""ASGI middleware: JSON that Gradio and MCP cannot process is refused before they fail at it.

Python's own parser takes NaN, infinity and lone surrogates, which then fail where an answer, a log
or a statistic is written, and it fails itself at bytes that are not UTF-8 and at deep nesting.
"""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mnist_core import MnistCoreError
from pad.allowed_requests import path_in_app

_API = "/gradio_api"
_TAKES_JSON = tuple(
    f"{_API}/{name}" for name in ("call/", "run/", "api/", "queue/join", "cancel", "reset", "mcp")
)
_DEEPEST = 100
_FORM = (
    "send JSON (RFC 8259) as UTF-8 text: no NaN or Infinity (use null), no half of a surrogate "
    f"pair such as \\ud800, no NUL bytes, at most {_DEEPEST} lists or objects in each other"
)


def parse_json(body: bytes) -> Any:
    """Return the value of a JSON text.

    Raises
    ------
    MnistCoreError
        If it is not JSON, or nested too deeply; the message says what to send.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MnistCoreError(f"the request is not JSON ({error}); {_FORM}") from None
    level, depth = [value] if isinstance(value, list | dict) else [], 0
    while level:
        depth += 1
        if depth > _DEEPEST:
            raise MnistCoreError(f"the request is nested too deeply; {_FORM}")
        level = [
            inside
            for outside in level
            for inside in (outside.values() if isinstance(outside, dict) else outside)
            if isinstance(inside, list | dict)
        ]
    return value


class JsonBodies:
    """Responds with 400 to a body that is not JSON, and with 422 to a number of no function."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on or refuse it."""
        takes_json = scope["type"] == "http" and scope["method"] == "POST"
        if not takes_json or not path_in_app(scope).startswith(_TAKES_JSON):
            await self._app(scope, receive, send)
            return
        try:
            body = await Request(scope, receive).body()
            value = await asyncio.to_thread(parse_json, body)
        except ClientDisconnect:
            return
        except MnistCoreError as error:
            await JSONResponse({"detail": str(error)}, 400)(scope, receive, send)
            return
        number = value.get("fn_index") if isinstance(value, dict) else None
        if number not in (None, 0, "0"):
            detail = "there is no function of this fn_index; leave it out, or give 0"
            await JSONResponse({"detail": detail}, 422)(scope, receive, send)
            return
        pending: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive_again() -> Message:
            return pending.pop() if pending else await receive()

        await self._app(scope, receive_again, send)
