"""ASGI middleware: a limit on request bodies, compression of responses."""

from __future__ import annotations

import contextlib

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send


class BodyLimit:
    """Responds with 413 once a body exceeds `limit` bytes, without buffering all of it."""

    def __init__(self, app: ASGIApp, limit: int) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > self._limit:
            await self._refuse(scope, receive, send)
            return
        received, started = 0, False

        async def counting_receive() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._limit:
                raise _TooLarge
            return message

        async def guarded_send(message: Message) -> None:
            # the app's response to a truncated body is replaced by the refusal below
            nonlocal started
            if received <= self._limit:
                started = True
                await send(message)

        with contextlib.suppress(_TooLarge):
            await self._app(scope, counting_receive, guarded_send)
        if received > self._limit and not started:
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        detail = f"the request is larger than {self._limit:,} bytes; scale the picture down"
        await JSONResponse({"detail": detail}, status_code=413)(scope, receive, send)


class CompressResponses:
    """gzip for the page, which Gradio does not compress."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        # the lowest level saves three quarters of the bytes in a fraction of a millisecond
        self._compressed = GZipMiddleware(app, minimum_size=1000, compresslevel=1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, through gzip if it is for the page."""
        compress = scope["type"] == "http" and scope["path"] == "/"
        await (self._compressed if compress else self._app)(scope, receive, send)


class _TooLarge(Exception):
    """A body passed the limit while it was received."""
