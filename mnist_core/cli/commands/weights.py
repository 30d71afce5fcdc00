"""`weights`: list the shipped and the promoted weights."""

from __future__ import annotations

import argparse
import sys

from mnist_core.cli.commands.options import Subparsers
from mnist_core.errors import MnistCoreError
from mnist_core.models.registry import available_models, weights_path
from mnist_core.models.weights import read_card


def register(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("weights", help="list the shipped and the promoted weights")
    parser.set_defaults(run=_weights)


def _weights(_args: argparse.Namespace, _words: list[str]) -> int:
    status = 0
    for name in available_models():
        try:
            print(_line(name))
        except MnistCoreError as error:
            # one damaged file must not hide the others
            print(f"error: {error}", file=sys.stderr)
            status = 2
    return status


def _line(name: str) -> str:
    path = weights_path(name)
    card = read_card(path)
    scores = {split: card.accuracy(split) for split in ("validation", "test")}
    figures = "  ".join(f"{split} {score:.2%}" for split, score in scores.items() if score)
    megabytes = path.stat().st_size / 1e6
    line = f"{name}: {card.architecture}, {megabytes:.1f} MB  {figures}"
    return f"{line}  of run {card.promoted.run}" if card.promoted.run else line
