"""`find-lr`: learning-rate range test."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from mnist_core.cli.commands.options import Subparsers, add_runs_option
from mnist_core.cli.config_flags import add_config_flags, config_from_flags
from mnist_core.training.command_line import train_command
from mnist_core.utils.files import make_folder, write_atomic


def register(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("find-lr", help="suggest a learning rate by a range test")
    add_config_flags(parser)
    parser.add_argument("--low", type=float, default=1e-6, help="first rate (default: 1e-6)")
    parser.add_argument("--high", type=float, default=1.0, help="last rate (default: 1)")
    parser.add_argument("--steps", type=int, default=300, help="training steps (default: 300)")
    parser.add_argument("--plot", type=Path, metavar="FILE", help="write the curve as HTML")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_runs_option(parser)
    parser.add_argument("--data", help="folder with MNIST/raw; default MNIST_ROOT, else ./data")
    parser.set_defaults(run=_find_lr)


def _find_lr(args: argparse.Namespace, _words: list[str]) -> int:
    from mnist_core.data.mnist import load_train_validation
    from mnist_core.models.weights import load_weights
    from mnist_core.runs.run import find_weights
    from mnist_core.training.lr_finder import find_learning_rate
    from mnist_core.utils.devices import choose_device

    config = config_from_flags(args)
    teacher = config.teacher and load_weights(find_weights(config.teacher, args.runs))[0]
    if args.plot:
        make_folder(args.plot.parent)
    training, _ = load_train_validation(
        choose_device(config.device),
        args.data,
        validation_size=config.validation_size,
        training_size=config.training_size,
    )
    test = find_learning_rate(
        config,
        training,
        low=args.low,
        high=args.high,
        steps=args.steps,
        teacher=teacher or None,
        report=lambda step: _say(step, args.steps),
    )
    if args.plot:
        from mnist_core.figures import learning_rate_range

        figure = learning_rate_range(test.rates, test.smoothed, test.suggestion)
        write_atomic(args.plot, figure.to_html(include_plotlyjs=True))
    if args.json:
        curve = {name: getattr(test, name).tolist() for name in ("rates", "losses", "smoothed")}
        print(json.dumps({"suggestion": test.suggestion, **curve}))
        return 0
    rate = test.learning_rate
    print(f"suggested learning rate {rate:g}: a tenth of where the loss is lowest")
    print(train_command(config.with_changes(learning_rate=rate)))
    if args.plot:
        print(f"wrote {args.plot}")
    return 0


def _say(step: int, steps: int) -> None:
    if step % 10 == 0:
        print(f"step {step} of {steps}", file=sys.stderr, flush=True)
