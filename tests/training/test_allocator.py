"""What a training step asks of the kernel."""

from __future__ import annotations

import subprocess
import sys

import pytest

from mnist_core.training.allocator import keep_freed_memory

STEPS = """
import resource, sys, torch
from mnist_core.training.config import TrainConfig
from mnist_core.data.mnist import Split
from mnist_core.training.trainer import train

split = Split(torch.rand(6400, 1, 28, 28), torch.arange(6400) % 10)
config = TrainConfig(model="mnist_cnn", augment="none", device="cpu", batch_size=64, epochs=1)
steps = train(config, split, Split(split.images[:64], split.labels[:64]), report_every=50)
next(steps)
faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
next(steps)
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults) / 50)
"""


def test_a_step_on_the_cpu_takes_no_fresh_memory_from_the_kernel() -> None:
    if not keep_freed_memory():
        pytest.skip("this C library's malloc has no such settings")
    process = subprocess.run(
        [sys.executable, "-c", STEPS], capture_output=True, text=True, check=True, timeout=120
    )
    assert float(process.stdout) < 20  # without the settings hundreds
