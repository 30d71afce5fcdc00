"""What a training uses of the machine: processor, memory and GPU."""

import time
from dataclasses import dataclass

import psutil
import torch

from mnist_core.utils.devices import gpu_load, query_driver

_SECONDS = 1.0
"""Between two questions to kernel and driver, which are slow, and exact over such a time only."""


@dataclass(frozen=True)
class Usage:
    """What a process uses; None where it is unknown, or was asked for less than a second ago.

    Attributes
    ----------
    cores : float or None
        Processor cores that it kept busy, on average since they were asked for last.
    memory : int or None
        Its main memory (RSS), in bytes.
    device_memory, device_memory_peak : int or None
        Memory that torch has allocated on the GPU, in bytes: now, and at most since the sample
        before. None on the CPU.
    device_load : float or None
        Share of the time in which the GPU was computing, in [0, 1].
    device_temperature : int or None
        In degrees Celsius.
    """

    cores: float | None = None
    memory: int | None = None
    device_memory: int | None = None
    device_memory_peak: int | None = None
    device_load: float | None = None
    device_temperature: int | None = None


class UsageMonitor:
    """Samples what this process uses of the machine and of one device.

    Parameters
    ----------
    device : torch.device
        A GPU with its index, or the CPU.
    seconds : float
        Processor, load and temperature are asked for at most so often.
    """

    def __init__(self, device: torch.device, seconds: float = _SECONDS) -> None:
        self._device, self._seconds = device, seconds
        self._process = psutil.Process()
        self._process.cpu_percent()  # the next call refers to this one
        self._due = time.monotonic()

    def sample(self) -> Usage:
        """Return the current usage; the peak of the GPU's memory begins anew."""
        return Usage(**self._machine(), **self._device_memory())

    def _machine(self) -> dict[str, float | int | None]:
        if time.monotonic() < self._due:
            return {}
        self._due = time.monotonic() + self._seconds
        values: dict[str, float | int | None] = {
            "cores": self._process.cpu_percent() / 100,
            "memory": self._process.memory_info().rss,
        }
        if self._device.type == "cuda":
            index = self._device.index or 0
            values["device_load"] = gpu_load(index)
            values["device_temperature"] = query_driver(torch.cuda.temperature, index)
        return values

    def _device_memory(self) -> dict[str, int]:
        if self._device.type != "cuda":
            return {}
        peak = torch.cuda.max_memory_allocated(self._device)
        torch.cuda.reset_peak_memory_stats(self._device)
        allocated = torch.cuda.memory_allocated(self._device)
        return {"device_memory": allocated, "device_memory_peak": peak}
