from __future__ import annotations

import itertools

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from mnist_core.data.loaders import DeviceLoader, WorkerLoader, epoch_order
from mnist_core.data.mnist import Split

Loader = DeviceLoader | WorkerLoader


def numbered(size: int) -> Split:
    """Images that contain their number, as their labels do."""
    numbers = torch.arange(size)
    return Split(numbers[:, None, None, None].expand(-1, 1, 28, 28).float(), numbers)


def loaders(split: Split, batch_size: int) -> list[Loader]:
    return [DeviceLoader(split, batch_size), WorkerLoader(split, batch_size, 0, "cpu")]


def labels(loader: Loader, order: Tensor, first: int = 0) -> list[list[int]]:
    """Return the labels of each batch; every image must be its label's."""
    found = []
    for images, numbers in loader.batches(order, first):
        assert images.shape == (len(numbers), 1, 28, 28)
        assert images.dtype == torch.float32
        assert torch.equal(images[:, 0, 5, 5].long(), numbers)
        found.append(numbers.tolist())
    return found


@given(st.integers(1, 40), st.data())
def test_batches_follow_the_order(size: int, data: st.DataObject) -> None:
    batch_size = data.draw(st.integers(1, size))
    first = data.draw(st.integers(0, size // batch_size))
    order = epoch_order(size, 0, 1)
    whole = [list(part) for part in zip(*[iter(order.tolist())] * batch_size, strict=False)]
    for loader in loaders(numbered(size), batch_size):
        assert labels(loader, order) == whole
        assert labels(loader, order, first) == whole[first:]


@pytest.mark.parametrize("workers", [1, 2])
def test_worker_processes_keep_the_order(workers: int) -> None:
    split, order = numbered(50), epoch_order(50, 3, 1)
    loader = WorkerLoader(split, 7, workers, "cpu")
    for first in (0, 3):
        assert labels(loader, order, first) == labels(DeviceLoader(split, 7), order, first)


@pytest.mark.parametrize("workers", [0, 1])
def test_loading_does_not_change_the_random_state(workers: int) -> None:
    split, order = numbered(20), epoch_order(20, 0, 1)
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    epoch_order(20, 0, 2)
    for loader in (DeviceLoader(split, 5), WorkerLoader(split, 5, workers, "cpu")):
        labels(loader, order)
    assert torch.equal(torch.rand(3), expected)


def test_an_epoch_has_every_image_once() -> None:
    assert epoch_order(1000, 5, 3).sort().values.tolist() == list(range(1000))


def test_seed_and_epoch_decide_the_order() -> None:
    pairs = list(itertools.product((0, 1, 2, 2**63 - 1), (1, 2, 10_000)))
    orders = [epoch_order(100, seed, epoch) for seed, epoch in pairs]
    for i, (seed, epoch) in enumerate(pairs):
        assert torch.equal(epoch_order(100, seed, epoch), orders[i])
    assert len(torch.stack(orders).unique(dim=0)) == len(pairs)
