"""`distill` and `transfer`: ordinary runs with other defaults."""

from __future__ import annotations

from mnist_core.commands.options import Subparsers
from mnist_core.commands.train import add_train_options, train_from
from mnist_core.config import TrainConfig

DISTILL = TrainConfig(model="mnist_cnn_fixed", teacher="default")
TRANSFER = TrainConfig(
    model="mnist_cnn_fixed", init_weights="mnist_cnn", freeze=("conv1",), epochs=5
)


def register(commands: Subparsers) -> None:
    """Add the commands."""
    for name, base, text in (
        ("distill", DISTILL, "train a small network on a large one's answers"),
        ("transfer", TRANSFER, "start from weights, leave parts as they are, train the rest"),
    ):
        parser = commands.add_parser(name, help=text)
        add_train_options(parser, base)
        parser.set_defaults(run=train_from(base))
