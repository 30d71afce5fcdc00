"""MNIST as tensors on a device, with a fixed 55,000 / 5,000 split.

Source of the data: LeCun, Cortes, Burges; read and verified by `torchvision.datasets.MNIST`.
"""

import gzip
import hashlib
import os
from dataclasses import dataclass
from numbers import Integral
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mnist_core.data.sizes import MEAN, STD, VALIDATION_SIZE
from mnist_core.errors import MnistCoreError
from mnist_core.imaging.normalize import FRAME_SIZE
from mnist_core.utils.devices import choose_device
from mnist_core.utils.files import explain_errors, write_atomic

SPLIT_SEED = 20_000
"""Of the split; independent of a run's seed, so that scores of runs are comparable."""
_MAX_FILE_BYTES = 100 * 10**6
"""The largest of the four files has 47,040,016."""
_IDX_UINT8 = 8
_ARCHIVE_MD5 = {
    "train-images-idx3-ubyte": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte": "ec29112dd5afa0611ce80d1b7f02629c",
}


@dataclass(frozen=True)
class Split:
    """Images (N, 1, 28, 28) float32 in [0, 1], ink light on dark, and labels (N,) int64."""

    images: Tensor
    labels: Tensor

    def __len__(self) -> int:
        return len(self.labels)


def normalise(frames: Tensor) -> Tensor:
    """Return frames in [0, 1] as the networks' input: (x - 0.1307) / 0.3081."""
    return (frames - MEAN).div_(STD)


def data_root(root: str | os.PathLike[str] | None = None) -> Path:
    """Return the folder that holds (or will hold) MNIST/raw: argument, MNIST_ROOT, or ./data."""
    return Path(root or os.environ.get("MNIST_ROOT") or "data")


def has_training_set(root: str | os.PathLike[str] | None = None) -> bool:
    """Return whether MNIST's training files are in the data root; if not, they are downloaded."""
    names = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")
    raw = _raw_folder(root)
    # False, not an error, for a path that is too long
    return all(any(os.path.isfile(raw / f"{name}{end}") for end in ("", ".gz")) for name in names)


def load_train_validation(
    device: torch.device | str = "cpu",
    root: str | os.PathLike[str] | None = None,
    *,
    validation_size: int = VALIDATION_SIZE,
    training_size: int | None = None,
) -> tuple[Split, Split]:
    """Return training and validation images, both from MNIST's training set.

    Parameters
    ----------
    device : torch.device or str
        "auto" is the first GPU, or the CPU.
    root : path or None
        See `data_root`.
    validation_size : int
        Images held out; the default 5,000 are the same in every run.
    training_size : int or None
        Images to train on, a fixed random selection; None for all others.

    Raises
    ------
    MnistCoreError
        If a size is below 1, or no image is left to train on, or there is no such device, or the
        files are damaged, or missing and cannot be downloaded; the message names the size, the
        device, the file or MNIST_ROOT.
    """
    _check_size("validation_size", validation_size)
    if training_size is not None:
        _check_size("training_size", training_size)
    device = choose_device(device)
    images, labels = _read(train=True, root=root)
    if validation_size >= len(labels):
        raise MnistCoreError(
            f"validation_size is {validation_size}; there are {len(labels)} images, give fewer: "
            "the others are trained on"
        )
    order = _split_order(len(labels))
    validation, training = order[:validation_size], order[validation_size:][:training_size]
    return (
        _split(images[training], labels[training], device),
        _split(images[validation], labels[validation], device),
    )


def load_validation(
    device: torch.device | str = "cpu",
    root: str | os.PathLike[str] | None = None,
    *,
    size: int = VALIDATION_SIZE,
) -> Split:
    """Return the validation images of `load_train_validation`; no others are converted to float.

    Parameters
    ----------
    device, root : as for `load_train_validation`
    size : int
        The run's validation_size.

    Raises MnistCoreError as `load_train_validation`.
    """
    _check_size("size", size)
    device = choose_device(device)
    images, labels = _read(train=True, root=root)
    index = _split_order(len(labels))[:size]
    return _split(images[index], labels[index], device)


def load_test(
    device: torch.device | str = "cpu", root: str | os.PathLike[str] | None = None
) -> Split:
    """Return MNIST's 10,000 test images, which are for the final report only. Raises as above."""
    device = choose_device(device)
    return _split(*_read(train=False, root=root), device)


def _check_size(name: str, size: int) -> None:
    if not isinstance(size, Integral) or size < 1:
        raise MnistCoreError(f"{name} is {size!r}; give an integer of at least 1")


def _split_order(size: int) -> Tensor:
    return torch.randperm(size, generator=torch.Generator().manual_seed(SPLIT_SEED))


def _split(images: Tensor, labels: Tensor, device: torch.device) -> Split:
    """Convert uint8 images (N, 28, 28)."""
    return Split(images.to(device).unsqueeze(1).float().div_(255), labels.to(device))


def _raw_folder(root: str | os.PathLike[str] | None) -> Path:
    return data_root(root) / "MNIST/raw"


def _read(*, train: bool, root: str | os.PathLike[str] | None) -> tuple[Tensor, Tensor]:
    """Return images (N, 28, 28) uint8 and labels (N,) int64, downloaded where they are missing."""
    part = "train" if train else "t10k"
    images_path = _raw_folder(root) / f"{part}-images-idx3-ubyte"
    labels_path = _raw_folder(root) / f"{part}-labels-idx1-ubyte"
    if not all(os.path.exists(path) or _unpack(path) for path in (images_path, labels_path)):
        _download(data_root(root))
    images = _read_file(images_path, dimensions=3)
    labels = _read_file(labels_path, dimensions=1).long()
    if not len(images) or images.shape[1:] != (FRAME_SIZE, FRAME_SIZE):
        raise _damaged(images_path, f"images of shape {tuple(images.shape)}")
    if len(labels) != len(images) or labels.max() > 9:
        raise _damaged(labels_path, f"not one label in 0 to 9 for each of {len(images)} images")
    return images, labels


def _read_file(path: Path, dimensions: int) -> Tensor:
    """Read a file of uint8 in the IDX format (http://yann.lecun.com/exdb/mnist).

    torchvision has a function for it, but importing torchvision takes longer than importing torch,
    which every run would wait for when it starts.
    """
    if not path.is_file():  # opening a FIFO would block
        raise _damaged(path, "not a regular file")
    if path.stat().st_size > _MAX_FILE_BYTES:
        raise _damaged(path, f"larger than {_MAX_FILE_BYTES:,} bytes")
    with explain_errors(path, "cannot be read"):
        content = np.fromfile(path, np.uint8)
    header = 4 + 4 * dimensions
    if content[:4].tolist() != [0, 0, _IDX_UINT8, dimensions] or len(content) < header:
        raise _damaged(path, "no MNIST header")
    shape = content[4:header].view(">u4").astype(np.int64)
    values = content[header:]
    if len(values) != shape.prod(dtype=object):
        raise _damaged(path, f"{len(values):,} bytes of values, expected {shape}")
    return torch.from_numpy(values.reshape(shape))


def _unpack(path: Path) -> bool:
    """Unpack the original archive beside a missing file; return whether that was possible.

    torchvision would do it too, but see `_read_file`.
    """
    archive = path.with_name(f"{path.name}.gz")
    if not os.path.isfile(archive):  # False, not an error, for a path that is too long
        return False
    try:
        packed = archive.read_bytes()
        if hashlib.md5(packed, usedforsecurity=False).hexdigest() != _ARCHIVE_MD5[path.name]:
            return False
        write_atomic(path, gzip.decompress(packed))
    except (OSError, MnistCoreError):
        return False
    return True


def _download(root: Path) -> None:
    """Unpack MNIST's four files into the raw folder, downloading those that are missing."""
    from torchvision.datasets import MNIST
    from torchvision.datasets.utils import check_integrity

    try:
        MNIST(str(root), download=True)
    except (OSError, RuntimeError, AssertionError, LookupError, TypeError, ValueError) as error:
        archives = [(_raw_folder(root) / name, md5) for name, md5 in MNIST.resources]
        if all(os.path.exists(path.with_suffix("")) for path, _ in archives):
            return  # unpacked, but damaged: what reads them names the file
        for path, md5 in archives:
            if os.path.exists(path) and not check_integrity(str(path), md5):
                raise _damaged(path, "wrong checksum") from error
        names = ", ".join(name for name, _ in MNIST.resources)
        raise MnistCoreError(
            f"MNIST is not in {root} and could not be downloaded ({error}). Set MNIST_ROOT to a "
            f"writable folder that holds MNIST/raw with the four original files ({names}), or "
            "allow the network once."
        ) from error


def _damaged(path: Path, reason: str) -> MnistCoreError:
    return MnistCoreError(
        f"{path}: this file is damaged ({reason}); delete it, and it is unpacked or downloaded "
        "again, or set MNIST_ROOT to another folder"
    )
