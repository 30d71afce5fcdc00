"""Fixtures of all tests; one is skipped, with the reason, where the data that it reads is not.

They are in no conftest.py, which pytest-xdist's controller imports as well: see there.
"""

from __future__ import annotations

import functools
import gzip
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mnist_core import Classifier, load_classifier, shipped_models
from mnist_core.data.mnist import Split, load_train_validation
from mnist_core.inference.graph_files import cached_graph
from mnist_core.inference.graph_key import graph_key
from mnist_core.models.registry import graph_path, weights_path
from mnist_core.utils.files import make_folder, write_atomic
from mnist_core.utils.locks import exclusive_lock
from support.chromium import ROOT, Server, serving
from support.drawings import Drawing
from support.pendigits import PENDIGITS, read_pendigits

MNIST = ROOT / "../shared/data"


@pytest.fixture(autouse=True)
def _restore_main_module() -> Iterator[None]:
    """Streamlit's test harness replaces `__main__`, which processes started later would run."""
    main = sys.modules["__main__"]
    yield
    sys.modules["__main__"] = main


@pytest.fixture(autouse=True, scope="session")
def _no_waiting_for_the_disk() -> Iterator[None]:
    """What tests write need not survive a power failure, unless they replace this function."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("os.fsync", lambda descriptor: None)
        yield


@pytest.fixture(autouse=True, scope="session")
def _only_shipped_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests see the shipped models only, not those that the user has promoted."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNIST_MODELS", str(tmp_path_factory.mktemp("models")))
        yield


@pytest.fixture(autouse=True, scope="session")
def _own_cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Tests have a cache folder of their own, shared by the worker processes.

    It has the graphs of the shipped models: copies of their weights need no export.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "cache"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        for weights in map(weights_path, shipped_models()):
            graph, cached = graph_path(weights), cached_graph(graph_key(weights))
            if graph.is_file() and not cached.exists():
                make_folder(cached.parent)
                write_atomic(cached, graph.read_bytes())
        yield


@pytest.fixture(autouse=True)
def _no_graphs_of_promoted_models(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exporting takes seconds; tests marked `exports` promote with it, others without."""
    if request.node.get_closest_marker("exports") is None:
        monkeypatch.setattr("mnist_core.runs.promotion.write_graph", lambda path: path)


@pytest.fixture
def logged() -> Iterator[list[logging.LogRecord]]:
    """What a test logs.

    pytest's own plugin for it is not used: it adds handlers to each of Streamlit's hundred loggers,
    six times a test.
    """
    records: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = records.append  # type: ignore[method-assign]
    logging.getLogger().addHandler(handler)
    yield records
    logging.getLogger().removeHandler(handler)


@pytest.fixture(scope="session")
def exporter_lists_operators_once() -> Iterator[None]:
    """torch's exporter would parse the source of its 500 operators again at every export.

    Processes that are forked from this one need not do so either, nor import the exporter.
    """
    import onnxruntime  # noqa: F401
    from torch.onnx._internal.exporter._registration import ONNXRegistry

    registry = functools.cache(ONNXRegistry.from_torchlib)
    registry()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ONNXRegistry, "from_torchlib", staticmethod(registry))
        yield


@pytest.fixture(scope="session")
def mnist_root(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """MNIST, unpacked once for all worker processes of pytest-xdist."""
    source = Path(os.environ.get("MNIST_ROOT") or MNIST) / "MNIST/raw"
    if not source.is_dir():
        pytest.skip(f"MNIST is not in {source}; set MNIST_ROOT to a folder that holds MNIST/raw")
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "mnist"
    raw = root / "MNIST/raw"
    raw.mkdir(parents=True, exist_ok=True)
    with exclusive_lock(root / "lock", timeout=600):
        for file in source.iterdir():
            if not (raw / file.name).exists():
                (raw / file.name).symlink_to(file.resolve())
        # MNIST's own function would import torchvision, which few tests need
        for file in raw.glob("*.gz"):
            if not file.with_suffix("").exists():
                write_atomic(file.with_suffix(""), gzip.decompress(file.read_bytes()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MNIST_ROOT", str(root))
        yield root


@pytest.fixture(scope="session")
def train_validation(mnist_root: Path) -> tuple[Split, Split]:
    """The 55,000 training and 5,000 validation images."""
    return load_train_validation("cpu", mnist_root)


@pytest.fixture(scope="session")
def small_splits(mnist_root: Path) -> tuple[Split, Split]:
    """2,000 training and 500 validation images, the first of `train_validation`."""
    training, validation = load_train_validation("cpu", mnist_root, training_size=2000)
    return training, Split(validation.images[:500], validation.labels[:500])


@pytest.fixture(scope="session")
def pen_digits() -> list[tuple[int, Drawing]]:
    """Real pen strokes: (label, strokes)."""
    if not PENDIGITS.is_file():
        pytest.skip(f"pen strokes are not in {PENDIGITS}; set PENDIGITS to pendigits-orig.tra.gz")
    return read_pendigits(PENDIGITS)


@pytest.fixture(scope="session")
def few_pen_digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the first 500 pen strokes, for commands that read all that a file has."""
    if not PENDIGITS.is_file():
        pytest.skip(f"pen strokes are not in {PENDIGITS}; set PENDIGITS to pendigits-orig.tra.gz")
    start = ".SEGMENT DIGIT"
    parts = gzip.decompress(PENDIGITS.read_bytes()).decode("ascii", "replace").split(start)
    file = tmp_path_factory.mktemp("pendigits") / PENDIGITS.name
    file.write_bytes(gzip.compress(start.join(parts[:501]).encode(), 1))
    return file


@pytest.fixture(scope="session")
def classifier() -> Classifier:
    """The default weights."""
    return load_classifier()


@pytest.fixture(scope="session")
def clear_digits(
    pen_digits: list[tuple[int, Drawing]], classifier: Classifier
) -> list[tuple[int, Drawing]]:
    """Forty real drawings, four of each digit, classified correctly with confidence above 0.99."""
    some = pen_digits[:200]
    read = classifier.classify_strokes_many([strokes for _, strokes in some])
    clear = [
        drawing
        for drawing, prediction in zip(some, read, strict=True)
        if prediction.digit == drawing[0] and prediction.confidence > 0.99
    ]
    chosen = [[d for d in clear if d[0] == digit][:4] for digit in range(10)]
    assert all(len(drawings) == 4 for drawings in chosen)
    return [drawing for drawings in chosen for drawing in drawings]


@pytest.fixture(scope="session")
def refusing() -> Classifier:
    """The smallest shipped network that refuses drawings."""
    return load_classifier("student")


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """The pad, served from a process of its own."""
    with serving(ROOT / "app.py") as running:
        yield running
