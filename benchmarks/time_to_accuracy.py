"""Seconds from the start of the process to 99.0% on the 5,000 held-out images.

    python -m benchmarks.time_to_accuracy

Ours is `python -m mnist_core train` with the flags below; the baseline is pytorch/examples' MNIST
recipe (examples_recipe.py). Both start cold, interpreter and imports included, one after the
other. On a GPU the goal is 99.5% with `--preset gpu-fast`.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

ROOT = Path(__file__).parents[1]
CPU_FLAGS = (
    "--model mnist_resnet --epochs 2 --batch-size 64 --learning-rate 5e-3 --lr-warmup 0.3 "
    "--augment none --ema-decay 0"
)
GPU_FLAGS = "--preset gpu-fast"


def ours(accuracy: float, flags: str) -> tuple[float, float]:
    """Return the seconds until the accuracy was reached (NaN: never), and the accuracy."""
    with tempfile.TemporaryDirectory() as runs:
        began, best = time.time(), 0.0
        command = [sys.executable, "-m", "mnist_core", "train", *flags.split(), "--runs", runs]
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout or ():
                if found := re.search(r"validation loss \S+ acc ([\d.]+)%", line):
                    best = max(best, float(found[1]) / 100)
                    print(f"  ours      {best:.2%} after {time.time() - began:5.1f} s", flush=True)
                    if best >= accuracy:
                        seconds = time.time() - began
                        process.terminate()
                        return seconds, best
    return float("nan"), best


def baseline(accuracy: float) -> tuple[float, float]:
    """Return the same for pytorch/examples' recipe."""
    began = time.time()
    command = [sys.executable, "-m", "benchmarks.examples_recipe"]
    command += ["--began", str(began), "--accuracy", str(accuracy)]
    seconds, best = float("nan"), 0.0
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout or ():
            best, now = (float(word) for word in line.split()[1:])
            print(f"  examples  {best:.2%} after {now:5.1f} s", flush=True)
            if best >= accuracy:
                seconds = now
    return seconds, best


def main() -> None:
    """Print both times and their ratio."""
    gpu = torch.cuda.is_available()
    accuracy, flags = (0.995, GPU_FLAGS) if gpu else (0.99, CPU_FLAGS)
    print(f"to {accuracy:.1%} on validation; ours: train {flags}")
    fast, _ = ours(accuracy, flags)
    slow, _ = baseline(accuracy)
    print(f"ours {fast:.1f} s, pytorch/examples {slow:.1f} s: {slow / fast:.1f} times sooner")


if __name__ == "__main__":
    main()
