from __future__ import annotations

from types import SimpleNamespace

import pytest
import torch

from mnist_core import MnistCoreError
from mnist_core.utils.devices import (
    Gpu,
    auto_devices,
    choose_device,
    device_name,
    is_automatic,
    list_gpus,
)


def test_choose_device() -> None:
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert "CPU" in device_name(torch.device("cpu"))


@pytest.mark.parametrize("name", ["tpu", "", "cpu:1", "cuda:x"])
def test_invalid_names(name: str) -> None:
    with pytest.raises(MnistCoreError, match="auto, cpu, cuda"):
        choose_device(name)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there() -> None:
    with pytest.raises(MnistCoreError, match=r"no GPU.*'auto' or 'cpu'"):
        choose_device("cuda")


def test_a_second_gpu_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert choose_device("cuda:0") == torch.device("cuda:0")
    with pytest.raises(MnistCoreError, match="finds 1 GPU"):
        choose_device("cuda:1")


def test_gpus_are_listed_with_what_the_driver_says(monkeypatch: pytest.MonkeyPatch) -> None:
    cards = [SimpleNamespace(name="A card", total_memory=80 * 2**30)] * 2
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_properties", cards.__getitem__)
    monkeypatch.setattr(torch.cuda, "device_memory_used", lambda index: (index + 1) * 2**30)

    def utilization(index: int) -> int:
        if index:
            raise RuntimeError("the driver does not know")
        return 37

    monkeypatch.setattr(torch.cuda, "utilization", utilization)
    assert list_gpus() == [
        Gpu("cuda:0", "A card", 2**30, 80 * 2**30, 0.37),
        Gpu("cuda:1", "A card", 2 * 2**30, 80 * 2**30, None),
    ]


def test_auto_chooses_from_every_gpu_or_the_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    assert auto_devices() == ["cpu"]
    assert is_automatic("cpu")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    monkeypatch.setattr(torch.cuda, "utilization", lambda index: [4, 0, 50][index])
    monkeypatch.setattr(torch.cuda, "device_memory_used", lambda index: [40, 1, 0][index] * 2**30)
    assert auto_devices() == ["cuda:1", "cuda:0", "cuda:2"]
    assert is_automatic("cuda:2")
    assert not is_automatic("cpu")
