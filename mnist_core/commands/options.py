"""Options that several commands share."""

from __future__ import annotations

import argparse
from typing import TypeAlias

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Add `--device` and `--data`."""
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda")
    parser.add_argument("--data", help="folder with MNIST/raw; default MNIST_ROOT, else ./data")
