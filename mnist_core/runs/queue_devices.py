"""The devices of the queue: one worker trains on each, and "auto" is a free one."""

from pathlib import Path

import torch

from mnist_core.training.config import TrainConfig
from mnist_core.utils.devices import auto_devices, choose_device
from mnist_core.utils.locks import is_locked

AUTO = "auto"


def queue_device(config: TrainConfig) -> str:
    """Return the device that a run waits for: "auto", "cpu", "cuda:0", "cuda:1", ..."""
    return "cuda:0" if config.device == "cuda" else config.device


def free_device(root: Path) -> str:
    """Return the device that "auto" takes now: one that trains nothing, the least used first."""
    devices = auto_devices()
    return next((device for device in devices if is_free(root, device)), devices[0])


def resolve_device(root: Path, configured: str, automatic: str | None = None) -> torch.device:
    """Return the device to train on.

    Parameters
    ----------
    root : Path
        Folder of the runs.
    configured : str
        Of a configuration; see `choose_device`.
    automatic : str or None
        What "auto" means, such as cuda:1; None: a free device.

    Raises
    ------
    MnistCoreError
        If the device does not exist.
    """
    if configured == AUTO:
        configured = free_device(root) if automatic is None else automatic
    return choose_device(configured)


def is_free(root: Path, device: str) -> bool:
    """Return whether no worker is training on a device."""
    return not is_locked(queue_lock_path(root, device))


def queue_lock_path(root: Path, device: str) -> Path:
    """Return the lock of the worker for a device."""
    return root / f"queue-{device.replace(':', '-')}.lock"
