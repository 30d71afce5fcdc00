"""`weights`: list the shipped weights."""

from __future__ import annotations

import argparse

from mnist_core.commands.options import Subparsers
from mnist_core.weights import read_card, shipped_models, weights_path


def register(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("weights", help="list the shipped weights")
    parser.set_defaults(run=_weights)


def _weights(_args: argparse.Namespace, _words: list[str]) -> int:
    for name in shipped_models():
        path = weights_path(name)
        card = read_card(path)
        figures = "  ".join(
            f"{split} {card[split]['accuracy']:.2%}"
            for split in ("validation", "test")
            if split in card
        )
        megabytes = path.stat().st_size / 1e6
        print(f"{name}: {card.get('architecture', '?')}, {megabytes:.1f} MB  {figures}")
    return 0
