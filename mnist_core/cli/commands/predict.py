"""`predict`: read pictures, one line each."""

from __future__ import annotations

import argparse
import sys

from mnist_core.cli.commands.options import Subparsers
from mnist_core.errors import MnistCoreError
from mnist_core.models.registry import DEFAULT


def register(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("predict", help="read pictures, one line each")
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--weights", default=DEFAULT, help="shipped or promoted name, or path")
    parser.set_defaults(run=_predict)


def _predict(args: argparse.Namespace, _words: list[str]) -> int:
    from mnist_core.imaging.images import open_picture
    from mnist_core.inference.classifier import load_classifier

    classifier = load_classifier(args.weights)
    status = 0
    for file in args.files:
        try:
            prediction = classifier.classify(open_picture(file))
        except MnistCoreError as error:
            # one bad file must not keep the others from being read
            print(f"error: {error}", file=sys.stderr)
            status = 2
            continue
        answer = (
            "blank" if prediction.is_blank else f"{prediction.digit} {prediction.confidence:.1%}"
        )
        print(f"{file}: {answer}")
    return status
