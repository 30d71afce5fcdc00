"""ONNX exports of networks compute what torch computes."""

from __future__ import annotations

import copy
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from support.drawings import Drawing
from torch import nn

from mnist_core import MnistCoreError, shipped_models
from mnist_core.cli import main as cli
from mnist_core.data.mnist import Split
from mnist_core.models.architectures import build_model
from mnist_core.models.calibration import LogitCalibration
from mnist_core.models.card_file import read_card
from mnist_core.models.ensemble import Ensemble
from mnist_core.models.forward import predict_logits
from mnist_core.models.network import DigitNet
from mnist_core.models.onnx import export_onnx, trace_onnx
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import load_weights

pytestmark = pytest.mark.usefixtures("exporter_lists_operators_once")

Digits = list[tuple[int, Drawing]]


# --- export_onnx -------------------------------------------------------------------------------


def ensemble(vote: str) -> Ensemble:
    return Ensemble([load_weights(weights_path("mnist_cnn"))[0] for _ in range(2)], vote)


def opened(content: bytes) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("name", ["default", "mnist_cnn", "mean", "majority"])
def test_exported_networks_compute_what_torch_computes(
    name: str, train_validation: tuple[Split, Split]
) -> None:
    shipped = name in shipped_models()
    network = load_weights(weights_path(name))[0] if shipped else ensemble(name)
    calibration = LogitCalibration(temperature=1.4, digit_scale=0.3, digit_offset=-1.0)
    session = opened(export_onnx(network, calibration=calibration))
    split = train_validation[1]
    for count in (1, 3, 64):
        frames = split.images[:count]
        logits, probabilities, score = session.run(None, {"frames": frames.numpy()})
        expected = predict_logits(network, frames)
        assert np.allclose(logits, expected, atol=1e-3)
        assert np.allclose(probabilities, calibration.probabilities(expected), atol=1e-4)
        assert np.allclose(score, calibration.digit_score(expected), atol=1e-4)
        assert logits.dtype == probabilities.dtype == np.float32
        assert (logits.argmax(1) == split.labels[:count].numpy()).mean() > 0.9


# the other architectures are exported in other tests
@pytest.mark.parametrize("architecture", ["mnist_cnn_fixed", "mnist_resnet"])
def test_the_export_does_not_change_the_network(architecture: str) -> None:
    network = build_model(architecture).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    session = opened(export_onnx(network))
    assert [y.name for y in session.get_outputs()] == ["logits", "probabilities", "digit_score"]
    assert network.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_metadata_of_an_export_has_no_local_paths() -> None:
    content = export_onnx(build_model("mnist_cnn_bn", kernel_size=3), {"data": "MNIST"})
    onnx.checker.check_model(onnx.load_from_string(content), full_check=True)
    session = opened(content)
    (frames,) = session.get_inputs()
    assert (frames.name, frames.shape[1:]) == ("frames", [1, 28, 28])
    metadata = session.get_modelmeta().custom_metadata_map
    assert metadata["architecture"] == "mnist_cnn_bn"
    assert json.loads(metadata["network"]) == {"architecture": "mnist_cnn_bn", "kernel_size": 3}
    assert metadata["classes"].split(",") == [str(digit) for digit in range(10)]
    assert "[0, 1]" in metadata["input"]
    assert metadata["data"] == "MNIST"
    for folder in (Path(__file__).parents[2], Path(torch.__file__).parent):
        assert str(folder).encode() not in content


def test_an_export_with_other_logits_is_refused() -> None:
    def of_another_network(frames: nn.Module) -> onnx.ModelProto:
        other = copy.deepcopy(frames)
        with torch.no_grad():
            other.network.head[1].bias[3] += 0.1
        return trace_onnx(other)

    with pytest.raises(MnistCoreError, match=r"logits differ from torch's by 0\.1"):
        export_onnx(build_model("mnist_cnn"), trace=of_another_network)


def test_a_network_not_made_by_build_model_is_not_exported() -> None:
    with pytest.raises(MnistCoreError, match="use build_model"):
        export_onnx(DigitNet([("conv1", nn.Conv2d(1, 2, 28))], nn.Linear(2, 10)))


def test_without_onnx_the_error_names_the_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(MnistCoreError, match="onnxruntime is not installed; pip install"):
        export_onnx(build_model("mnist_cnn"))


# --- the command -------------------------------------------------------------------------------


def test_export_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "new folder" / "net.onnx"
    assert cli.main(["export", "mnist_cnn", "--network", "--output", str(output)]) == 0
    printed = capsys.readouterr().out
    assert f"wrote {output}" in printed
    assert (
        "frames (N, 1, 28, 28) in [0, 1] -> logits, probabilities (N, 10), digit_score (N,)"
        in printed
    )
    notes = opened(output.read_bytes()).get_modelmeta().custom_metadata_map
    card = read_card(weights_path("mnist_cnn")).as_dict()
    assert json.loads(notes["validation"]) == card["validation"]


@pytest.mark.parametrize(
    ("name", "file", "message"),
    [
        ("nope", "net.onnx", "no weights 'nope'"),
        ("default", "net.pt", "ending in .onnx"),
        ("mnist_cnn", "taken.onnx", "cannot be written"),
    ],
)
def test_export_command_refuses(
    name: str, file: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "taken.onnx").mkdir()
    words = ["export", name, "--output", str(tmp_path / file), "--runs", str(tmp_path)]
    assert cli.main(words) == 2
    assert message in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["taken.onnx"]
