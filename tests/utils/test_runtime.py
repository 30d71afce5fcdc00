"""Process-wide settings: applied by entry points, not by imports; what they change."""

from __future__ import annotations

import gc
import json
import subprocess
import sys

import pytest
from support.chromium import ROOT

from mnist_core.utils.runtime import keep_freed_memory, without_garbage_collection

STEPS = """
import gc
gc.disable()  # a program that ends soon: to look for garbage takes a fifth of its time
import resource, torch
from mnist_core import TrainConfig, train
from mnist_core.data.mnist import Split
from mnist_core.utils.runtime import keep_freed_memory, without_garbage_collection

keep_freed_memory()
split = Split(torch.rand(2560, 1, 28, 28), torch.arange(2560) % 10)
config = TrainConfig(model="mnist_cnn", augment="none", device="cpu", batch_size=64, epochs=1)
steps = train(config, split, Split(split.images[:64], split.labels[:64]), report_every=20)
next(steps)
faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
next(steps)
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults) / 20)
"""
IMPORTS = """
import gc
gc.disable()  # a program that ends soon: to look for garbage takes a fifth of its time
import json, os, sys
environment = dict(os.environ)
import mnist_core
first = "torch" in sys.modules, mnist_core.__version__
exports = {name: str(getattr(mnist_core, name)) for name in mnist_core.__all__}
print(json.dumps([first, exports, environment == dict(os.environ)]))
"""


def run_python(code: str) -> str:
    """Return what code prints in a new interpreter."""
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    ).stdout


def test_a_step_on_the_cpu_takes_no_fresh_memory_from_the_kernel() -> None:
    if not keep_freed_memory():
        pytest.skip("this C library's malloc has no such settings")
    assert float(run_python(STEPS)) < 20  # without the settings hundreds


def test_garbage_is_collected_again_after_the_imports() -> None:
    for was_enabled in (True, False):
        (gc.enable if was_enabled else gc.disable)()
        with without_garbage_collection():
            assert not gc.isenabled()
        assert gc.isenabled() is was_enabled
        assert gc.get_freeze_count()
    gc.enable()


def test_importing_the_package_is_free_of_side_effects_and_of_torch() -> None:
    (torch_imported, version), exports, environment_unchanged = json.loads(run_python(IMPORTS))
    assert not torch_imported
    assert version
    assert exports.keys() == {
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
    assert "module" not in exports["train"].partition(" at ")[0]
    assert environment_unchanged
