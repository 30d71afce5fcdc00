"""Exported graphs of the inference pipeline compute what torch computes."""

from __future__ import annotations

import copy
import importlib
import json
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from support.drawings import Drawing, paint, scribble
from torch import nn

import mnist_core
from mnist_core import MnistCoreError, load_classifier
from mnist_core.cli import main as cli
from mnist_core.evaluation.pictures import KINDS
from mnist_core.imaging.images import to_grey
from mnist_core.imaging.rasterize import draw_strokes
from mnist_core.inference.export import ExportedPipeline, export_graph, trace_pipeline
from mnist_core.inference.export_check import compare_outputs
from mnist_core.inference.export_imaging import InkFinder
from mnist_core.inference.graph_format import (
    CANVAS,
    DESCRIPTION,
    FORMAT,
    HIDDEN,
    OUTPUTS,
    GraphDescription,
    kernel_output,
)
from mnist_core.inference.graph_key import graph_key
from mnist_core.inference.imaging_graphs import FIND_INK, GREY
from mnist_core.inference.pipeline import InferencePipeline
from mnist_core.models.architectures import build_model
from mnist_core.models.calibration import LogitCalibration
from mnist_core.models.card import ModelCard
from mnist_core.models.ensemble import Ensemble
from mnist_core.models.network import DigitNet
from mnist_core.models.registry import imaging_graph_path, weights_path
from mnist_core.models.weights import Network, load_weights, save_weights, update_card

pytestmark = pytest.mark.usefixtures("exporter_lists_operators_once")

Digits = list[tuple[int, Drawing]]
CALIBRATION = LogitCalibration(temperature=1.3, digit_scale=0.4, digit_offset=-1.0)


def opened(content: bytes) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])


def canvases(drawings: list[Drawing]) -> torch.Tensor:
    return (255 * draw_strokes(drawings)).round().to(torch.uint8)


def assert_same(
    session: onnxruntime.InferenceSession, network: Network, card: ModelCard, batch: torch.Tensor
) -> None:
    """Compare with torch: decisions, frames within 1/255, probabilities within 0.001."""
    calibration = card.calibration or LogitCalibration()
    pipeline = ExportedPipeline(InferencePipeline(network.eval(), calibration))
    with torch.inference_mode():
        expected = pipeline(batch)
    names = pipeline.names()
    # the input of the last layer, where it is not the only one
    hidden = (
        () if isinstance(network, DigitNet) and isinstance(network.head, nn.Linear) else (HIDDEN,)
    )
    assert names == (*OUTPUTS, *network.stages, *hidden)
    found = session.run(names, {CANVAS: batch.numpy()})
    reference = {name: y.numpy() for name, y in zip(names, expected, strict=True)}
    compare_outputs(dict(zip(names, found, strict=True)), reference)


def test_real_drawings_get_the_same_answers(
    pen_digits: Digits, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "default"
    output = tmp_path / "new folder" / "model.onnx"
    assert cli.main(["export", name, "--output", str(output)]) == 0
    assert f"wrote {output}" in capsys.readouterr().out
    session = opened(output.read_bytes())
    network, card = load_weights(weights_path(name))
    drawings = [strokes for _, strokes in pen_digits[:: len(pen_digits) // 200][:200]]
    assert_same(session, network, card, canvases(drawings))
    classifier = load_classifier(name)
    for stage in classifier.stages:
        blank = {CANVAS: np.zeros((1, 1, 56, 56), np.uint8)}
        (kernels,) = session.run([kernel_output(stage)], blank)
        assert np.array_equal(kernels, classifier.kernels(stage))
    metadata = session.get_modelmeta().custom_metadata_map
    description = GraphDescription.model_validate_json(metadata[DESCRIPTION])
    assert description.format == FORMAT
    assert description.version == mnist_core.__version__
    assert description.key == graph_key(weights_path(name))
    assert description.card == classifier.card
    assert list(description.layers) == classifier.shapes
    assert list(description.head) == classifier.head_sizes()
    assert {s.name: s.shape for s in description.stages} == {
        stage: classifier.stage_shape(stage) for stage in classifier.stages
    }
    assert description.parameters == sum(layer.parameters for layer in description.layers)


def test_a_calibrated_ensemble_that_refuses_is_exported_as_one_graph(clear_digits: Digits) -> None:
    members = [load_weights(weights_path("mnist_cnn"))[0], build_model("mnist_cnn_bn")]
    ensemble = Ensemble(members, "majority", refuses=True).train()
    card = ModelCard(calibration=CALIBRATION)
    content = export_graph(ensemble, card)
    assert ensemble.training
    drawings = [strokes for _, strokes in clear_digits[::5]] + [[], scribble()]
    session = opened(content)
    for batch in (canvases(drawings), canvases(drawings[:1])):
        assert_same(session, ensemble, card, batch)
    description = GraphDescription.model_validate_json(
        session.get_modelmeta().custom_metadata_map[DESCRIPTION]
    )
    assert description.architecture == "ensemble"
    assert description.parameters > sum(layer.parameters for layer in description.layers)
    onnx.checker.check_model(onnx.load_from_string(content), full_check=True)
    for folder in (Path(__file__).parents[2], Path(torch.__file__).parent):
        assert str(folder).encode() not in content


class TracedOnce:
    """`trace_pipeline`, whose first ONNX model is returned for every later pipeline as well."""

    def __init__(self) -> None:
        self._model: onnx.ModelProto | None = None

    def __call__(self, pipeline: InferencePipeline, outputs: tuple[str, ...]) -> onnx.ModelProto:
        if self._model is None:
            self._model = trace_pipeline(pipeline, outputs)
        return copy.deepcopy(self._model)  # the export adds to it


# the other architectures are exported in other tests
@pytest.mark.parametrize("architecture", ["mnist_cnn_fixed", "mnist_resnet"])
def test_an_export(architecture: str) -> None:
    network = build_model(architecture, kernel_size=3).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    trace = TracedOnce()
    session = opened(export_graph(network, ModelCard(data="MNIST"), trace=trace))
    assert network.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    metadata = session.get_modelmeta().custom_metadata_map
    assert metadata["architecture"] == architecture
    assert json.loads(metadata["network"]) == {"architecture": architecture, "kernel_size": 3}
    assert json.loads(metadata["data"]) == "MNIST"

    # a graph that differs from torch is refused
    with torch.no_grad():
        list(network.head.parameters())[-1][3] += 0.5
    with pytest.raises(MnistCoreError, match="differ from torch's by"):
        export_graph(network, trace=trace)


def test_a_network_not_made_by_build_model_is_not_exported() -> None:
    with pytest.raises(MnistCoreError, match="use build_model"):
        export_graph(DigitNet([("conv1", nn.Conv2d(1, 2, 28))], nn.Linear(2, 10)))


def test_without_onnx_the_error_names_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MnistCoreError, match="onnxruntime is not installed; pip install"):
        export_graph(build_model("mnist_cnn"))


def test_other_decisions_are_refused_however_close_they_are() -> None:
    accepted = {
        "digit_score": np.array([0.5], np.float32),
        "blank": np.array([False]),
        "probabilities": np.full((1, 10), 0.1, np.float32),
    }
    refused = {**accepted, "digit_score": np.array([0.49999], np.float32)}
    compare_outputs(accepted, accepted)
    with pytest.raises(MnistCoreError, match="other decisions"):
        compare_outputs(refused, accepted)
    with pytest.raises(MnistCoreError, match="blank differ"):
        compare_outputs({**accepted, "blank": np.array([True])}, accepted)
    with pytest.raises(MnistCoreError, match="digit_score differ"):
        compare_outputs({**accepted, "digit_score": np.array([np.nan], np.float32)}, accepted)


def test_the_key_changes_with_what_is_computed_and_with_nothing_else(tmp_path: Path) -> None:
    network, card = load_weights(weights_path("mnist_cnn"))
    path = tmp_path / "one.safetensors"
    save_weights(path, network, card)
    key = graph_key(path)
    update_card(path, test={"accuracy": 0.5}, data="other")
    assert graph_key(path) == key
    update_card(path, calibration=CALIBRATION.model_dump())
    calibrated = graph_key(path)
    assert calibrated != key
    with torch.no_grad():
        network.head[1].bias[0] += 1e-3
    save_weights(path, network, card)
    assert graph_key(path) not in (key, calibrated)
    path.write_bytes(b"damaged")
    assert graph_key(path)
    with pytest.raises(MnistCoreError, match="no such file"):
        graph_key(tmp_path / "missing.safetensors")


# --- pictures ----------------------------------------------------------------------------------


def test_the_command_writes_the_graph_of_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    # tracing it takes a quarter of a minute; that the shipped one is up to date is another test
    shipped = imaging_graph_path(FIND_INK).read_bytes()
    module = importlib.import_module("mnist_core.inference.export_imaging")
    monkeypatch.setattr(
        module,
        "trace_module",
        lambda *_args, **_options: SimpleNamespace(SerializeToString=lambda: shipped),
    )
    output = tmp_path / "find_ink.onnx"
    assert cli.main(["export", "--picture", "--output", str(output)]) == 0
    assert output.read_bytes() == shipped
    printed = capsys.readouterr()
    assert "tracing" not in printed.out
    assert printed.err.splitlines() == [
        "find_ink: tracing torch's operations",
        "find_ink: comparing the outputs with torch's",
    ]


def test_the_ink_of_pictures_of_any_size_is_found_in_one_graph(clear_digits: Digits) -> None:
    session = opened(imaging_graph_path(FIND_INK).read_bytes())
    drawings = [strokes for _, strokes in clear_digits]
    greys = [to_grey(paint(strokes, size=(200, 150), scale=0.3)) for strokes in drawings[::7]]
    greys[1] = 1 - greys[1]  # dark on light in the same graph
    for index, kind in enumerate(KINDS):
        greys.append(to_grey(KINDS[kind](drawings[index], np.random.default_rng(index))))
    greys.append(to_grey(np.full((150, 200), 0.3)))
    finder = InkFinder()
    for grey in (grey[0, 0] for grey in greys):
        (canvas,) = session.run([CANVAS], {GREY: grey.numpy()})
        with torch.inference_mode():
            expected = finder(grey).numpy()
        assert canvas.dtype == np.uint8
        assert np.abs(canvas.astype(int) - expected).max() <= 1
    assert not canvas.any()
