"""Start of a GPU at the same time as the imports of a training, which take as long.

Python imports under its global lock; the driver and the GPU's libraries start without it. A failure
here is ignored: what uses the GPU next fails likewise, and says why.
"""

import contextlib
import ctypes
import importlib
import os
import threading
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


@contextlib.contextmanager
def cuda_context_in_background(device: str) -> Iterator[None]:
    """Let a thread create the CUDA context that torch will use; it is there after the block.

    This needs no torch, so that torch is imported meanwhile.

    Parameters
    ----------
    device : str
        "cuda", "cuda:1", ..., or "auto": the GPU if there is exactly one. Otherwise nothing is
        done.
    """
    kind, _, index = device.partition(":")
    if kind not in ("auto", "cuda"):
        yield
        return
    # what torch sets before it starts CUDA: kernels are loaded when they are first used
    os.environ.setdefault("CUDA_MODULE_LOADING", "LAZY")
    with _in_background(lambda: _create_context(int(index or 0), only=kind == "auto")):
        yield


@contextlib.contextmanager
def imports_in_background(*names: str) -> Iterator[None]:
    """Let a thread import modules; they are imported after the block."""

    def import_all() -> None:
        for name in names:
            importlib.import_module(name)

    with _in_background(import_all):
        yield


def load_cuda_libraries(device: "torch.device", precision: str) -> None:
    """Let a GPU compute a convolution and a product, with gradients: cuDNN and cuBLAS are loaded.

    Draws no random numbers. Does nothing on a CPU.

    Parameters
    ----------
    device : torch.device
    precision : str
        "fp32", "fp16" or "bf16".
    """
    if device.type != "cuda":
        return
    import torch
    import torch.nn.functional as F

    dtype = {"fp16": torch.float16, "bf16": torch.bfloat16}.get(precision, torch.float32)
    with contextlib.suppress(RuntimeError):
        tensors = [
            torch.zeros(shape, device=device, dtype=dtype, requires_grad=True)
            for shape in ((64, 16, 16, 16), (16, 16, 3, 3), (16, 16))
        ]
        images, kernels, weights = tensors
        maps = F.conv2d(images.contiguous(memory_format=torch.channels_last), kernels)
        F.linear(maps.mean((2, 3)), weights).sum().backward()
        torch.cuda.synchronize(device)


def _create_context(index: int, *, only: bool) -> None:
    """Create the primary context of a GPU, which cudart shares; nothing if it is not the `only`.

    Source: "Primary Context Management" in the CUDA driver API's documentation.
    """
    driver = ctypes.CDLL("libcuda.so.1")
    count, device, context = ctypes.c_int(), ctypes.c_int(), ctypes.c_void_p()
    if driver.cuInit(0) or driver.cuDeviceGetCount(ctypes.byref(count)):
        return
    if index >= count.value or (only and count.value != 1):
        return
    if not driver.cuDeviceGet(ctypes.byref(device), index):
        driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), device)


@contextlib.contextmanager
def _in_background(work: Callable[[], None]) -> Iterator[None]:
    def run() -> None:
        with contextlib.suppress(Exception):
            work()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        thread.join()
