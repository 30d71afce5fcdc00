"""ASGI middleware: a limit on the disk space that uploads take until they are deleted."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from pad.allowed_requests import path_in_app

_KEPT_FOR = 1.0  # seconds between two looks at the folder
_MOST_FILES = 20_000
_WRITING = tuple(f"/gradio_api/{name}" for name in ("upload", "queue", "call", "run", "api", "mcp"))


class UploadBudget:
    """Responds with 507 to what may write files, while the folder holds `limit` bytes or more.

    Parameters
    ----------
    app : ASGI application
    folder : callable
        Returns the folder of uploads.
    limit : int
    clock : callable
        Seconds; tests have their own.
    """

    def __init__(
        self,
        app: ASGIApp,
        folder: Callable[[], str],
        limit: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._folder = folder
        self._limit = limit
        self._clock = clock
        self._looked = float("-inf")
        self._full = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on or refuse it."""
        if scope["type"] == "http" and scope["method"] == "POST" and _writes(scope):
            if self._clock() - self._looked >= _KEPT_FOR:
                self._looked = self._clock()
                self._full = await asyncio.to_thread(is_full, Path(self._folder()), self._limit)
            if self._full:
                detail = "the server holds too many uploads; send it again in a few minutes"
                headers = {"Retry-After": "300", "Connection": "close"}
                await JSONResponse({"detail": detail}, 507, headers=headers)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _writes(scope: Scope) -> bool:
    return path_in_app(scope).startswith(_WRITING)


def is_full(folder: Path, limit: int, most_files: int = _MOST_FILES) -> bool:
    """Return whether the files below a folder have `limit` bytes, or are `most_files`, or more."""
    total = count = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(path, name)).st_size
            except FileNotFoundError:  # deleted meanwhile
                continue
            count += 1
            if total >= limit or count >= most_files:
                return True
    return False
