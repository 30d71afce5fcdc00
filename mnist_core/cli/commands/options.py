"""Options that several commands share."""

import argparse
from pathlib import Path
from typing import TypeAlias

from mnist_core.errors import MnistCoreError
from mnist_core.utils.arguments import name_argument
from mnist_core.utils.files import check_writable

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

INTERRUPTED = 130
"""Exit status of a command that a signal ended."""
RUN_HELP = "the run's id, its beginning, or its name; or last"
WEIGHTS_HELP = f"a shipped or promoted name, a weights file or a run: {RUN_HELP}"


def add_data_option(parser: argparse.ArgumentParser) -> None:
    """Add `--data`."""
    parser.add_argument(
        "--data", type=name_argument, help="folder with MNIST/raw; default MNIST_ROOT, else ./data"
    )


def add_device_option(parser: argparse.ArgumentParser) -> None:
    """Add `--device`."""
    parser.add_argument("--device", default="auto", help="auto (default), cpu or cuda")


def add_runs_option(parser: argparse.ArgumentParser) -> None:
    """Add `--runs`."""
    parser.add_argument(
        "--runs",
        type=name_argument,
        help="folder of the run folders; default MNIST_RUNS, else ./runs",
    )


def add_weights_argument(parser: argparse.ArgumentParser, **options: str) -> None:
    """Add the weights to use as a positional argument."""
    parser.add_argument("weights", help=WEIGHTS_HELP, **options)


def check_output(path: Path, suffix: str = ".safetensors") -> None:
    """Check that a file can be written, before the work starts; create its folder.

    Raises MnistCoreError if it does not end in the suffix, or cannot be written.
    """
    if path.suffix != suffix:
        raise MnistCoreError(f"--output is {str(path)!r}; give a file ending in {suffix}")
    check_writable(path)
