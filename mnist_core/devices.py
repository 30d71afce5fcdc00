"""Where a network trains: the CPU or a GPU."""

from __future__ import annotations

import torch

from mnist_core.errors import MnistCoreError

DEVICES = ("auto", "cpu", "cuda")


def choose_device(name: str) -> torch.device:
    """Return the device for "auto", "cpu" or "cuda" ("cuda:1" for the second GPU).

    Raises
    ------
    MnistCoreError
        If it is none of them, or "cuda" is asked for and there is none.
    """
    kind, _, index = name.partition(":")
    if kind not in DEVICES or (index and (kind != "cuda" or not index.isdigit())):
        raise MnistCoreError(f"device is {name!r}; choose from {', '.join(DEVICES)}")
    count = torch.cuda.device_count()
    if kind == "cuda" and int(index or 0) >= count:
        seen = "torch sees no GPU here" if count == 0 else f"torch sees {count} GPUs, from 0"
        raise MnistCoreError(f"device is {name!r}, but {seen}; choose 'auto' or 'cpu'")
    if kind == "auto":
        return torch.device("cuda" if count else "cpu")
    return torch.device(name)


def device_name(device: torch.device) -> str:
    """Return what a person calls it: the GPU's name, or the CPU with its threads."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"CPU, {torch.get_num_threads()} threads"
