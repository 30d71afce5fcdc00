"""Options that several commands share."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TypeAlias

from mnist_core.errors import MnistCoreError
from mnist_core.utils.files import make_folder

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add `--device` and `--data`."""
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--data", help="folder with MNIST/raw; default MNIST_ROOT, else ./data")


def add_runs_option(parser: argparse.ArgumentParser) -> None:
    """Add `--runs`."""
    parser.add_argument("--runs", help="folder of the run folders; default MNIST_RUNS, else ./runs")


def check_output(path: Path) -> None:
    """Refuse a weights file that cannot be written, before the work; make its folder.

    Raises
    ------
    MnistCoreError
        If it does not end in .safetensors, or its folder cannot be made.
    """
    if path.suffix != ".safetensors":
        raise MnistCoreError(f"--output is {str(path)!r}; give a file ending in .safetensors")
    make_folder(path.parent)
