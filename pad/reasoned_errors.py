"""ASGI middleware: what fails in Gradio for a malformed request is answered with a reason."""

import errno
import json
import logging

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mnist_core.utils.text import short_repr
from pad.allowed_requests import path_in_app

_LOG = logging.getLogger(__name__)
_EVENTS = ("/gradio_api/call/", "/gradio_api/queue/data")
_DIRECT = ("/gradio_api/run/", "/gradio_api/api/")
_NAMED = "/gradio_api/call/v2/"
BUSY = "Busy"
"""Title of the error of an endpoint that is busy; others are errors of the sender."""
_DISK = (errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EFBIG)
_LONGEST = 200
"""Characters of what a visitor sent, in logs and answers."""


class ReasonedErrors:
    """Responds with JSON to a request in which the application fails, and logs one line.

    Streams of events begin with the first event: an event that is not known has status 404
    instead of a stream that breaks off. An error that an endpoint names is one of the sender, with
    status 422, or says that it is busy, with status 503; Gradio gives each the status 500.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; respond where that fails."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        held: list[Message] = []
        started = False
        path = path_in_app(scope)
        holds = path.startswith((*_EVENTS, *_DIRECT))

        async def send_after_first(message: Message) -> None:
            nonlocal started
            if holds and not started and message["type"] == "http.response.start":
                held.append(message)
                return
            started = True
            while held:
                start = held.pop()
                if start["status"] == 500 and path.startswith(_DIRECT):
                    start["status"] = _status(message.get("body", b""))
                await send(start)
            await send(message)

        try:
            await self._app(scope, receive, send_after_first)
        except Exception as error:
            status, detail = _explain(error, path)
            if status >= 500:
                shown = short_repr(scope["path"], _LONGEST)
                _LOG.error("%s %s: %s", scope["method"], shown, short_repr(error, _LONGEST))
            if not started:
                await JSONResponse({"detail": detail}, status)(scope, receive, send)
            elif holds:  # its last event says what is wrong
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            # else the server closes the connection


def _status(body: bytes) -> int:
    """Return the status of an endpoint's error."""
    try:
        error = json.loads(body)
    except ValueError:
        return 500
    if not isinstance(error, dict) or not error.get("error"):
        return 500
    return 503 if error.get("title") == BUSY else 422


def _explain(error: BaseException | None, path: str) -> tuple[int, str]:
    """Return status and detail of the first error in a chain that says them."""
    if isinstance(error, TypeError) and path.startswith(_NAMED):  # Gradio's check of arguments
        shown = short_repr(str(error), _LONGEST)
        return 422, f"{shown}; send the argument that /?view=api describes"
    while error is not None:
        if isinstance(error, HTTPException):
            return error.status_code, str(error.detail)
        if isinstance(error, OSError) and error.errno in _DISK:
            return 507, "the server's disk is full, or cannot be written; send it again later"
        if type(error).__name__ == "InvalidURL":  # of httpx, for what a proxy says
            return 400, "the header X-Forwarded-Host names no host"
        error = error.__cause__
    return 500, "the request could not be processed; see the description of the API at /?view=api"
