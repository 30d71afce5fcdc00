"""Mini-batches of an epoch: indexed on the device, or from a torch DataLoader."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset

from mnist_core.data.mnist import Split
from mnist_core.utils.devices import choose_device


class DeviceLoader:
    """Batches of images that are on the device already: one gather each, no copy from the host."""

    def __init__(self, split: Split, batch_size: int) -> None:
        self._split = split
        self._batch_size = batch_size

    def batches(self, order: Tensor, first: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield complete batches (images, labels) in `order` (N,), from batch `first` on."""
        images, labels = self._split.images, self._split.labels
        order = order.to(labels.device, non_blocking=True)
        for index in order.split(self._batch_size)[first : len(order) // self._batch_size]:
            yield images.index_select(0, index), labels.index_select(0, index)


class WorkerLoader:
    """Batches of a DataLoader, which collates single images in worker processes."""

    def __init__(
        self, split: Split, batch_size: int, workers: int, device: torch.device | str
    ) -> None:
        self._dataset = TensorDataset(split.images.cpu(), split.labels.cpu())
        self._batch_size = batch_size
        self._workers = workers
        self._device = choose_device(device)

    def batches(self, order: Tensor, first: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield complete batches (images, labels) in `order` (N,), from batch `first` on."""
        index = order.split(self._batch_size)[first : len(order) // self._batch_size]
        loader = DataLoader(
            self._dataset,
            batch_sampler=[part.tolist() for part in index],
            num_workers=self._workers,
            pin_memory=self._device.type == "cuda",
            # the state of the global generator, for dropout and augmentation, does not change
            generator=torch.Generator().manual_seed(0),
        )
        for images, labels in loader:
            yield (
                images.to(self._device, non_blocking=True),
                labels.to(self._device, non_blocking=True),
            )


def epoch_order(size: int, seed: int, epoch: int) -> Tensor:
    """Return the order (size,) int64 of an epoch's images, determined by seed and epoch."""
    generator = torch.Generator().manual_seed((seed * 1_000_003 + epoch) % 2**63)
    return torch.randperm(size, generator=generator)
