"""ASGI middleware: limits on request bodies, compression of responses."""

import asyncio
import contextlib

from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pad.allowed_requests import refuse


class BodyLimit:
    """Responds with 413 once a body exceeds `limit` bytes, without buffering all of it.

    With 408 to one that has not arrived after `patience` seconds.
    """

    def __init__(self, app: ASGIApp, limit: int, patience: float) -> None:
        self._app = app
        self._patience = patience
        self._limit = limit
        self._large = 413, f"the request is larger than {limit:,} bytes; scale the picture down"
        self._slow = 408, f"the request took longer than {patience:g} s; send it again"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        declared = dict(scope["headers"]).get(b"content-length", b"0")
        if not declared.isdigit() or int(declared) > self._limit:
            await refuse(*self._large)(scope, receive, send)
            return
        received, complete, started = 0, False, False
        refusal: tuple[int, str] | None = None
        deadline: float | None = None

        async def limited_receive() -> Message:
            nonlocal received, complete, refusal, deadline
            if complete:  # the app waits for the client to go
                return await receive()
            deadline = deadline or asyncio.get_running_loop().time() + self._patience
            try:
                async with asyncio.timeout_at(deadline):
                    message = await receive()
            except TimeoutError:
                refusal = self._slow
                raise _Refused from None
            received += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if received > self._limit:
                refusal = self._large
                raise _Refused
            return message

        async def guarded_send(message: Message) -> None:
            # the app's response to a truncated body is replaced by the refusal below
            nonlocal started
            if refusal is None:
                started = True
                await send(message)

        with contextlib.suppress(_Refused):
            await self._app(scope, limited_receive, guarded_send)
        if refusal is not None and not started:
            await refuse(*refusal)(scope, receive, send)


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


class _Refused(Exception):
    """A body is too large or too slow."""
