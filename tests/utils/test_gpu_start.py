from __future__ import annotations

import ctypes
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from support.chromium import ROOT

from mnist_core.utils.gpu_start import (
    cuda_context_in_background,
    imports_in_background,
    load_cuda_libraries,
)


class FakeDriver:
    """A CUDA driver with some GPUs; notes of which one a context is created."""

    def __init__(self, gpus: int) -> None:
        self.gpus = gpus
        self.contexts: list[int] = []

    def cuInit(self, _flags: int) -> int:
        return 0 if self.gpus else 100

    def cuDeviceGetCount(self, count: Any) -> int:
        count._obj.value = self.gpus
        return 0

    def cuDeviceGet(self, device: Any, index: int) -> int:
        device._obj.value = index
        return 0

    def cuDevicePrimaryCtxRetain(self, _context: Any, device: ctypes.c_int) -> int:
        self.contexts.append(device.value)
        return 0


@pytest.mark.parametrize(
    ("device", "gpus", "contexts"),
    [
        ("auto", 1, [0]),
        ("cuda", 1, [0]),
        ("cuda", 2, [0]),
        ("cuda:1", 2, [1]),
        ("cuda:2", 2, []),
        ("auto", 2, []),
        ("auto", 0, []),
        ("cpu", 1, []),
        ("cuda:x", 1, []),
    ],
)
def test_a_context_is_created_only_on_the_gpu_that_will_train(
    device: str, gpus: int, contexts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    driver = FakeDriver(gpus)
    monkeypatch.setattr(ctypes, "CDLL", lambda _name: driver)
    monkeypatch.setenv("CUDA_MODULE_LOADING", "LAZY")
    with cuda_context_in_background(device):
        pass
    assert driver.contexts == contexts


def test_without_a_driver_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise OSError(name)

    monkeypatch.setattr(ctypes, "CDLL", missing)
    monkeypatch.setenv("CUDA_MODULE_LOADING", "LAZY")
    with cuda_context_in_background("auto"):
        pass


def test_modules_are_imported_after_the_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "imported_by_a_thread.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with imports_in_background("imported_by_a_thread", "no_such_module"):
        pass
    assert sys.modules.pop("imported_by_a_thread").__file__


def test_loading_libraries_draws_no_random_numbers() -> None:
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    before = torch.get_rng_state()
    for precision in ("fp32", "fp16", "bf16"):
        load_cuda_libraries(device, precision)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_training_imports_nothing_that_only_other_commands_need(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "from mnist_core.__main__ import main\n"
        "from mnist_core.training.events import Step\n"
        "from mnist_core.cli.progress import RunProgress\n"
        "show = RunProgress.__call__\n"
        "def listen(self, event):\n"
        "    if isinstance(event, Step):\n"
        "        print(*sys.modules, file=sys.stderr)\n"
        "    show(self, event)\n"
        "RunProgress.__call__ = listen\n"
        "sys.exit(main())"
    )
    options = "--model mnist_cnn --epochs 1 --batch-size 64 --device cpu --training-size 64"
    command = [sys.executable, "-c", code, "train", *options.split(), "--runs", str(tmp_path)]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    modules = set(process.stderr.split())
    assert {"torch", "mnist_core.training.trainer"} <= modules
    slow = {"torch._dynamo", "torch._inductor", "torchvision", "scipy", "sklearn", "pandas"}
    slow |= {"optuna", "tensorboard.summary", "plotly", "onnx", "onnxruntime", "jinja2"}
    assert not slow & modules
