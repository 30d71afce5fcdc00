"""The API's pages are built without a warning, and have what the packages export."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.chromium import ROOT


def test_the_pages_of_the_api(tmp_path: Path) -> None:
    command = [sys.executable, str(ROOT / "docs/build.py"), str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert (done.returncode, done.stderr) == (0, "")
    classifier = (tmp_path / "mnist_core/inference/classifier.html").read_text(encoding="utf-8")
    assert 'id="load_classifier"' in classifier
    assert "<h6" in classifier  # sections such as Raises are understood
    (tmp_path / "file").touch()
    command[-1] = str(tmp_path / "file")
    refused = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert refused.returncode == 2
    assert refused.stderr == f"error: {command[-1]}: the pages cannot be written (File exists)\n"
    assert "imaging/normalize.html" in (tmp_path / "mnist_core/imaging.html").read_text("utf-8")
