from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from support.drawings import seven
from torch import Tensor, nn

from mnist_core import Classifier, MnistCoreError, load_classifier, shipped_models
from mnist_core.models.architectures import (
    ARCHITECTURES,
    DROPOUT_ARCHITECTURES,
    DigitNet,
    build_model,
)
from mnist_core.models.card import card_path, read_card
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import load_weights, save_weights

OURS = {"format": "mnist_core", "architecture": "mnist_cnn"}


@pytest.fixture
def model() -> DigitNet:
    torch.manual_seed(0)
    return build_model("mnist_cnn").eval()


@pytest.fixture
def saved(model: DigitNet, tmp_path: Path) -> Path:
    path = tmp_path / "mine.safetensors"
    save_weights(path, model, {"note": "mine"})
    return path


def state_of(model: DigitNet, **changes: Tensor) -> dict[str, Tensor]:
    return {**model.state_dict(), **changes}


@pytest.mark.parametrize("architecture", list(ARCHITECTURES))
def test_round_trip(architecture: str, tmp_path: Path) -> None:
    model = build_model(architecture)
    model.train()(torch.randn(8, 1, 28, 28))  # running means that are not the initial ones
    path = tmp_path / "new folder" / "w.safetensors"
    save_weights(path, model, {"note": "数字"})
    again, name = load_weights(path)
    assert name == architecture
    assert not again.training
    frames = torch.randn(3, 1, 28, 28)
    assert torch.equal(again(frames), model.eval()(frames))
    assert read_card(path) == {"architecture": architecture, "note": "数字"}
    assert sorted(file.name for file in path.parent.iterdir()) == ["w.json", "w.safetensors"]


@pytest.mark.parametrize("architecture", list(ARCHITECTURES))
@pytest.mark.parametrize("kernel_size", [None, 3, 5])
def test_round_trip_with_options(
    architecture: str, kernel_size: int | None, tmp_path: Path
) -> None:
    dropout = 0.3 if architecture in DROPOUT_ARCHITECTURES else None
    model = build_model(architecture, kernel_size=kernel_size, dropout=dropout).eval()
    save_weights(tmp_path / "w.safetensors", model, {"note": "mine"})
    again, name = load_weights(tmp_path / "w.safetensors")
    assert (name, again.spec) == (architecture, model.spec)
    frames = torch.randn(3, 1, 28, 28)
    assert torch.equal(again(frames), model(frames))
    assert read_card(tmp_path / "w.safetensors") == {**model.spec.as_dict(), "note": "mine"}


def metadata_of(path: Path) -> dict[str, str]:
    with safe_open(path, framework="pt") as file:
        return file.metadata()


def test_options_in_the_file(saved: Path) -> None:
    assert metadata_of(saved) == OURS
    save_weights(saved, build_model("improved", kernel_size=5, dropout=0.0), {})
    metadata = metadata_of(saved)
    assert json.loads(metadata.pop("options")) == {"kernel_size": 5, "dropout": 0.0}
    assert metadata == {"format": "mnist_core", "architecture": "improved"}


def test_files_without_options_are_the_architecture_s_own() -> None:
    for name in ("default", "mnist_cnn"):
        assert "options" not in metadata_of(weights_path(name))
        model, architecture = load_weights(weights_path(name))
        assert model.spec.as_dict() == {"architecture": architecture}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("{", "options are not JSON"),
        ("", "options are not JSON"),
        ("[" * 100_000, "recursion"),
        ("[3]", "no JSON dict"),
        ("null", "no JSON dict"),
        ('{"depth": 4}', "unknown option 'depth'"),
        ('{"kernel_size": 4}', "kernel_size is 4"),
        ('{"kernel_size": "5"}', "kernel_size is '5'"),
        ('{"kernel_size": 5.0}', r"kernel_size is 5\.0"),
        ('{"dropout": NaN}', "dropout is nan"),
        ('{"dropout": 0.5}', "nothing to drop"),
        ('{"kernel_size": 3}', "size mismatch"),
    ],
)
def test_options_that_cannot_be(
    model: DigitNet, tmp_path: Path, options: str, message: str
) -> None:
    path = tmp_path / "w.safetensors"
    save_file(state_of(model), path, {**OURS, "options": options})
    with pytest.raises(MnistCoreError, match=f"(?s)does not fit mnist_cnn .*{message}"):
        load_classifier(path)


def test_a_network_put_together_by_hand_is_not_saved(tmp_path: Path) -> None:
    network = DigitNet([("conv1", nn.Conv2d(1, 2, 28))], nn.Linear(2, 10))
    with pytest.raises(MnistCoreError, match="use build_model"):
        save_weights(tmp_path / "new folder" / "w.safetensors", network, {})
    assert list(tmp_path.iterdir()) == []


def test_a_saved_file_makes_a_classifier(saved: Path) -> None:
    classifier = load_classifier(saved)
    assert (classifier.name, classifier.architecture) == ("mine", "mnist_cnn")
    assert classifier.card["note"] == "mine"
    assert load_classifier(str(saved)).classify_strokes(seven()).digit is not None


def test_shipped_names_start_with_the_default() -> None:
    names = shipped_models()
    assert names[0] == "default"
    assert "mnist_cnn" in names
    for name in names:
        classifier = load_classifier(name)
        assert classifier.name == name
        assert classifier.card["architecture"] == classifier.architecture


def test_the_default_is_what_is_loaded(classifier: Classifier) -> None:
    assert classifier.name == "default"
    assert load_weights(weights_path("default"))[1] == classifier.architecture


@pytest.mark.parametrize("name", ["nope", "", ".", "/no/such/file.safetensors", "weights"])
def test_missing_weights_list_the_shipped_names(name: str) -> None:
    with pytest.raises(MnistCoreError, match="no weights") as caught:
        load_classifier(name)
    for shipped in shipped_models():
        assert shipped in str(caught.value)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(MnistCoreError, match="no such weights file"):
        load_weights(tmp_path / "none.safetensors")


@pytest.mark.parametrize("length", [0, 4, 100, 5_000, -1])
def test_truncated_file(saved: Path, length: int) -> None:
    saved.write_bytes(saved.read_bytes()[:length])
    with pytest.raises(MnistCoreError, match=r"mine\.safetensors: not a whole safetensors file"):
        load_classifier(saved)


@pytest.mark.parametrize(
    "content", [b"hello" * 100, b"\xff" * 100, b"\x89PNG\r\n\x1a\n" + bytes(50)]
)
def test_file_of_another_kind(saved: Path, content: bytes) -> None:
    saved.write_bytes(content)
    with pytest.raises(MnistCoreError, match="not a whole safetensors file"):
        load_classifier(saved)


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        {"format": "pt"},
        {"architecture": "mnist_cnn"},
        {"format": "mnist_core", "architecture": "lenet"},
    ],
)
def test_foreign_safetensors(
    model: DigitNet, tmp_path: Path, metadata: dict[str, str] | None
) -> None:
    path = tmp_path / "foreign.safetensors"
    save_file(state_of(model), path, metadata)
    with pytest.raises(MnistCoreError, match="not one of ours") as caught:
        load_classifier(path)
    assert "mnist_resnet" in str(caught.value)


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
    save_file(state_of(model, **change), path, OURS)
    with pytest.raises(MnistCoreError, match="does not fit mnist_cnn") as caught:
        load_classifier(path)
    assert next(iter(change)) in str(caught.value)


def test_missing_layer(model: DigitNet, tmp_path: Path) -> None:
    state = state_of(model)
    del state["head.1.bias"]
    save_file(state, tmp_path / "w.safetensors", OURS)
    with pytest.raises(MnistCoreError, match=r"(?s)does not fit mnist_cnn .*head\.1\.bias"):
        load_classifier(tmp_path / "w.safetensors")


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_weights_that_are_not_finite(model: DigitNet, tmp_path: Path, value: float) -> None:
    bias = torch.zeros(10)
    bias[3] = value
    save_file(state_of(model, **{"head.1.bias": bias}), tmp_path / "w.safetensors", OURS)
    with pytest.raises(MnistCoreError, match=r"NaN or infinity in head\.1\.bias"):
        load_classifier(tmp_path / "w.safetensors")


class Malicious:
    """Makes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.mark,)


@pytest.mark.parametrize("writer", ["pickle", "torch"])
def test_pickles_are_refused_and_never_executed(tmp_path: Path, writer: str) -> None:
    mark, path = tmp_path / "executed", tmp_path / "w.safetensors"
    if writer == "pickle":
        path.write_bytes(pickle.dumps(Malicious(mark)))
    else:
        torch.save(Malicious(mark), path)
    with pytest.raises(MnistCoreError, match="not a whole safetensors file"):
        load_classifier(path)
    assert not mark.exists()
    if writer == "pickle":  # the pickle does what it says
        pickle.loads(path.read_bytes())
        assert mark.exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"{", "not JSON"), (b"", "not JSON"), (b"\xff\xfe", "not JSON"), (b"[1]", "no JSON object")],
)
def test_damaged_card(saved: Path, content: bytes, message: str) -> None:
    card_path(saved).write_bytes(content)
    with pytest.raises(MnistCoreError, match=message) as caught:
        load_classifier(saved)
    assert "mine.json" in str(caught.value)


def test_weights_without_a_card_are_weights(saved: Path) -> None:
    card_path(saved).unlink()
    assert load_classifier(saved).card == {}


def test_weights_that_cannot_be_written(model: DigitNet, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "taken.safetensors").mkdir()
    for path in (tmp_path / "file/w.safetensors", tmp_path / "taken.safetensors"):
        with pytest.raises(MnistCoreError, match="cannot be"):
            save_weights(path, model, {})


def test_a_write_that_fails_leaves_the_old_weights(
    saved: Path, model: DigitNet, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = saved.read_bytes()

    def full(_self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(MnistCoreError, match="No space left"):
        save_weights(saved, model, {"note": "new"})
    assert saved.read_bytes() == before
    assert json.loads(card_path(saved).read_text())["note"] == "mine"
