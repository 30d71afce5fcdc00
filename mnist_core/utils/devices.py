"""Where a network trains: the CPU or a GPU."""

from collections.abc import Callable
from dataclasses import dataclass

import torch

from mnist_core.errors import ExplainedError, Message

DEVICES = ("auto", "cpu", "cuda")


def choose_device(device: str | torch.device) -> torch.device:
    """Return the device for "auto", "cpu" or "cuda" ("cuda:1" for the second GPU).

    "auto" is the first GPU here; a run takes a free one, see `runs.queue_devices.free_device`.

    Raises
    ------
    MnistCoreError
        If it is none of them, or "cuda" is requested and there is no GPU.
    """
    if not isinstance(device, str | torch.device):
        raise ExplainedError(
            Message(
                "device is {device}; give a name: {devices} or cuda:1",
                device=repr(device),
                devices=", ".join(DEVICES),
            )
        )
    name = str(device)
    kind, _, index = name.partition(":")
    if kind not in DEVICES or (index and (kind != "cuda" or not index.isdigit())):
        raise ExplainedError(
            Message(
                "device is {device}; choose from {devices}",
                device=repr(name),
                devices=", ".join(DEVICES),
            )
        )
    if kind == "cpu":
        return torch.device("cpu")
    count = torch.cuda.device_count()
    if kind == "cuda" and int(index or 0) >= count:
        seen = (
            Message("torch finds {count} GPUs, numbered from 0", count=count)
            if count
            else Message("torch finds no GPU")
        )
        raise ExplainedError(
            Message(
                "device is {device}, but {seen}; choose 'auto' or 'cpu'",
                device=repr(name),
                seen=seen,
            )
        )
    if kind == "auto":
        return torch.device("cuda" if count else "cpu")
    return torch.device(name)


def device_name(device: torch.device) -> str:
    """Return a display name: the GPU's name, or the CPU with the number of its threads."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"CPU, {threads} {'thread' if threads == 1 else 'threads'}"


def auto_devices() -> list[str]:
    """Return the devices that "auto" chooses from: every GPU, the least used first, or the CPU.

    Creates no CUDA context, so the process may be forked afterwards.
    """
    count = torch.cuda.device_count()
    # the driver is asked only if there is a choice: the question takes a moment
    indices = sorted(range(count), key=_usage) if count > 1 else range(count)
    return [f"cuda:{index}" for index in indices] or ["cpu"]


def is_automatic(device: str) -> bool:
    """Return whether "auto" may choose a device: a GPU, or the CPU where there is none."""
    return (device == "cpu") == (torch.cuda.device_count() == 0)


def _usage(index: int) -> tuple[int, int]:
    """Return a GPU's load and used memory in coarse steps, so that an idle card's noise is none."""
    load = gpu_load(index) or 0.0
    used = query_driver(torch.cuda.device_memory_used, index) or 0
    return round(10 * load), used // (8 * 2**30)


@dataclass(frozen=True)
class Gpu:
    """A GPU and its usage: memory in bytes, load in [0, 1]; None if unknown."""

    device: str
    name: str
    memory_used: int | None
    memory_total: int
    load: float | None

    @property
    def label(self) -> str:
        """Device and name: unique, and independent of the current usage."""
        return f"{self.device} · {self.name}"


def list_gpus() -> list[Gpu]:
    """Return the GPUs that torch can train on; their load is read from the driver (NVML)."""
    gpus = []
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        gpus.append(
            Gpu(
                f"cuda:{index}",
                properties.name,
                query_driver(torch.cuda.device_memory_used, index),
                properties.total_memory,
                gpu_load(index),
            )
        )
    return gpus


def gpu_load(index: int) -> float | None:
    """Return the share of the time in which a GPU was computing of late; None if unknown."""
    load = query_driver(torch.cuda.utilization, index)
    return None if load is None else load / 100


def query_driver(query: Callable[[int], int], index: int) -> int | None:
    """Return a figure of torch's that the GPU's driver (NVML) knows; None where it does not."""
    try:
        return query(index)
    except Exception:  # no driver library, or no such figure: torch passes on NVML's errors
        return None
