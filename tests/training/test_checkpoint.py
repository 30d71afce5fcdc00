from __future__ import annotations

import io
import os
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from torch import Tensor

from mnist_core import MnistCoreError
from mnist_core.data.mnist import Split
from mnist_core.training.checkpoint import load_checkpoint, save_checkpoint
from mnist_core.training.config import TrainConfig
from mnist_core.training.trainer import Trainer


@pytest.fixture(scope="module")
def trainer(small_splits: tuple[Split, Split]) -> Trainer:
    """One that has taken some steps."""
    config = TrainConfig(
        model="mnist_cnn_bn", epochs=2, batch_size=100, augment="none", device="cpu"
    )
    trainer = Trainer(config, *small_splits)
    for _ in trainer.run(lambda: trainer.step == 5):
        pass
    return trainer


@pytest.fixture(scope="module")
def checkpoint(trainer: Trainer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("checkpoint") / "last.pt"
    save_checkpoint(path, trainer.state_dict())
    return path


def same(a: Any, b: Any) -> bool:
    if isinstance(a, Tensor):
        return isinstance(b, Tensor) and a.dtype == b.dtype and torch.equal(a, b)
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return type(a) is type(b) and len(a) == len(b) and all(map(same, a, b))
    return a == b


def read(data: bytes, path: Path) -> dict[str, Any]:
    path.write_bytes(data)
    return load_checkpoint(path)


def test_a_checkpoint_is_read_as_it_was_written(trainer: Trainer, tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    state = trainer.state_dict()
    save_checkpoint(path, state)
    assert (state["epoch"], state["step"]) == (1, 5)
    assert same(load_checkpoint(path), state)
    assert list(tmp_path.iterdir()) == [path]


def test_an_older_checkpoint_is_replaced(trainer: Trainer, tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    save_checkpoint(path, {"epoch": 1, "much": torch.zeros(10**6)})
    save_checkpoint(path, trainer.state_dict())
    assert same(load_checkpoint(path), trainer.state_dict())


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"PK\x03\x04",
        b"\x80\x02.",
        b"\x80\x02\x8b\xff\xff\xff\xff",
        b"\x80\x02a.",
        b"\x80\x02X\x02\x00\x00\x00\xff\xfe.",
        b"{}\n",
        bytes(1000),
    ],
)
def test_files_that_are_not_checkpoints(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "last.pt"
    with pytest.raises(MnistCoreError, match="delete it to train from the start") as caught:
        read(damage, path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_fifo_does_not_block(tmp_path: Path) -> None:
    path = tmp_path / "last.pt"
    os.mkfifo(path)
    with pytest.raises(MnistCoreError, match=r"not a regular file\); delete it"):
        load_checkpoint(path)


def test_a_missing_checkpoint(tmp_path: Path) -> None:
    for path in (tmp_path / "last.pt", tmp_path):
        with pytest.raises(MnistCoreError, match=str(tmp_path)):
            load_checkpoint(path)


@given(share=st.floats(0, 1, exclude_max=True))
@example(share=0.999999)
def test_a_truncated_checkpoint(
    share: float, checkpoint: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path, data = tmp_path_factory.getbasetemp() / "cut.pt", checkpoint.read_bytes()
    with pytest.raises(MnistCoreError, match="the checkpoint is damaged"):
        read(data[: int(share * len(data))], path)


@given(where=st.floats(0, 1, exclude_max=True), bits=st.integers(1, 255))
@example(where=0.5, bits=1)  # in the middle of a tensor
@example(where=0.001, bits=128)  # in the pickled part
def test_a_changed_byte_is_detected_or_has_no_effect(
    where: float, bits: int, checkpoint: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    changed = bytearray(checkpoint.read_bytes())
    changed[int(where * len(changed))] ^= bits
    try:
        state = read(bytes(changed), tmp_path_factory.getbasetemp() / "changed.pt")
    except MnistCoreError:
        return
    assert same(state, load_checkpoint(checkpoint))


class _Code:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_code_in_a_pickle_is_not_run(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    torch.save({"epoch": _Code(tmp_path / "made")}, buffer)
    with pytest.raises(MnistCoreError):
        read(buffer.getvalue(), tmp_path / "last.pt")
    assert not (tmp_path / "made").exists()


def test_it_cannot_be_written(tmp_path: Path, trainer: Trainer) -> None:
    with pytest.raises(MnistCoreError, match=r"none/last\.pt: cannot be written"):
        save_checkpoint(tmp_path / "none" / "last.pt", trainer.state_dict())
