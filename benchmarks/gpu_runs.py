"""Whole runs for gpu.py: time to an accuracy, resume after a kill, two at once."""

import argparse
import json
import math
import multiprocessing as mp
import subprocess
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from typing import Any

from torch import Tensor

from benchmarks import time_to_accuracy
from benchmarks.gpu_speed import Bench, StepLoop, step_config
from benchmarks.time_to_accuracy import Reached
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run
from mnist_core.runs.runner import execute
from mnist_core.training.checkpoint import load_checkpoint
from mnist_core.training.config import TrainConfig
from mnist_core.utils.processes import module_command, module_environment

_LIMIT = 120.0


def ours(
    bench: Bench, recipe: str, limit: float, start: str = "", compiler_cache: str = ""
) -> dict[str, Any]:
    """Measure the seconds to the accuracy, and when the run reached what comes before it.

    `start` only names the row: on a new machine, the first start fills the cache of files.
    `compiler_cache`, "empty" or "full", refers to torch.compile's.
    """
    environment = {}
    if compiler_cache:
        if compiler_cache == "empty" or bench.compiler_cache is None:
            bench.compiler_cache = tempfile.TemporaryDirectory()
        folder = bench.compiler_cache.name
        environment = {
            "TORCHINDUCTOR_CACHE_DIR": f"{folder}/inductor",
            "TRITON_CACHE_DIR": f"{folder}/triton",
        }
    goal, flags = bench.args.accuracy, f"{recipe} --device {bench.args.device}"
    if bench.args.images < 55_000:
        flags += f" --training-size {bench.args.images}"
    return _reached(goal, time_to_accuracy.ours(goal, flags, limit, environment), limit)


def start_parts(bench: Bench, recipe: str) -> dict[str, Any]:
    """Measure `recipe`, the parts of a start, in a process of its own, one after the other."""
    command = ["benchmarks.start_parts", "--device", bench.args.device]
    (line,) = time_to_accuracy.lines([*command, "--began", str(time.time())], _LIMIT)
    return json.loads(line)


def examples(bench: Bench, recipe: str, limit: float) -> dict[str, Any]:
    """Measure the same of `recipe`, which is pytorch/examples', for up to `limit` seconds."""
    goal = bench.args.accuracy
    return _reached(goal, time_to_accuracy.baseline(goal, limit, bench.args.device), limit)


def _reached(goal: float, reached: Reached, limit: float) -> dict[str, Any]:
    row: dict[str, Any] = {"goal": f"{goal:.1%}", "best accuracy": f"{reached.best:.2%}"}
    if math.isnan(reached.seconds):
        row["note"] = f"not reached; it had up to {limit:.0f} s"
    else:
        row["s from process start"] = reached.seconds
    return row | reached.timeline


def resume(bench: Bench) -> dict[str, Any]:
    """Compare the weights of a run that was killed and resumed with those of uninterrupted ones."""
    fast = bench.cuda
    config = TrainConfig(
        model="improved" if fast else "mnist_cnn_bn",
        precision="bf16" if fast else "fp32",
        batch_size=256 if fast else 64,
        training_size=bench.args.images if bench.args.images < 55_000 else None,
        epochs=4,
        device=bench.args.device,
    )
    with tempfile.TemporaryDirectory() as folder:
        first, second, killed = (create_run(config, folder) for _ in range(3))
        epoch = _kill_after_first_epoch(killed)
        for run in (first, second, killed):
            execute(run)
        expected, repeated, resumed = (_weights(run) for run in (first, second, killed))
    difference = _difference(expected, resumed)
    return {
        "model": config.model,
        "killed after epoch": epoch,
        "of epochs": config.epochs,
        "largest difference": difference,
        "bitwise equal": difference == 0,
        "difference of two uninterrupted runs": _difference(expected, repeated),
    }


def _kill_after_first_epoch(run: Run) -> int:
    """Train a run in a process of its own and kill it; return the complete epochs."""
    command = module_command("mnist_core", "resume", run.id, "--runs", str(run.folder.parent))
    end = time.monotonic() + _LIMIT
    with subprocess.Popen(
        command, env=module_environment(), stdout=subprocess.DEVNULL, stderr=sys.stderr
    ) as process:
        try:
            while not run.checkpoint_path.exists() and time.monotonic() < end:
                if process.poll() is not None:
                    raise RuntimeError(f"the run ended with exit code {process.returncode}")
                time.sleep(0.005)
        finally:
            process.kill()
    if process.returncode >= 0:
        raise RuntimeError("the run had ended before it was killed")
    return load_checkpoint(run.checkpoint_path)["epoch"] - 1


def _weights(run: Run) -> dict[str, Tensor]:
    return load_checkpoint(run.checkpoint_path)["model"]


def _difference(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    return max((one[name].double() - other[name].double()).abs().max().item() for name in one)


def two_runs(bench: Bench, mode: str) -> dict[str, Any]:
    """Measure a training alone, then together with another one in a second process."""
    seconds = 0.05 * bench.args.steps
    context = mp.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_other_run, args=(there, bench.args, mode))
    process.start()
    there.close()
    try:
        loop = _loop(bench, mode)
        if not here.poll(_LIMIT):
            raise RuntimeError(f"the other run was not ready after {_LIMIT:.0f} s")
        here.recv()
        alone = _rate(bench, loop, seconds)
        here.send(seconds)
        one = _rate(bench, loop, seconds)
        other = here.recv()
        here.send(None)
        process.join(10)
    finally:
        process.kill()
        process.join()
    return {
        "batch": bench.args.batch_sizes[0],
        "alone images/s": alone,
        "first of two images/s": one,
        "second of two images/s": other,
        "both against one": (one + other) / alone,
    }


def _other_run(pipe: Connection, args: argparse.Namespace, mode: str) -> None:
    bench = Bench(args)
    loop = _loop(bench, mode)
    pipe.send("ready")
    while seconds := pipe.recv():
        pipe.send(_rate(bench, loop, seconds))


def _loop(bench: Bench, mode: str) -> StepLoop:
    model = bench.args.models[0] if bench.args.models else "improved"
    batch = bench.args.batch_sizes[0]
    config = step_config(bench.device, mode=mode, batch=batch, model=model, precision="bf16")
    return StepLoop(bench, config, graph=mode == "graph")


def _rate(bench: Bench, loop: StepLoop, seconds: float) -> float:
    """Return images/s over at least so many seconds."""
    bench.synchronize()
    steps, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        loop.run(10 if bench.cuda else 1)
        steps += 10 if bench.cuda else 1
        bench.synchronize()
    return steps * bench.args.batch_sizes[0] / (time.perf_counter() - began)
