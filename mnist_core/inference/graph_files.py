"""The files of exported graphs: next to the weights, or exported on demand into the user's cache.

Imports no torch: a graph that is missing is exported by a process of its own.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import platformdirs
from pydantic import ValidationError

from mnist_core.errors import MnistCoreError
from mnist_core.inference.graph_format import DESCRIPTION, FORMAT, GraphDescription
from mnist_core.inference.graph_key import graph_key
from mnist_core.models.damage import check_complete
from mnist_core.models.onnx_session import open_session
from mnist_core.models.registry import graph_path
from mnist_core.utils.files import make_folder, write_atomic
from mnist_core.utils.json_files import JsonModel, read_json, read_regular_file
from mnist_core.utils.locks import exclusive_lock
from mnist_core.utils.processes import module_command, module_environment

if TYPE_CHECKING:
    import onnxruntime

LARGEST_SHIPPED = 9 * 2**20
"""Larger graphs are not shipped with their weights: they are exported on first use."""
MAX_GRAPH_BYTES = 512 * 2**20
"""Larger files are refused unread."""

_EXPORT_SECONDS = 600


class Graph(NamedTuple):
    """A graph that is ready to run, its description, and its file."""

    session: onnxruntime.InferenceSession
    description: GraphDescription
    path: Path


class ExportEnd(JsonModel):
    """What the exporting process writes last: why it could not export; empty if it could."""

    error: str = ""


def load_graph(weights: Path) -> Graph:
    """Return the graph of a weights file; it is exported into the cache if there is no present one.

    Raises
    ------
    MnistCoreError
        If the weights are missing or unusable, or cannot be exported.
    """
    key = graph_key(weights)
    return _present_graph(weights, key) or _exported(weights, cached_graph(key), key)


def write_graph(weights: Path) -> Path:
    """Write the graph of a weights file next to it; return its path.

    Raises as `load_graph` does, or if it cannot be written.
    """
    key, path = graph_key(weights), graph_path(weights)
    graph = _present_graph(weights, key)
    if graph is None:
        _exported(weights, path, key)
    elif graph.path != path:
        write_atomic(path, read_regular_file(graph.path, MAX_GRAPH_BYTES))
    return path


def _present_graph(weights: Path, key: str) -> Graph | None:
    """Return the graph next to the weights, or in the cache, if it is up to date."""
    for path in (graph_path(weights), cached_graph(key)):
        graph = open_graph(path)
        if graph is not None and graph.description.key == key:
            return graph
    return None


def _exported(weights: Path, path: Path, key: str) -> Graph:
    check_complete(weights)  # a process that imports torch would take seconds to say so
    make_folder(path.parent)
    busy = f"{path.parent}: another process exports; try again"
    with exclusive_lock(path.parent / ".export.lock", _EXPORT_SECONDS, busy=busy):
        # another process may have exported it meanwhile
        graph = _present_graph(weights, key)
        if graph is None:
            _export_in_a_process(weights, path)
            graph = open_graph(path)
    if graph is None or graph.description.key != key:
        raise MnistCoreError(f"{weights}: was replaced while it was exported; try again")
    return graph


def cached_graph(key: str) -> Path:
    """Return the path of a graph in the user's cache folder."""
    return platformdirs.user_cache_path("drawpad", appauthor=False) / "graphs" / f"{key}.onnx"


def open_graph(path: Path) -> Graph | None:
    """Return a graph, or None if there is none, or a damaged one, or one of another format."""
    try:
        session = open_session(read_regular_file(path, MAX_GRAPH_BYTES))
        metadata = session.get_modelmeta().custom_metadata_map
        description = GraphDescription.model_validate_json(metadata[DESCRIPTION])
    except (MnistCoreError, KeyError, ValidationError):
        return None
    return Graph(session, description, path) if description.format == FORMAT else None


def _export_in_a_process(weights: Path, output: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        end = Path(folder) / "end.json"
        module = "mnist_core.inference.export_process"
        try:
            process = subprocess.run(
                module_command(module, str(weights), str(output), str(end)),
                env=module_environment(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=_EXPORT_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise MnistCoreError(f"{weights}: the export took too long; try again") from None
        if not end.is_file():
            last = process.stderr.decode(errors="replace").strip().rpartition("\n")[2]
            raise MnistCoreError(f"{weights}: the export exited unexpectedly ({last})")
        error = read_json(end, ExportEnd).error
    if error:
        raise MnistCoreError(error)
