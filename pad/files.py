"""The files with which the browser runs models itself: scripts, WebAssembly, exported graphs.

Their addresses contain a digest of what is in them, so that browsers keep them for good.
"""

import functools
import gzip
import hashlib
import threading
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from mnist_core import MnistCoreError
from mnist_core.inference.graph_files import MAX_GRAPH_BYTES
from mnist_core.inference.imaging_graphs import GRAPHS
from mnist_core.inference.onnx_classifier import OnnxClassifier
from mnist_core.models.registry import imaging_graph_path
from mnist_core.utils.json_files import read_regular_file
from pad.model_registry import ModelRegistry

_DIST = Path(__file__).parent / "web/dist"
_PIECE = 2**18
_COMPRESSING = threading.Lock()  # many first visitors at once wait for one of them
_KEEP = {"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"}
_TYPES = {".js": "text/javascript", ".wasm": "application/wasm"}
_WORKER, _WASM = "recognizer.js", "onnxruntime.wasm"


def file_urls() -> dict[str, Any]:
    """Return the addresses, relative to the page, of the worker's script and of what it loads."""
    return {
        "worker": _file_url(_WORKER),
        "wasm": _file_url(_WASM),
        "steps": {name: _file_url(f"{name}.onnx") for name in GRAPHS},
    }


def graph_url(name: str, classifier: OnnxClassifier) -> str:
    """Return the address, relative to the page, of a model's graph."""
    return f"drawpad/models/{name}/{classifier.graph_key}.onnx"


def file_routes(registry: ModelRegistry) -> list[BaseRoute]:
    """Return the routes of all these files, for the application that serves the page."""

    def file(request: Request) -> Response:
        name = request.path_params["name"]
        if name not in _paths() or request.path_params["version"] != _version(name):
            return Response(status_code=404)
        return _response(request, _compressed_file(name), _TYPES.get(Path(name).suffix))

    def graph(request: Request) -> Response:
        name, key = request.path_params["name"], request.path_params["key"]
        try:
            classifier = registry.get(name)
            if classifier.graph_key != key:
                return Response(status_code=404)
            return _response(request, _compressed_graph(classifier.graph_path, key))
        except MnistCoreError:
            return Response(status_code=404)

    return [
        Route("/drawpad/files/{version}/{name}", file),
        Route("/drawpad/models/{name}/{key}.onnx", graph),
    ]


def _response(request: Request, compressed: bytes, kind: str | None = None) -> Response:
    kind = kind or "application/octet-stream"
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers = {**_KEEP, "Content-Encoding": "gzip"}
        return _InPieces(compressed, headers=headers, media_type=kind)
    return _InPieces(gzip.decompress(compressed), headers=_KEEP, media_type=kind)


class _InPieces(Response):
    """Sent as fast as the client receives it: a whole body would be buffered for each of them."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        start = {"type": "http.response.start", "status": self.status_code}
        await send({**start, "headers": self.raw_headers})
        for first in range(0, len(self.body), _PIECE):
            piece = bytes(self.body[first : first + _PIECE])
            more = first + _PIECE < len(self.body)
            await send({"type": "http.response.body", "body": piece, "more_body": more})


@functools.cache
def _paths() -> dict[str, Path]:
    """Return the files by their names; those that end in .gz are compressed already."""
    return {
        _WORKER: _DIST / _WORKER,
        _WASM: _DIST / f"{_WASM}.gz",
        **{f"{name}.onnx": imaging_graph_path(name) for name in GRAPHS},
    }


def _file_url(name: str) -> str:
    return f"drawpad/files/{_version(name)}/{name}"


@functools.cache
def _version(name: str) -> str:
    return hashlib.sha256(_compressed_file(name)).hexdigest()[:16]


def _compressed_file(name: str) -> bytes:
    with _COMPRESSING:
        return _compress_file(name)


def _compressed_graph(path: Path, key: str) -> bytes:
    with _COMPRESSING:
        return _compress_graph(path, key)


@functools.cache
def _compress_file(name: str) -> bytes:
    path = _paths()[name]
    content = path.read_bytes()
    return content if path.suffix == ".gz" else gzip.compress(content, mtime=0)


@functools.lru_cache(maxsize=8)
def _compress_graph(path: Path, key: str) -> bytes:
    """Raises MnistCoreError if the file cannot be read, or was replaced since it was loaded."""
    content = read_regular_file(path, MAX_GRAPH_BYTES)
    if key.encode() not in content:  # it is part of the description
        raise MnistCoreError(f"{path.name} was replaced")
    return gzip.compress(content, mtime=0)
