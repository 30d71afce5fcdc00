"""Process-wide settings: applied by entry points, not by imports; what they change."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from typing import Any

import pytest
from support.chromium import ROOT

from mnist_core.utils.runtime import keep_freed_memory, without_garbage_collection

PROGRAM = """
import gc
gc.disable()  # a program that ends soon: to look for garbage takes a fifth of its time
import json, os, sys
environment = dict(os.environ)
import mnist_core
torch_imported = "torch" in sys.modules
exports = {name: str(getattr(mnist_core, name)) for name in mnist_core.__all__}
environment_unchanged = environment == dict(os.environ)

import resource, torch
from mnist_core.data.mnist import Split
from mnist_core.utils.runtime import keep_freed_memory

keep_freed_memory()
split = Split(torch.rand(2560, 1, 28, 28), torch.arange(2560) % 10)
config = mnist_core.TrainConfig(
    model="mnist_cnn", augment="none", device="cpu", batch_size=64, epochs=1)
validation = Split(split.images[:64], split.labels[:64])
steps = mnist_core.train(config, split, validation, report_every=20)
next(steps)
faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
next(steps)
faults = (resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults) / 20
print(json.dumps({
    "torch_imported": torch_imported, "exports": exports, "version": mnist_core.__version__,
    "environment_unchanged": environment_unchanged, "faults": faults,
}))
"""


@pytest.fixture(scope="module")
def printed() -> dict[str, Any]:
    """What the program prints, in a new interpreter."""
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True, timeout=300
    )
    return json.loads(done.stdout)


def test_a_step_on_the_cpu_takes_no_fresh_memory_from_the_kernel(printed: dict[str, Any]) -> None:
    if not keep_freed_memory():
        pytest.skip("this C library's malloc has no such settings")
    assert printed["faults"] < 20  # without the settings hundreds


def test_garbage_is_collected_again_after_the_imports() -> None:
    for was_enabled in (True, False):
        (gc.enable if was_enabled else gc.disable)()
        with without_garbage_collection():
            assert not gc.isenabled()
        assert gc.isenabled() is was_enabled
        assert gc.get_freeze_count()
    gc.enable()


def test_importing_the_package_is_free_of_side_effects_and_of_torch(
    printed: dict[str, Any],
) -> None:
    assert not printed["torch_imported"]
    assert printed["version"]
    assert printed["exports"].keys() == {
        "Classifier",
        "MnistCoreError",
        "Prediction",
        "PredictionWithMaps",
        "ReadDigit",
        "RefusalReason",
        "TrainConfig",
        "available_models",
        "load_classifier",
        "load_train_validation",
        "read_digits",
        "shipped_models",
        "train",
    }
    assert "module" not in printed["exports"]["train"].partition(" at ")[0]
    assert printed["environment_unchanged"]
