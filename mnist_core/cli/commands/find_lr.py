"""`find-lr`: learning-rate range test."""

import argparse
import sys

from mnist_core.cli.commands.options import Subparsers, add_data_option, add_runs_option
from mnist_core.cli.config_flags import add_config_flags, config_from_flags
from mnist_core.errors import MnistCoreError
from mnist_core.training.command_line import train_command
from mnist_core.utils.arguments import path_argument
from mnist_core.utils.files import check_writable, write_atomic


def add_commands(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("find-lr", help="suggest a learning rate by a range test")
    add_config_flags(parser)
    parser.add_argument(
        "--low", type=float, default=1e-6, help="lowest rate, the first (default: 1e-6)"
    )
    parser.add_argument(
        "--high", type=float, default=1.0, help="highest rate, the last (default: 1)"
    )
    parser.add_argument("--steps", type=int, default=300, help="training steps (default: 300)")
    parser.add_argument(
        "--plot", type=path_argument, metavar="FILE", help="write the curve as HTML"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_runs_option(parser)
    add_data_option(parser)
    parser.set_defaults(run=_find_lr)


def _find_lr(args: argparse.Namespace) -> int:
    from mnist_core.runs.run_list import runs_root, with_lasting_names
    from mnist_core.search.range_test import run_range_test
    from mnist_core.search.requests import RangeTestRequest
    from mnist_core.training.lr_finder import Outcome

    request = RangeTestRequest(
        config=with_lasting_names(config_from_flags(args), args.runs),
        low=args.low,
        high=args.high,
        steps=args.steps,
    )
    if args.plot:
        check_writable(args.plot)
    test = run_range_test(
        request,
        runs_root(args.runs),
        data=args.data,
        report=lambda step: _print_step(step, args.steps),
    )
    if args.plot:
        from mnist_core.figures import learning_rate_range

        figure = learning_rate_range(test.rates, test.smoothed, test.suggestion)
        write_atomic(args.plot, figure.to_html({"modeBarButtonsToRemove": ["sendChartToCloud"]}))
    if args.json:
        print(test.model_dump_json())
    rate = test.learning_rate
    if rate is None:
        raise MnistCoreError(
            f"the loss does not fall between {args.low:g} and {args.high:g} ({len(test.losses)} "
            "steps); try another range, more steps, or another model"
        )
    if args.json:
        return 0
    how = "a tenth of the rate with the lowest loss"
    if test.outcome is Outcome.NOT_RISEN:
        how = "the highest that was tried; the loss has not risen again there, try a higher --high"
    print(f"suggested learning rate {rate:g}: {how}")
    print(train_command(request.config.with_changes(learning_rate=rate)))
    if args.plot:
        print(f"wrote {args.plot}")
    return 0


def _print_step(step: int, steps: int) -> None:
    if step % 10 == 0:
        print(f"step {step} of {steps}", file=sys.stderr, flush=True)
