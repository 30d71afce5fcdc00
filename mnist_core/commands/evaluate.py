"""`evaluate`: score weights on MNIST."""

from __future__ import annotations

import argparse
import json

from mnist_core.commands.options import Subparsers, add_data_options
from mnist_core.weights import DEFAULT, load_weights, read_card, weights_path, write_card


def register(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("evaluate", help="score weights on MNIST")
    parser.add_argument("weights", nargs="?", default=DEFAULT, help="shipped name or path")
    parser.add_argument(
        "--split",
        choices=("validation", "test"),
        default="validation",
        help="5,000 held-out training images (default), or the test set: only to report",
    )
    add_data_options(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument(
        "--update-card", action="store_true", help="write the figures into the card"
    )
    parser.set_defaults(run=_evaluate)


def _evaluate(args: argparse.Namespace, _words: list[str]) -> int:
    from mnist_core.data import load_test, load_train_validation
    from mnist_core.devices import choose_device
    from mnist_core.evaluate import evaluate

    path = weights_path(args.weights)
    model, architecture = load_weights(path)
    device = choose_device(args.device)
    if args.split == "test":
        split = load_test(device, args.data)
    else:
        split = load_train_validation(device, args.data)[1]
    result = evaluate(model.to(device), split)
    if args.update_card:
        figures = {"accuracy": result.accuracy, "loss": result.loss}
        card = {"architecture": architecture, **read_card(path)}
        write_card(path, {**card, args.split: figures})
    if args.json:
        head = {"weights": str(args.weights), "split": args.split}
        print(json.dumps({**head, **result.as_dict()}))
        return 0
    print(f"{path.stem} ({architecture}) on {len(split)} {args.split} images")
    print(f"accuracy {result.accuracy:.2%}   loss {result.loss:.4f}\n")
    print("digit  precision  recall      f1  support")
    for digit, row in result.per_class.items():
        print(
            f"{digit:>5}  {row['precision']:9.4f}  {row['recall']:6.4f}  {row['f1-score']:6.4f}"
            f"  {row['support']:7.0f}"
        )
    print("\nconfusion matrix (rows: true digit, columns: read as)")
    print("     " + "".join(f"{digit:6d}" for digit in range(len(result.confusion))))
    for digit, row in enumerate(result.confusion):
        print(f"{digit:5d}" + "".join(f"{count:6d}" for count in row))
    return 0
