from __future__ import annotations

import psutil
import pytest
import torch

from mnist_core.utils.usage import Usage, UsageMonitor


def test_processor_and_memory_of_this_process() -> None:
    usage = UsageMonitor(torch.device("cpu"), seconds=0).sample()
    assert usage.cores is not None
    assert usage.cores >= 0
    assert usage.memory is not None
    assert 2**20 < usage.memory < psutil.virtual_memory().total
    assert (usage.device_memory, usage.device_memory_peak) == (None, None)
    assert (usage.device_load, usage.device_temperature) == (None, None)


def test_slow_questions_are_not_asked_at_every_step() -> None:
    monitor = UsageMonitor(torch.device("cpu"), seconds=3600)
    assert monitor.sample().memory is not None
    assert monitor.sample() == Usage()


def test_the_peak_of_a_gpu_is_that_of_the_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    card = torch.device("cuda:1")
    memory = {"allocated": 10, "peak": 70}

    def reset(device: torch.device) -> None:
        assert device == card
        memory["peak"] = memory["allocated"]

    monkeypatch.setattr(torch.cuda, "memory_allocated", lambda device: memory["allocated"])
    monkeypatch.setattr(torch.cuda, "max_memory_allocated", lambda device: memory["peak"])
    monkeypatch.setattr(torch.cuda, "reset_peak_memory_stats", reset)
    monkeypatch.setattr(torch.cuda, "utilization", lambda index: 25 * index)
    monkeypatch.setattr(torch.cuda, "temperature", lambda index: 60 + index)
    monitor = UsageMonitor(card, seconds=0)
    usage = monitor.sample()
    assert (usage.device_memory, usage.device_memory_peak) == (10, 70)
    assert (usage.device_load, usage.device_temperature) == (0.25, 61)
    assert monitor.sample().device_memory_peak == 10


def test_a_driver_that_knows_nothing_ends_no_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(index: int) -> int:
        raise RuntimeError("no such library")

    for name in ("utilization", "temperature"):
        monkeypatch.setattr(torch.cuda, name, fail)
    for name in ("memory_allocated", "max_memory_allocated", "reset_peak_memory_stats"):
        monkeypatch.setattr(torch.cuda, name, lambda device: 0)
    usage = UsageMonitor(torch.device("cuda:0"), seconds=0).sample()
    assert (usage.device_load, usage.device_temperature) == (None, None)
