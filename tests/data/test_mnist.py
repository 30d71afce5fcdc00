from __future__ import annotations

import gzip
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import torch

from mnist_core import MnistCoreError
from mnist_core.data.mnist import (
    MEAN,
    STD,
    Split,
    data_root,
    load_test,
    load_train_validation,
    normalise,
)

FILES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise urllib.error.URLError("no network")

    monkeypatch.setattr(urllib.request, "urlopen", refuse)


def test_mean_and_deviation_are_those_of_the_training_set(
    train_validation: tuple[Split, Split],
) -> None:
    pixels = torch.cat([split.images for split in train_validation]).double()
    assert pixels.mean().item() == pytest.approx(MEAN, abs=5e-5)
    assert pixels.std().item() == pytest.approx(STD, abs=5e-5)
    assert (MEAN, STD) == (0.1307, 0.3081)


def test_normalise() -> None:
    assert normalise(torch.tensor([0.1307, 0.1307 + 0.3081])).tolist() == pytest.approx([0, 1])


def test_split_holds_out_5000_images(train_validation: tuple[Split, Split]) -> None:
    training, validation = train_validation
    assert (len(training), len(validation)) == (55_000, 5_000)
    for split in train_validation:
        assert split.images.shape == (len(split), 1, 28, 28)
        assert (split.images.dtype, split.labels.dtype) == (torch.float32, torch.int64)
        assert (split.images.min(), split.images.max()) == (0, 1)
    assert validation.labels.bincount().min() > 400


def test_split_puts_every_image_of_the_training_set_in_one_of_the_two(
    train_validation: tuple[Split, Split], mnist_root: Path
) -> None:
    from torchvision.datasets import MNIST

    whole = MNIST(str(mnist_root), train=True).data
    both = torch.cat([split.images for split in train_validation])
    weights = torch.rand(28 * 28, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    marks = (both.double() * 255).round().flatten(1) @ weights
    expected = whole.double().flatten(1) @ weights
    assert torch.allclose(marks.sort().values, expected.sort().values)
    assert len(expected.unique()) > 59_900


def test_split_is_the_same_whatever_the_seed(
    train_validation: tuple[Split, Split], mnist_root: Path
) -> None:
    torch.manual_seed(1)
    _, again = load_train_validation("cpu", mnist_root)
    assert torch.equal(again.images, train_validation[1].images)
    assert torch.equal(again.labels, train_validation[1].labels)
    # pinned: figures of another version must be comparable
    assert again.labels[:12].tolist() == [8, 1, 3, 0, 8, 0, 1, 6, 6, 0, 4, 2]


def test_test_set(mnist_root: Path) -> None:
    split = load_test("cpu", mnist_root)
    assert split.images.shape == (10_000, 1, 28, 28)
    assert split.labels[:5].tolist() == [7, 2, 1, 0, 4]


def test_root_is_the_argument_then_the_variable_then_data(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_ROOT", "elsewhere")
    assert data_root("here") == Path("here")
    assert data_root() == Path("elsewhere")
    monkeypatch.delenv("MNIST_ROOT")
    assert data_root() == Path("data")


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("load", [load_train_validation, load_test])
def test_without_data_and_network_the_error_names_the_fix(
    load: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_ROOT", str(tmp_path))
    with pytest.raises(MnistCoreError) as caught:
        load()
    message = str(caught.value)
    assert "MNIST_ROOT" in message
    assert str(tmp_path) in message
    for file in FILES:
        assert f"{file}.gz" in message


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"garbage",
        bytes([0, 0, 8, 3, 0, 0, 234, 96, 0, 0, 0, 28, 0, 0, 0, 28]) + b"cut short",
        bytes([0, 0, 8, 1, 0, 0, 0, 3, 1, 2, 3]),
        gzip.compress(b"garbage"),
    ],
    ids=["empty", "garbage", "cut short", "labels", "gzip"],
)
def test_damaged_files_are_an_error_that_names_the_fix(
    content: bytes, suffix: str, tmp_path: Path
) -> None:
    raw = tmp_path / "MNIST/raw"
    raw.mkdir(parents=True)
    for file in FILES:
        (raw / f"{file}{suffix}").write_bytes(content)
    with pytest.raises(MnistCoreError, match="MNIST_ROOT"):
        load_train_validation(root=tmp_path)


@pytest.mark.usefixtures("no_network")
def test_a_root_that_cannot_be_written_to_is_an_error_that_names_the_fix(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(MnistCoreError, match="writable folder"):
        load_train_validation(root=file)
