"""Weights files: one safetensors file with the card inside, and everything that can be damaged."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save, save_file
from support.disk import full_disk
from support.drawings import seven
from support.networks import TWO_FILES, state_of
from torch import Tensor, nn

from mnist_core import MnistCoreError, load_classifier, shipped_models
from mnist_core.models.architectures import ARCHITECTURES, build_model
from mnist_core.models.card_file import read_card
from mnist_core.models.network import DigitNet
from mnist_core.models.options import DROPOUT_ARCHITECTURES
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import ModelCard, load_weights, save_weights, update_card
from mnist_core.models.weights_format import card_path


@pytest.fixture
def saved(model: DigitNet, tmp_path: Path) -> Path:
    path = tmp_path / "mine.safetensors"
    save_weights(path, model, {"note": "mine"})
    return path


# --- one file ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("architecture", "options"),
    [
        *((name, {}) for name in ARCHITECTURES),
        *((name, {"kernel_size": 3}) for name in ("mnist_cnn", "improved")),
        *((name, {"kernel_size": 5, "dropout": 0.3}) for name in DROPOUT_ARCHITECTURES),
        ("mnist_cnn_fixed", {"dropout": 0.0}),
    ],
)
def test_round_trip(architecture: str, options: dict[str, Any], tmp_path: Path) -> None:
    model = build_model(architecture, **options)
    model.train()(torch.randn(8, 1, 28, 28))  # running means that are not the initial ones
    path = tmp_path / "new folder" / "w.safetensors"
    save_weights(path, model, {"note": "数字"})
    loaded, card = load_weights(path)
    assert card.architecture == architecture
    assert loaded.spec == model.spec
    assert not loaded.training
    frames = torch.randn(3, 1, 28, 28)
    assert torch.equal(loaded(frames), model.eval()(frames))
    assert card == read_card(path)
    assert card.as_dict() == {"architecture": architecture, **options, "note": "数字"}
    assert [file.name for file in path.parent.iterdir()] == ["w.safetensors"]


def test_equal_networks_give_equal_bytes(saved: Path, model: DigitNet, tmp_path: Path) -> None:
    copies = [tmp_path / f"{number}.safetensors" for number in range(5)]
    for copy in copies:
        save_weights(copy, model, {"note": "mine"})
    assert {copy.read_bytes() for copy in copies} == {saved.read_bytes()}


def test_update_card_changes_the_card_only(saved: Path) -> None:
    before, tensors = read_card(saved), load_file(saved)
    update_card(saved, test={"accuracy": 0.5, "loss": 1.5})
    assert read_card(saved) == before.updated(test={"accuracy": 0.5, "loss": 1.5})
    assert read_card(saved).accuracy("test") == 0.5
    assert all(torch.equal(tensor, tensors[name]) for name, tensor in load_file(saved).items())
    assert not card_path(saved).exists()


def test_a_card_next_to_the_file_is_kept_equal(saved: Path, model: DigitNet) -> None:
    card_path(saved).write_text("{}")
    update_card(saved, epoch=3)
    assert json.loads(card_path(saved).read_text()) == read_card(saved).as_dict()
    save_weights(saved, model, {"epoch": 4})
    assert json.loads(card_path(saved).read_text())["epoch"] == 4


@pytest.mark.parametrize("name", shipped_models())
def test_shipped_weights_have_their_card_inside_and_beside(name: str) -> None:
    path = weights_path(name)
    card = read_card(path)
    assert json.loads(card_path(path).read_text(encoding="utf-8")) == card.as_dict()
    assert 0.99 < card.accuracy() < 1
    assert 0.99 < card.accuracy("test") < 1
    classifier = load_classifier(name)
    assert (classifier.name, classifier.architecture) == (name, card.architecture)
    assert classifier.card == card


def test_a_network_not_made_by_build_model_is_not_saved(tmp_path: Path) -> None:
    network = DigitNet([("conv1", nn.Conv2d(1, 2, 28))], nn.Linear(2, 10))
    with pytest.raises(MnistCoreError, match="use build_model"):
        save_weights(tmp_path / "new folder" / "w.safetensors", network, {})
    assert list(tmp_path.iterdir()) == []


def test_a_saved_file_makes_a_classifier(saved: Path) -> None:
    classifier = load_classifier(str(saved))
    assert (classifier.name, classifier.architecture) == ("mine", "mnist_cnn")
    assert classifier.card.as_dict()["note"] == "mine"
    assert classifier.classify_strokes(seven()).digit is not None


def test_weights_that_cannot_be_written(model: DigitNet, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "taken.safetensors").mkdir()
    for path in (tmp_path / "file/w.safetensors", tmp_path / "taken.safetensors"):
        with pytest.raises(MnistCoreError, match="cannot be"):
            save_weights(path, model, {})


@pytest.mark.parametrize(
    "card",
    [{"validation": {"accuracy": 3}}, {"epoch": -1}, {"validation": {"loss": float("nan")}}],
)
def test_invalid_cards(model: DigitNet, tmp_path: Path, card: dict[str, Any]) -> None:
    with pytest.raises(MnistCoreError, match="model card is invalid"):
        save_weights(tmp_path / "w.safetensors", model, card)


# --- damage ------------------------------------------------------------------------------------


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(MnistCoreError, match="no such weights file"):
        load_weights(tmp_path / "none.safetensors")


@pytest.mark.parametrize("length", [0, 4, 100, 5_000, -1])
def test_truncated_file(saved: Path, length: int) -> None:
    saved.write_bytes(saved.read_bytes()[:length])
    with pytest.raises(MnistCoreError, match=r"mine\.safetensors: not a complete safetensors file"):
        load_classifier(saved)


@pytest.mark.parametrize(
    "content",
    [
        b"hello" * 100,
        b"\xff" * 100,
        b"\x89PNG\r\n\x1a\n" + bytes(50),
        b"PK\x03\x04" + bytes(50),
        (2**63).to_bytes(8, "little") + b"{}",
        (2**40).to_bytes(8, "little") + b"{}",
    ],
)
def test_file_of_another_kind(saved: Path, content: bytes) -> None:
    saved.write_bytes(content)
    with pytest.raises(MnistCoreError, match="not a complete safetensors file"):
        load_classifier(saved)


def test_a_header_that_claims_terabytes(saved: Path) -> None:
    claim = {"t": {"dtype": "F32", "shape": [2**40], "data_offsets": [0, 2**42]}}
    header = json.dumps(claim).encode()
    saved.write_bytes(len(header).to_bytes(8, "little") + header)
    with pytest.raises(MnistCoreError, match="not a complete safetensors file"):
        load_weights(saved)


def test_paths_that_are_not_regular_files(saved: Path) -> None:
    saved.unlink()
    os.mkfifo(saved)
    with pytest.raises(MnistCoreError, match="not a regular file"):
        load_weights(saved)
    saved.unlink()
    saved.mkdir()
    with pytest.raises(MnistCoreError, match=r"mine\.safetensors: "):
        load_weights(saved)


def test_a_sparse_file_of_gigabytes(saved: Path) -> None:
    with saved.open("r+b") as file:
        file.truncate(4 * 2**30)
    with pytest.raises(MnistCoreError, match="larger than"):
        load_weights(saved)


@given(data=st.data())
def test_flipped_bytes_give_a_network_or_a_clear_error(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(FLIPPED)
    header = int.from_bytes(content[:8], "little") + 8
    for position in data.draw(st.lists(st.integers(0, header + 8), min_size=1, max_size=3)):
        content[position] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.getbasetemp() / "flipped.safetensors"
    path.write_bytes(content)
    with suppress(MnistCoreError):
        network, card = load_weights(path)
        assert isinstance(network, DigitNet)
        assert isinstance(card, ModelCard)


FLIPPED = save(
    build_model("mnist_cnn").state_dict(),
    {"mnist_core": ModelCard(architecture="mnist_cnn", epoch=1).as_json(indent=None)},
)


@pytest.mark.parametrize(
    "change",
    [
        {"head.1.bias": torch.zeros(11)},
        {"trunk.conv1.0.weight": torch.zeros(10, 1, 3, 3)},
        {"head.7.weight": torch.zeros(3)},
    ],
    ids=["eleven digits", "other kernel", "unknown layer"],
)
def test_wrong_shapes(model: DigitNet, tmp_path: Path, change: dict[str, Tensor]) -> None:
    path = tmp_path / "w.safetensors"
    save_file(state_of(model, **change), path, TWO_FILES)
    with pytest.raises(MnistCoreError, match="does not fit mnist_cnn") as caught:
        load_classifier(path)
    assert next(iter(change)) in str(caught.value)


def test_missing_layer(model: DigitNet, tmp_path: Path) -> None:
    state = state_of(model)
    del state["head.1.bias"]
    save_file(state, tmp_path / "w.safetensors", TWO_FILES)
    with pytest.raises(MnistCoreError, match=r"(?s)does not fit mnist_cnn .*head\.1\.bias"):
        load_classifier(tmp_path / "w.safetensors")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite(model: DigitNet, tmp_path: Path, value: float) -> None:
    bias = torch.zeros(10)
    bias[3] = value
    save_file(state_of(model, **{"head.1.bias": bias}), tmp_path / "w.safetensors", TWO_FILES)
    with pytest.raises(MnistCoreError, match=r"NaN or infinity in head\.1\.bias"):
        load_classifier(tmp_path / "w.safetensors")


def test_a_write_that_fails_leaves_the_old_weights(saved: Path, model: DigitNet) -> None:
    before = saved.read_bytes()
    with full_disk(), pytest.raises(MnistCoreError, match="cannot be written"):
        save_weights(saved, model, {"note": "new"})
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


@pytest.mark.parametrize("dtype", [torch.complex64, torch.int64, torch.bool])
@pytest.mark.filterwarnings("ignore:Casting complex")
def test_weights_that_are_no_real_numbers(
    model: DigitNet, tmp_path: Path, dtype: torch.dtype
) -> None:
    path = tmp_path / "other.safetensors"
    state = {name: tensor.to(dtype) for name, tensor in model.state_dict().items()}
    save_file(state, path, {"format": "mnist_core", "architecture": "mnist_cnn"})
    with pytest.raises(MnistCoreError, match=rf"is {dtype}, not"):
        load_weights(path)


def test_half_precision_takes_half_the_space(tmp_path: Path) -> None:
    model = build_model("mnist_cnn_bn").eval()
    whole, half = tmp_path / "whole.safetensors", tmp_path / "half.safetensors"
    save_weights(whole, model, {})
    save_weights(half, model, {}, half=True)
    assert half.stat().st_size < 0.6 * whole.stat().st_size
    loaded, _ = load_weights(half)
    frames = torch.rand(4, 1, 28, 28)
    assert {tensor.dtype for tensor in loaded.parameters()} == {torch.float32}
    torch.testing.assert_close(loaded(frames), model(frames), rtol=1e-2, atol=1e-2)
    update_card(half, data="strokes")
    assert read_card(half).data == "strokes"
    assert half.stat().st_size < 0.6 * whole.stat().st_size
