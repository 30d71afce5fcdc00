"""The network of an exported graph, alone: it computes what torch computes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

from mnist_core import shipped_models
from mnist_core.cli import main as cli
from mnist_core.data.mnist import Split
from mnist_core.inference.network_part import network_part
from mnist_core.models.calibration import UNCALIBRATED
from mnist_core.models.card_file import read_card
from mnist_core.models.forward import predict_logits
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import load_weights


def opened(content: bytes) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize("name", shipped_models())
def test_it_computes_what_torch_computes(name: str, train_validation: tuple[Split, Split]) -> None:
    network, card = load_weights(weights_path(name))
    calibration = card.calibration or UNCALIBRATED
    content = network_part(weights_path(name))
    onnx.checker.check_model(onnx.load_from_string(content), full_check=True)
    session, split = opened(content), train_validation[1]
    for count in (1, 3, 64):
        frames = split.images[:count]
        blank = np.zeros(count, bool)
        logits, probabilities, score = session.run(None, {"frame": frames.numpy(), "blank": blank})
        expected = predict_logits(network, frames)
        assert np.allclose(logits, expected, atol=1e-3)
        assert np.allclose(probabilities, calibration.probabilities(expected), atol=1e-4)
        assert np.allclose(score, calibration.digit_score(expected), atol=1e-4)
        assert logits.dtype == probabilities.dtype == np.float32
        assert (logits.argmax(1) == split.labels[:count].numpy()).mean() > 0.9


def test_export_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "new folder" / "net.onnx"
    assert cli.main(["export", "mnist_cnn", "--network", "--output", str(output)]) == 0
    printed = capsys.readouterr().out
    assert f"wrote {output}" in printed
    assert "frame (N, 1, 28, 28) in [0, 1], blank (N,) -> logits (N, 10)" in printed
    session = opened(output.read_bytes())
    assert [(one.name, one.shape[1:]) for one in session.get_inputs()] == [
        ("frame", [1, 28, 28]),
        ("blank", []),
    ]
    metadata = session.get_modelmeta().custom_metadata_map
    assert json.loads(metadata["network"]) == {"architecture": "mnist_cnn"}
    assert metadata["classes"].split(",") == [str(digit) for digit in range(10)]
    assert "28 x 28, values in [0, 1]" in metadata["input"]
    card = read_card(weights_path("mnist_cnn")).as_dict()
    assert json.loads(metadata["validation"]) == card["validation"]


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
