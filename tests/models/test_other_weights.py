"""Weights of version 0.1 and of other programs."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from support.networks import TWO_FILES, state_of

from mnist_core import MnistCoreError, load_classifier
from mnist_core.models.architectures import build_model
from mnist_core.models.network import DigitNet
from mnist_core.models.weights import (
    load_weights,
)
from mnist_core.models.weights_format import card_path

# --- files of version 0.1 ----------------------------------------------------------------------


def test_two_files(model: DigitNet, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_file(state_of(model), path, TWO_FILES)
    assert load_weights(path)[1].as_dict() == {"architecture": "mnist_cnn"}
    card = {"architecture": "mnist_cnn", "epoch": 7, "validation": {"accuracy": 0.9}, "note": "old"}
    card_path(path).write_text(json.dumps(card))
    loaded, read_back = load_weights(path)
    assert torch.equal(loaded.kernel("conv1"), model.kernel("conv1"))
    assert read_back.as_dict() == card
    assert (read_back.epoch, read_back.accuracy()) == (7, 0.9)


def test_two_files_with_options(tmp_path: Path) -> None:
    model = build_model("improved", kernel_size=5, dropout=0.0)
    options = json.dumps({"kernel_size": 5, "dropout": 0.0})
    path = tmp_path / "w.safetensors"
    save_file(
        model.state_dict(),
        path,
        {"format": "mnist_core", "architecture": "improved", "options": options},
    )
    assert load_weights(path)[0].spec == model.spec


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("{", "metadata is damaged"),
        ("[" * 100_000, "metadata is damaged"),
        ("[3]", "metadata is damaged"),
        ("null", "metadata is damaged"),
        ('{"depth": 4}', "depth"),
        ('{"kernel_size": 4}', "kernel_size"),
        ('{"dropout": NaN}', "dropout"),
        ('{"dropout": 0.5}', "no dropout layer"),
        ('{"kernel_size": 3}', "size mismatch"),
    ],
)
def test_invalid_options(model: DigitNet, tmp_path: Path, options: str, message: str) -> None:
    path = tmp_path / "w.safetensors"
    save_file(state_of(model), path, {**TWO_FILES, "options": options})
    with pytest.raises(MnistCoreError, match=f"(?s)w.safetensors: .*{message}"):
        load_classifier(path)


@pytest.mark.parametrize("content", [b"{", b"", b"\xff\xfe", b"[1]", b'{"validation": 3}'])
def test_damaged_card(model: DigitNet, tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "w.safetensors"
    save_file(state_of(model), path, TWO_FILES)
    card_path(path).write_bytes(content)
    with pytest.raises(MnistCoreError, match=r"w\.json: this file is damaged"):
        load_classifier(path)


# --- weights of other programs -----------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod.", "module.module."])
def test_prefixes_of_wrapped_networks_are_removed(
    model: DigitNet, tmp_path: Path, prefix: str
) -> None:
    path = tmp_path / "w.safetensors"
    save_file({prefix + name: tensor for name, tensor in state_of(model).items()}, path, TWO_FILES)
    frames = torch.randn(3, 1, 28, 28)
    assert torch.equal(load_weights(path)[0](frames), model(frames))


def test_two_tensors_of_one_name(model: DigitNet, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    save_file(state_of(model, **{"module.head.1.bias": torch.ones(10)}), path, TWO_FILES)
    with pytest.raises(MnistCoreError, match="two tensors have one name"):
        load_weights(path)


@pytest.mark.parametrize(
    "metadata", [None, {"format": "pt"}, {"architecture": "mnist_cnn"}, {"mnist_core": "{}"}]
)
def test_safetensors_of_other_programs(
    model: DigitNet, tmp_path: Path, metadata: dict[str, str] | None
) -> None:
    path = tmp_path / "foreign.safetensors"
    save_file(state_of(model), path, metadata)
    with pytest.raises(MnistCoreError, match="does not name an architecture") as caught:
        load_classifier(path)
    assert "mnist_resnet" in str(caught.value)


@pytest.mark.parametrize(
    "metadata",
    [
        {"format": "mnist_core", "architecture": "lenet"},
        {"mnist_core": '{"architecture": "lenet"}'},
        {"mnist_core": '{"architecture": 3}'},
        {"mnist_core": '{"architecture": "mnist_cnn", "epoch": 1e999}'},
        {"mnist_core": "[" * 3000},
        {"mnist_core": ""},
    ],
)
def test_damaged_metadata(model: DigitNet, tmp_path: Path, metadata: dict[str, str]) -> None:
    path = tmp_path / "w.safetensors"
    save_file(state_of(model), path, metadata)
    with pytest.raises(MnistCoreError, match=r"w\.safetensors: "):
        load_classifier(path)


class Malicious:
    """Makes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("writer", ["pickle", "torch", "legacy"])
def test_pickles_are_refused_and_never_executed(tmp_path: Path, writer: str) -> None:
    mark, path = tmp_path / "executed", tmp_path / "w.safetensors"
    if writer == "pickle":
        path.write_bytes(pickle.dumps(Malicious(mark)))
    else:
        zipped = writer == "torch"
        torch.save(Malicious(mark), path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(MnistCoreError, match="a PyTorch pickle"):
        load_classifier(path)
    assert not mark.exists()
    if writer == "pickle":  # the pickle does run code
        pickle.loads(path.read_bytes())
        assert mark.exists()


@pytest.mark.parametrize(
    ("file", "output"),
    [("it's.pt", "it's.safetensors"), ("a.safetensors", "a-converted.safetensors")],
)
def test_the_message_about_a_pickle_converts_it(
    file: str, output: str, model: DigitNet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / file
    torch.save({f"module.{name}": tensor for name, tensor in state_of(model).items()}, path)
    with pytest.raises(MnistCoreError) as caught:
        load_classifier(path)
    lines = [line[4:] for line in str(caught.value).splitlines() if line.startswith("    ")]
    exec("\n".join(lines), {})
    assert torch.equal(load_weights(tmp_path / output)[0].kernel("conv1"), model.kernel("conv1"))
