"""The process in which gpu.py measures: it takes one task after the other from a pipe."""

import argparse
import os
import platform
import time
import traceback
from multiprocessing.connection import Connection
from typing import Any

from mnist_core.errors import MnistCoreError


def serve(pipe: Connection, args: argparse.Namespace) -> None:
    """Send a description of the machine, then a row for each task (name, values) received.

    Instead of the description, {"refused": reason} if the options do not suit the machine.
    """
    os.setpgrp()  # so that it can be killed with the processes that it starts
    began = time.perf_counter()
    try:
        from benchmarks.gpu_runs import examples, ours, resume, start_parts, two_runs
        from benchmarks.gpu_speed import Bench, ceiling, epochs, step

        bench = Bench(args)
        machine = describe(bench, time.perf_counter() - began)
    except MnistCoreError as error:
        pipe.send({"refused": str(error)})
        return
    except Exception as error:
        traceback.print_exc()
        pipe.send({"failed": explain(error)})
        return
    pipe.send(machine)
    measurements = (ceiling, step, epochs, ours, start_parts, examples, resume, two_runs)
    tasks = {f.__name__: f for f in measurements}
    while True:
        try:
            name, values = pipe.recv()
        except EOFError:
            return
        try:
            row = tasks[name](bench, **values)
        except Exception as error:
            traceback.print_exc()
            row = {"failed": explain(error)}
        broken = bench.is_broken()
        pipe.send(row)
        if broken:  # after some errors CUDA works no more in this process
            os._exit(1)
        bench.clean()


def explain(error: Exception) -> str:
    """Return an error as one line."""
    first = next((line for line in str(error).splitlines() if line.strip()), "")
    return f"{type(error).__name__}: {first[:300]}"


def describe(bench: Any, start_seconds: float) -> dict[str, Any]:
    """Return what was measured on."""
    import torch

    from mnist_core.utils.devices import device_name

    return {
        "device": device_name(bench.device),
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "cudnn": torch.backends.cudnn.version(),
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "byte code of torch": os.path.exists(torch.__spec__.cached or ""),
        "tf32 in convolutions": torch.backends.cudnn.allow_tf32,
        "tf32 in matrix products": torch.backends.cuda.matmul.allow_tf32,
        "start of the worker (s)": round(start_seconds, 1),
    }
