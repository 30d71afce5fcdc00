"""Batches of an epoch, by index on the device or through a torch DataLoader."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from mnist_core.data.mnist import Split


class DeviceLoader:
    """Images wait on the device; a batch is one gather. Nothing is copied from the host."""

    def __init__(self, split: Split, batch_size: int) -> None:
        self._split = split
        self._batch_size = batch_size

    def batches(self, order: Tensor, first: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield (images, labels) in `order` (N,), from batch `first` on; the rest is dropped."""
        images, labels = self._split.images, self._split.labels
        order = order.to(labels.device, non_blocking=True)
        for index in order.split(self._batch_size)[first : len(order) // self._batch_size]:
            yield images.index_select(0, index), labels.index_select(0, index)


class WorkerLoader:
    """The usual way: a DataLoader collates images one by one, in processes of its own."""

    def __init__(
        self, split: Split, batch_size: int, workers: int, device: torch.device | str
    ) -> None:
        self._dataset = TensorDataset(split.images.cpu(), split.labels.cpu())
        self._batch_size = batch_size
        self._workers = workers
        self._device = torch.device(device)

    def batches(self, order: Tensor, first: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield (images, labels) in `order` (N,), from batch `first` on; the rest is dropped."""
        index = order.split(self._batch_size)[first : len(order) // self._batch_size]
        loader = DataLoader(
            self._dataset,
            batch_sampler=[part.tolist() for part in index],
            num_workers=self._workers,
            pin_memory=self._device.type == "cuda",
            # its own generator: the global one belongs to dropout and augmentation
            generator=torch.Generator().manual_seed(0),
        )
        for images, labels in loader:
            yield (
                images.to(self._device, non_blocking=True),
                labels.to(self._device, non_blocking=True),
            )


def epoch_order(size: int, seed: int, epoch: int) -> Tensor:
    """Return the order (size,) int64 of an epoch's images: the same for the same seed."""
    generator = torch.Generator().manual_seed((seed * 1_000_003 + epoch) % 2**63)
    return torch.randperm(size, generator=generator)
