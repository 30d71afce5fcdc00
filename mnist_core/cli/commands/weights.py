"""`weights`: list the shipped and the promoted weights."""

import argparse

from mnist_core.cli.commands.options import Subparsers
from mnist_core.cli.terminal import print_error, print_table
from mnist_core.errors import MnistCoreError


def add_commands(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("weights", help="list the shipped and the promoted weights")
    parser.set_defaults(run=_weights)


def _weights(_args: argparse.Namespace) -> int:
    from mnist_core.models.registry import available_models

    rows, errors = [], []
    for name in available_models():
        try:
            rows.append(_row(name))
        except MnistCoreError as error:  # one damaged file does not hide the others
            errors.append(error)
    columns = ("name", "architecture", "size", "validation", "test", "run")
    print_table(columns, rows, align="llrrrl")
    for error in errors:
        print_error(f"error: {error}")
    return 2 if errors else 0


def _row(name: str) -> tuple[object, ...]:
    from mnist_core.models.card_file import read_card
    from mnist_core.models.registry import weights_path

    path = weights_path(name)
    card = read_card(path)
    scores = (card.accuracy("validation"), card.accuracy("test"))
    return (
        name,
        card.architecture,
        f"{path.stat().st_size / 1e6:.1f} MB",
        *(None if score is None else f"{score:.2%}" for score in scores),
        card.promoted.run,
    )
