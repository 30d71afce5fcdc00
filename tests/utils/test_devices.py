from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from mnist_core import MnistCoreError, TrainConfig, load_train_validation
from mnist_core.data.allographs.pool import DrawingPool
from mnist_core.data.loaders import WorkerLoader
from mnist_core.data.mnist import Split, load_test, load_validation
from mnist_core.evaluation.calibration_data import calibration_sources
from mnist_core.models.architectures import build_model
from mnist_core.runs.queue_devices import resolve_device
from mnist_core.runs.signals import StopFlag
from mnist_core.search.requests import SweepRequest
from mnist_core.search.sweep import run_sweep
from mnist_core.training.checkpoint import load_checkpoint
from mnist_core.training.estimate import measure_speed
from mnist_core.utils.devices import (
    Gpu,
    auto_devices,
    choose_device,
    device_name,
    is_automatic,
    list_gpus,
)

SPLIT = Split(torch.zeros(4, 1, 28, 28), torch.zeros(4, dtype=torch.int64))


def test_choose_device() -> None:
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert "CPU" in device_name(torch.device("cpu"))


@pytest.mark.parametrize("name", ["tpu", "", "cpu:1", "cuda:x"])
def test_invalid_names(name: str) -> None:
    with pytest.raises(MnistCoreError, match="auto, cpu, cuda"):
        choose_device(name)


UNUSABLE: tuple[Any, ...] = (
    5000, None, "", "gpu", "mps", "cuda:99", b"cpu", torch.device("mps"), torch.device("cuda:99"),
)  # fmt: skip


@pytest.mark.parametrize("device", UNUSABLE, ids=repr)
@pytest.mark.parametrize(
    "use",
    [
        choose_device,
        load_train_validation,
        load_validation,
        load_test,
        lambda device: load_checkpoint(Path("none"), device),
        lambda device: WorkerLoader(SPLIT, 2, 0, device),
        lambda device: DrawingPool.generate(1, 1, device),
        lambda device: measure_speed(TrainConfig(), device),
        lambda device: calibration_sources(build_model("mnist_cnn"), device),
        lambda device: resolve_device(Path("none"), "auto", device or "tpu"),
        lambda device: run_sweep(
            SweepRequest(), Path("none"), "none", StopFlag(), device=device or "tpu"
        ),
    ],
    ids=[
        "choose_device",
        "load_train_validation",
        "load_validation",
        "load_test",
        "load_checkpoint",
        "WorkerLoader",
        "DrawingPool",
        "measure_speed",
        "calibration_sources",
        "resolve_device",
        "run_sweep",
    ],
)
def test_whatever_takes_a_device_explains_one_that_cannot_be_used(
    use: Callable[[Any], object], device: Any
) -> None:
    with pytest.raises(MnistCoreError, match=r"^device is .*(auto|torch finds)"):
        use(device)


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
