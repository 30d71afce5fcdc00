from __future__ import annotations

import gzip
import os
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from mnist_core import MnistCoreError
from mnist_core.data.mnist import (
    MEAN,
    STD,
    Split,
    data_root,
    has_training_set,
    load_test,
    load_train_validation,
    load_validation,
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
    file = (mnist_root / "MNIST/raw/train-images-idx3-ubyte").read_bytes()
    expected = sorted(file[start : start + 784] for start in range(16, len(file), 784))
    found = [
        image.tobytes()
        for split in train_validation
        for image in (split.images * 255).round().byte().numpy()
    ]
    assert sorted(found) == expected
    assert len(set(expected)) > 59_900


def test_validation_alone_is_the_same_for_any_seed(
    train_validation: tuple[Split, Split], mnist_root: Path
) -> None:
    torch.manual_seed(1)
    validation = load_validation("cpu", mnist_root)
    assert torch.equal(validation.images, train_validation[1].images)
    assert torch.equal(validation.labels, train_validation[1].labels)
    # pinned: figures of another version must be comparable
    assert validation.labels[:12].tolist() == [8, 1, 3, 0, 8, 0, 1, 6, 6, 0, 4, 2]


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


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The raw folder of a data set of 60 images."""
    raw = tmp_path / "MNIST/raw"
    raw.mkdir(parents=True)
    for images, labels in (FILES[:2], FILES[2:]):
        header = bytes([0, 0, 8, 3, 0, 0, 0, 60, 0, 0, 0, 28, 0, 0, 0, 28])
        (raw / images).write_bytes(header + bytes(range(60)) * 28 * 28)
        (raw / labels).write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 60]) + bytes(range(10)) * 6)
    monkeypatch.setenv("MNIST_ROOT", str(tmp_path))
    return raw


def test_a_data_set_of_another_size(tiny: Path) -> None:
    training, validation = load_train_validation(validation_size=10, training_size=30)
    assert (len(training), len(validation)) == (30, 10)
    assert has_training_set()
    (tiny / FILES[1]).unlink()
    assert not has_training_set()


@pytest.mark.usefixtures("tiny")
def test_sizes_below_one() -> None:
    for size in (0, -5):
        with pytest.raises(
            MnistCoreError, match=f"validation_size is {size}; give an integer of at least 1"
        ):
            load_train_validation(validation_size=size)
        with pytest.raises(
            MnistCoreError, match=f"training_size is {size}; give an integer of at least 1"
        ):
            load_train_validation(training_size=size)
        with pytest.raises(MnistCoreError, match=f"size is {size}; give an integer of at least 1"):
            load_validation(size=size)


@pytest.mark.usefixtures("tiny")
def test_sizes_that_cannot_be_used() -> None:
    for size in (1.5, "9", None):
        with pytest.raises(MnistCoreError, match=f"validation_size is {size!r}; give an integer"):
            load_train_validation(validation_size=size)  # type: ignore[arg-type]
    count = len(load_test().labels)
    with pytest.raises(MnistCoreError, match=f"validation_size is {count}; there are {count}"):
        load_train_validation(validation_size=count)


@pytest.mark.usefixtures("tiny")
def test_devices() -> None:
    assert load_train_validation("auto", validation_size=10)[0].images.device.type in (
        "cpu",
        "cuda",
    )
    for load in (load_train_validation, load_validation, load_test):
        with pytest.raises(MnistCoreError, match="device is 'gpu'; choose from auto"):
            load("gpu")
        with pytest.raises(MnistCoreError, match="device is 5000; give a name: auto, cpu, cuda"):
            load(5000)  # type: ignore[operator]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "truncated": lambda content: content[:-1],
    "truncated header": lambda content: content[:6],
    "another kind": lambda _: b"garbage" * 100,
    "gzip": gzip.compress,
    "type": lambda content: content[:2] + b"\x0d" + content[3:],
    "count": lambda content: content[:4] + b"\x7f" + content[5:],
    "longer": lambda content: content + b"\0",
    "no images": lambda content: content[:7] + b"\0" + content[8 : 4 * content[3] + 4],
}


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("kind", DAMAGE)
@pytest.mark.parametrize("file", FILES[:2])
def test_damaged_files_are_named(tiny: Path, file: str, kind: str) -> None:
    path = tiny / file
    path.write_bytes(DAMAGE[kind](path.read_bytes()))
    with pytest.raises(MnistCoreError, match="this file is damaged") as caught:
        load_validation()
    assert str(path) in str(caught.value)
    assert "delete it" in str(caught.value)
    load_test()


@pytest.mark.usefixtures("no_network")
def test_a_label_out_of_range(tiny: Path) -> None:
    path = tiny / FILES[1]
    path.write_bytes(path.read_bytes()[:-1] + b"\x0a")
    with pytest.raises(MnistCoreError, match=r"labels-idx1-ubyte: this file is damaged"):
        load_validation()


@pytest.mark.usefixtures("no_network")
def test_paths_that_are_not_regular_files(tiny: Path) -> None:
    path = tiny / FILES[0]
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(MnistCoreError, match="not a regular file"):
        load_validation()
    path.unlink()
    path.mkdir()
    with pytest.raises(MnistCoreError, match="not a regular file"):
        load_validation()
    path.rmdir()
    with path.open("wb") as file:
        file.truncate(4 * 2**30)
    with pytest.raises(MnistCoreError, match="larger than"):
        load_validation()


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("content", [b"", b"garbage", gzip.compress(b"garbage", mtime=0)])
def test_damaged_archives_are_named(content: bytes, tmp_path: Path) -> None:
    raw = tmp_path / "MNIST/raw"
    raw.mkdir(parents=True)
    for file in FILES:
        (raw / f"{file}.gz").write_bytes(content)
    with pytest.raises(MnistCoreError, match=r"ubyte\.gz: this file is damaged"):
        load_train_validation(root=tmp_path)


@pytest.mark.usefixtures("no_network")
def test_a_root_that_cannot_be_written_to_is_an_error_that_names_the_fix(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(MnistCoreError, match="writable folder"):
        load_train_validation(root=file)
