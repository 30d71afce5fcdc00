"""onnxruntime is imported without its telemetry."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from support.chromium import ROOT

USE = """
import os
before = dict(os.environ)
from mnist_core.inference.onnx_classifier import load_onnx_classifier
load_onnx_classifier("mnist_cnn")
print(dict(os.environ) == before)
"""


@pytest.mark.parametrize("given", [None, "1"])
def test_a_classifier_writes_nothing_into_the_users_folders(
    tmp_path: Path, given: str | None
) -> None:
    """An identifier of the device and a database of events, from version 1.32 on."""
    folders = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "TMPDIR"), str(tmp_path))
    environment = {**os.environ, **folders}
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    if given:
        environment["ORT_DISABLE_TELEMETRY"] = given
    command = [sys.executable, "-c", USE]
    done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True)
    assert done.stdout == "True\n"
    assert list(tmp_path.iterdir()) == []
