"""Where a network trains: the CPU or a GPU."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Gpu:
    """A GPU as a person choosing one sees it: memory in bytes, load in [0, 1]; None: unknown."""

    device: str
    name: str
    memory_used: int | None
    memory_total: int
    load: float | None


def list_gpus() -> list[Gpu]:
    """Return the GPUs that torch can train on; their load is what the driver (NVML) says."""
    gpus = []
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        load = _ask_driver(torch.cuda.utilization, index)
        gpus.append(
            Gpu(
                f"cuda:{index}",
                properties.name,
                _ask_driver(torch.cuda.device_memory_used, index),
                properties.total_memory,
                None if load is None else load / 100,
            )
        )
    return gpus


def _ask_driver(question: Callable[[int], int], index: int) -> int | None:
    try:
        return question(index)
    except Exception:  # no driver library, or one that does not know: torch raises what NVML does
        return None
