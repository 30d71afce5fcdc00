"""`distill` and `transfer`: ordinary runs with other defaults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mnist_core.cli.commands.options import Subparsers
from mnist_core.cli.commands.train import add_train_options, train_from
from mnist_core.cli.terminal import print_line
from mnist_core.training.config import TrainConfig

if TYPE_CHECKING:
    from mnist_core.runs.run import Run

DISTILL = TrainConfig(model="mnist_cnn_fixed", teacher="default")
TRANSFER = TrainConfig(
    model="mnist_cnn_fixed", init_weights="mnist_cnn", freeze=("conv1",), epochs=5
)


def add_commands(commands: Subparsers) -> None:
    """Add the commands."""
    parser = commands.add_parser("distill", help="train a small network on a large one's outputs")
    add_train_options(parser, DISTILL)
    # set like a flag: a preset does not replace it
    parser.set_defaults(run=train_from(DISTILL, _compare), teacher=DISTILL.teacher)

    parser = commands.add_parser(
        "transfer", help="start from given weights, freeze layers, train the rest"
    )
    add_train_options(parser, TRANSFER)
    parser.set_defaults(
        run=train_from(TRANSFER), init_weights=TRANSFER.init_weights, freeze=TRANSFER.freeze
    )


def _compare(run: Run, data: str | None) -> None:
    """Print the accuracy of teacher and student on the run's validation images."""
    from mnist_core.data.mnist import load_validation
    from mnist_core.evaluation.scores import score
    from mnist_core.models.weights import load_weights
    from mnist_core.runs.run_list import find_weights
    from mnist_core.utils.devices import choose_device

    config = run.config()
    if config.teacher is None:
        return
    device = choose_device(config.device)
    validation = load_validation(device, data, size=config.validation_size)
    teacher = load_weights(find_weights(config.teacher, run.folder.parent))[0].to(device)
    print_line(
        f"validation accuracy: teacher {config.teacher} {score(teacher, validation).accuracy:.2%}, "
        f"student {run.state().validation_accuracy:.2%}"
    )
