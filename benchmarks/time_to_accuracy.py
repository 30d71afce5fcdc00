"""Seconds from the start of the process to 99.0% on the 5,000 held-out images.

    python -m benchmarks.time_to_accuracy

Ours is `python -m mnist_core train` with the flags below; the baseline is pytorch/examples' MNIST
recipe (examples_recipe.py). Both start cold, interpreter and imports included, one after the
other. On a GPU the goal is 99.5% with `--preset gpu-fast`.
"""

import json
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import torch

from benchmarks.gpu_timeline import timeline
from mnist_core.runs.run_list import list_runs
from mnist_core.utils.processes import module_command, module_environment

CPU_FLAGS = (
    "--model mnist_resnet --epochs 2 --batch-size 64 --learning-rate 5e-3 --lr-warmup 0.3 "
    "--augment none --ema-decay 0"
)
GPU_FLAGS = "--preset gpu-fast"


class Reached(NamedTuple):
    """How soon an accuracy was reached.

    Attributes
    ----------
    seconds : float
        From the start of the process; NaN: it was not reached.
    best : float
        The best accuracy.
    timeline : dict of str to float
        See `gpu_timeline`; empty for the baseline.
    """

    seconds: float
    best: float
    timeline: dict[str, float]


def ours(
    accuracy: float,
    flags: str,
    limit: float = threading.TIMEOUT_MAX,
    environment: Mapping[str, str] | None = None,
) -> Reached:
    """Train with our command; stop at the accuracy, or after `limit` seconds.

    Parameters
    ----------
    accuracy : float in [0, 1]
    flags : str
        Of `python -m mnist_core train`.
    limit : float
    environment : mapping of str to str or None
        Additional environment variables.
    """
    times: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as runs:
        began, seconds, best = time.time(), float("nan"), 0.0
        command = ["mnist_core", "train", *flags.split(), "--runs", runs]
        for _ in lines(command, limit, environment):  # a line follows each change of its state
            states = [run.read_state() for run in list_runs(runs)]
            scored = max((state.validation_accuracy or 0.0 for state in states), default=0.0)
            if scored > best:
                best = scored
                print(f"  ours      {best:.2%} after {time.time() - began:5.1f} s", flush=True)
                if best >= accuracy:
                    seconds = time.time() - began
                    break
        for run in list_runs(runs):
            times = timeline(run, began)
    return Reached(seconds, best, times)


def baseline(
    accuracy: float, limit: float = threading.TIMEOUT_MAX, device: str = "auto"
) -> Reached:
    """Return the same for pytorch/examples' recipe."""
    command = ["benchmarks.examples_recipe", "--began", str(time.time())]
    command += ["--accuracy", str(accuracy), "--device", device]
    seconds, best = float("nan"), 0.0
    for line in lines(command, limit):
        epoch = json.loads(line)
        best = max(best, epoch["accuracy"])
        print(f"  examples  {epoch['accuracy']:.2%} after {epoch['seconds']:5.1f} s", flush=True)
        if best >= accuracy:
            seconds = epoch["seconds"]
            break
    return Reached(seconds, best, {})


def lines(
    command: list[str], limit: float, environment: Mapping[str, str] | None = None
) -> Iterator[str]:
    """Run a module and yield what it prints; end it after `limit` seconds or when closed.

    It keeps byte code, as an installed package has it. Raises RuntimeError if it fails.
    """
    variables = {**module_environment(), "PYTHONDONTWRITEBYTECODE": "", **(environment or {})}
    with subprocess.Popen(
        module_command(*command),
        env=variables,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        timer = threading.Timer(limit, process.kill)
        timer.start()
        try:
            yield from process.stdout or ()
            if process.wait() > 0:  # below 0: killed by the timer
                raise RuntimeError(f"{command[0]} ended with exit code {process.returncode}")
        finally:
            timer.cancel()
            process.kill()


def main() -> None:
    """Print both times and their ratio."""
    gpu = torch.cuda.is_available()
    accuracy, flags = (0.995, GPU_FLAGS) if gpu else (0.99, CPU_FLAGS)
    print(f"to {accuracy:.1%} on validation; ours: train {flags}")
    fast, slow = ours(accuracy, flags).seconds, baseline(accuracy).seconds
    print(f"ours {fast:.1f} s, pytorch/examples {slow:.1f} s: {slow / fast:.1f} times sooner")


if __name__ == "__main__":
    main()
