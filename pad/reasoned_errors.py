"""ASGI middleware: what fails in Gradio for a malformed request is answered with a reason."""

from __future__ import annotations

import errno
import logging
import reprlib

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pad.allowed_requests import path_in_app

_LOG = logging.getLogger(__name__)
_EVENTS = ("/gradio_api/call/", "/gradio_api/queue/data")
_DISK = (errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EFBIG)
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 200


class ReasonedErrors:
    """Responds with JSON to a request in which the application fails, and logs one line.

    Streams of events begin with the first event: an event that is not known has status 404
    instead of a stream that breaks off.
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
        holds = path_in_app(scope).startswith(_EVENTS)

        async def send_after_first(message: Message) -> None:
            nonlocal started
            if holds and not started and message["type"] == "http.response.start":
                held.append(message)
                return
            started = True
            while held:
                await send(held.pop())
            await send(message)

        try:
            await self._app(scope, receive, send_after_first)
        except Exception as error:
            status, detail = _explain(error)
            if status >= 500:
                path = _SHORT.repr(scope["path"])
                _LOG.error("%s %s: %s", scope["method"], path, _SHORT.repr(error))
            if not started:
                await JSONResponse({"detail": detail}, status)(scope, receive, send)
            elif holds:  # its last event says what is wrong
                await send({"type": "http.response.body", "body": b"", "more_body": False})
            # else the server closes the connection


def _explain(error: BaseException | None) -> tuple[int, str]:
    """Return status and detail of the first error in a chain that says them."""
    while error is not None:
        if isinstance(error, HTTPException):
            return error.status_code, str(error.detail)
        if isinstance(error, OSError) and error.errno in _DISK:
            return 507, "the server's disk is full, or cannot be written; send it again later"
        error = error.__cause__
    return 500, "the request could not be processed; see the description of the API at /?view=api"
