from __future__ import annotations

import pytest
import torch

from mnist_core import MnistCoreError
from mnist_core.devices import choose_device, device_name


def test_choose_device() -> None:
    assert choose_device("cpu") == torch.device("cpu")
    assert choose_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")
    assert "CPU" in device_name(torch.device("cpu"))


@pytest.mark.parametrize("name", ["tpu", "", "cpu:1", "cuda:x"])
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(MnistCoreError, match="auto, cpu, cuda"):
        choose_device(name)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there() -> None:
    with pytest.raises(MnistCoreError, match=r"no GPU.*'auto' or 'cpu'"):
        choose_device("cuda")


def test_a_second_gpu_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert choose_device("cuda:0") == torch.device("cuda:0")
    with pytest.raises(MnistCoreError, match="sees 1 GPU"):
        choose_device("cuda:1")
