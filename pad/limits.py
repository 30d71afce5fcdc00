"""Bounds on what travels: no body larger than the page sends, answers compressed."""

from __future__ import annotations

import contextlib

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pad.payload import MAX_BODY_BYTES


class BodyLimit:
    """ASGI middleware: answers 413 once a body passes `limit` bytes; it is never held whole."""

    def __init__(self, app: ASGIApp, limit: int = MAX_BODY_BYTES) -> None:
        self._app = app
        self._limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        declared = headers.get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > self._limit:
            await self._refuse(scope, receive, send)
            return
        seen, started = 0, False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._limit:
                raise _TooLarge
            return message

        async def watched(message: Message) -> None:
            # what the app says of a body that was cut off is not what there is to say
            nonlocal started
            if seen <= self._limit:
                started = True
                await send(message)

        with contextlib.suppress(_TooLarge):
            await self._app(scope, counted, watched)
        if seen > self._limit and not started:
            await self._refuse(scope, receive, send)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send) -> None:
        detail = f"the request is larger than {self._limit:,} bytes; scale the picture down"
        await JSONResponse({"detail": detail}, status_code=413)(scope, receive, send)


class CompressAnswers:
    """ASGI middleware: gzip for the page's live answers, which Gradio sends as they are."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        # the lowest level: three quarters of the bytes go in a fraction of a millisecond
        self._compressed = GZipMiddleware(app, minimum_size=1000, compresslevel=1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, through gzip where it asks the sketchpad."""
        live = scope["type"] == "http" and "/component_server" in scope["path"]
        await (self._compressed if live else self._app)(scope, receive, send)


class _TooLarge(Exception):
    """A body passed the limit while it was read."""
