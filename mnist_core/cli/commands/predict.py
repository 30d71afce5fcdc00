"""`predict`: classify image files, one line each."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mnist_core.cli.commands.options import WEIGHTS_HELP, Subparsers, add_runs_option
from mnist_core.cli.terminal import print_error, print_line
from mnist_core.errors import MnistCoreError
from mnist_core.models.registry import DEFAULT
from mnist_core.utils.arguments import name_argument

if TYPE_CHECKING:
    from mnist_core.inference.prediction import Prediction


def add_commands(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("predict", help="classify image files, one line each")
    parser.add_argument("files", nargs="+", type=name_argument, metavar="FILE")
    parser.add_argument("--weights", default=DEFAULT, help=WEIGHTS_HELP)
    add_runs_option(parser)
    parser.set_defaults(run=_predict)


def _predict(args: argparse.Namespace) -> int:
    from mnist_core.imaging.images import open_picture
    from mnist_core.inference.classifier import load_classifier
    from mnist_core.runs.run_list import find_weights

    classifier = load_classifier(find_weights(args.weights, args.runs))
    status = 0
    for file in args.files:
        try:
            prediction = classifier.classify(open_picture(file))
        except MnistCoreError as error:  # the other files are classified all the same
            print_error(f"error: {error}")
            status = 2
            continue
        print_line(f"{file}: {_describe(prediction)}")
    return status


def _describe(prediction: Prediction) -> str:
    if prediction.is_blank:
        return "blank"
    if not prediction.is_digit:
        return f"{prediction.reason} (closest: {prediction.digit})"
    return f"{prediction.digit} {prediction.confidence:.1%}"
