"""The exported graphs next to the weights are up to date; missing ones are exported on demand."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from support.training import small

from mnist_core import MnistCoreError, shipped_models
from mnist_core.inference.export import ExportedPipeline
from mnist_core.inference.export_check import check_graph
from mnist_core.inference.export_imaging import check_imaging
from mnist_core.inference.graph_files import (
    LARGEST_SHIPPED,
    cached_graph,
    load_graph,
    open_graph,
    write_graph,
)
from mnist_core.inference.graph_key import graph_key
from mnist_core.inference.imaging_graphs import GRAPHS
from mnist_core.inference.pipeline import InferencePipeline
from mnist_core.models.calibration import UNCALIBRATED
from mnist_core.models.registry import (
    graph_path,
    imaging_graph_path,
    shipped_folder,
    weights_path,
)
from mnist_core.models.weights import load_weights, save_weights
from mnist_core.runs.promotion import promote, withdraw
from mnist_core.runs.run_list import create_run

AGAIN = "out of date: run `python -m mnist_core export --shipped`"


@pytest.mark.parametrize("name", shipped_models())
def test_the_graph_of_shipped_weights_is_up_to_date(name: str) -> None:
    weights = weights_path(name)
    network, card = load_weights(weights)
    path = graph_path(weights)
    if weights.stat().st_size > LARGEST_SHIPPED:
        assert not path.exists()
        return
    graph = open_graph(path)
    assert graph is not None, AGAIN
    assert graph.description.key == graph_key(weights), AGAIN
    assert graph.description.card == card, AGAIN
    pipeline = ExportedPipeline(InferencePipeline(network, card.calibration or UNCALIBRATED))
    check_graph(path.read_bytes(), pipeline, pipeline.names())


@pytest.mark.parametrize("name", GRAPHS)
def test_the_exported_imaging_is_up_to_date(name: str) -> None:
    check_imaging(name, imaging_graph_path(name).read_bytes())


def test_shipped_files_are_small() -> None:
    sizes = [path.stat().st_size for path in shipped_folder().rglob("*") if path.is_file()]
    assert sum(sizes) < 25e6


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    """A copy of the article's weights, without their graph."""
    path = tmp_path / "copy.safetensors"
    network, card = load_weights(weights_path("mnist_cnn"))
    save_weights(path, network, card)
    return path


def test_a_graph_that_is_missing_is_exported_once(weights: Path) -> None:
    graph = load_graph(weights)
    assert graph.path == cached_graph(graph_key(weights))
    assert graph.description.key == graph_key(weights)
    file = graph.path.stat()
    assert load_graph(weights).path == graph.path
    written = write_graph(weights)
    assert graph.path.stat().st_ino == file.st_ino  # not exported again
    assert written.read_bytes() == graph.path.read_bytes()
    assert load_graph(weights).path == written == graph_path(weights)


def test_a_graph_of_other_weights_or_a_damaged_one_is_not_used(weights: Path) -> None:
    shutil.copy(graph_path(weights_path("default")), graph_path(weights))
    assert load_graph(weights).description.key == graph_key(weights)
    graph_path(weights).write_bytes(b"damaged")
    assert load_graph(weights).description.architecture == "mnist_cnn"


def test_weights_that_cannot_be_exported_say_why(weights: Path) -> None:
    weights.write_bytes(b"no weights")
    with pytest.raises(MnistCoreError, match=r"copy\.safetensors: not a complete safetensors file"):
        load_graph(weights)
    with pytest.raises(MnistCoreError, match="no such file"):
        load_graph(weights.with_name("missing.safetensors"))


@pytest.mark.exports
def test_promoting_writes_the_graph_and_withdrawing_deletes_it(
    weights: Path, tmp_path: Path
) -> None:
    run = create_run(small(), tmp_path / "runs")
    shutil.copy(weights, run.weights_path)
    folder = tmp_path / "models"
    path = promote(run, "mine", folder)
    graph = open_graph(graph_path(path))
    assert graph is not None
    assert graph.description.key == graph_key(path)
    withdraw("mine", folder)
    assert not graph_path(path).exists()
