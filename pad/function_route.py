"""The route of the functions that the page calls: overload is refused, work given up is not done.

Gradio's own route for such functions keeps a state for every session, encodes answers in Python,
queues without a limit, and goes on with requests whose page has stopped waiting.
"""

import logging
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import anyio
import anyio.to_thread
import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mnist_core import MnistCoreError
from pad.json_bodies import parse_json
from pad.limits import Limits

Function = Callable[[Any], dict[str, Any]]
PATH = "/functions/{name}"
"""Relative to the page."""

DRAWING_THREADS = 8
"""Drawings at once: they share batches, and more would only compete for the interpreter."""

_LOG = logging.getLogger(__name__)
_BUSY = {"error": "the server is busy; ask again in a few seconds", "busy": True}
_COMPRESSED_FROM = 1000  # bytes


class _Calls:
    """The calls of some functions: a few run, a bounded number wait, others are refused."""

    def __init__(self, threads: int, waiting: int) -> None:
        self._limiter = anyio.CapacityLimiter(threads)
        self._most = threads + waiting
        self._admitted = 0

    async def run(self, request: Request, call: Callable[[], Response]) -> Response:
        """Return what a call returns, or "busy". It is not begun once the client has gone."""
        if self._admitted >= self._most:
            return _response(_BUSY, compress=False)
        self._admitted += 1
        # what nobody reads, if the client goes
        response = Response(status_code=503)
        try:
            async with anyio.create_task_group() as group:
                group.start_soon(_cancel_without_client, request, group.cancel_scope)
                response = await anyio.to_thread.run_sync(call, limiter=self._limiter)
                group.cancel_scope.cancel()
        finally:
            self._admitted -= 1
        return response


async def _cancel_without_client(request: Request, scope: anyio.CancelScope) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
    scope.cancel()


def function_route(functions: Sequence[Function], limits: Limits | None = None) -> Route:
    """Return the route of `pad.functions.server_functions`: a POST of JSON, answered with JSON."""
    limits = limits or Limits()
    by_name = {function.__name__: function for function in functions}
    drawings = _Calls(DRAWING_THREADS, limits.answers_waiting)
    # reading pictures and loading models may take seconds, for which drawings must not wait;
    # how many pictures are read at once is bounded by PictureCapacity
    slow = _Calls(limits.pictures_at_once + limits.pictures_waiting + 4, limits.answers_waiting)
    calls = {"classify_picture": slow, "describe_model": slow}

    async def answer(request: Request) -> Response:
        name = request.path_params["name"]
        function = by_name.get(name)
        if function is None:
            return _response({"error": "no such function"}, compress=False, status=404)
        try:
            data = parse_json(await request.body())
        except MnistCoreError as error:
            return _response({"error": str(error)}, compress=False, status=400)
        compress = "gzip" in request.headers.get("accept-encoding", "")
        return await calls.get(name, drawings).run(request, lambda: _call(function, data, compress))

    return Route(PATH, answer, methods=["POST"])


def _call(function: Function, data: Any, compress: bool) -> Response:
    try:
        return _response(function(data), compress=compress)
    except Exception:
        _LOG.exception("%s failed", function.__name__)
        error = {"error": "the server failed; its log says why"}
        return _response(error, compress=False, status=500)


def _response(content: dict[str, Any], *, compress: bool, status: int = 200) -> Response:
    body, headers = orjson.dumps(content), {}
    if compress and len(body) > _COMPRESSED_FROM:
        # feature maps are mostly runs of one value: two thirds of the time of a search for repeats
        packer = zlib.compressobj(1, zlib.DEFLATED, 31, zlib.DEF_MEM_LEVEL, zlib.Z_RLE)
        body = packer.compress(body) + packer.flush()
        headers = {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(body, status, headers, "application/json")
