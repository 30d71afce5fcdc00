"""The API's pages are built without a warning, and have what the packages export."""

from __future__ import annotations

import multiprocessing
import os
import runpy
import sys
from pathlib import Path

from support.chromium import ROOT

FORK = multiprocessing.get_context("fork")
BUILD = ROOT / "docs/build.py"


def build(folder: Path, errors: Path) -> tuple[int | None, str]:
    """Build the pages in a process that need not import the packages again.

    Returns
    -------
    exit status, what was written to stderr
    """
    process = FORK.Process(target=_build, args=(folder, errors))
    process.start()
    process.join()
    return process.exitcode, errors.read_text(encoding="utf-8")


def _build(folder: Path, errors: Path) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(errors, os.O_CREAT | os.O_WRONLY | os.O_TRUNC), 2)
    # pytest's replace them
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    sys.argv = [str(BUILD), str(folder)]
    runpy.run_path(str(BUILD), run_name="__main__")


def test_the_pages_of_the_api(tmp_path: Path) -> None:
    pages, errors = tmp_path / "pages", tmp_path / "errors.txt"
    assert build(pages, errors) == (0, "")
    classifier = (pages / "mnist_core/inference/classifier.html").read_text(encoding="utf-8")
    assert 'id="load_classifier"' in classifier
    assert "<h6" in classifier  # sections such as Raises are understood
    assert "imaging/normalize.html" in (pages / "mnist_core/imaging.html").read_text("utf-8")
    (tmp_path / "file").touch()
    message = f"error: {tmp_path / 'file'}: the pages cannot be written (File exists)\n"
    assert build(tmp_path / "file", errors) == (2, message)
