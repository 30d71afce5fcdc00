"""`scorecard`: everything that models are measured by, in one table."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from mnist_core.cli.commands.options import Subparsers, add_runs_option
from mnist_core.cli.terminal import print_error, print_line, print_table
from mnist_core.errors import MnistCoreError
from mnist_core.utils.arguments import name_argument, path_argument
from mnist_core.utils.files import check_writable, write_atomic
from mnist_core.utils.notes import Note

if TYPE_CHECKING:
    from mnist_core.evaluation.scorecard.recognisers import Recogniser
    from mnist_core.evaluation.scorecard.results import Scorecard


def add_commands(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "scorecard", help="measure models on pen strokes, pictures, letters, rows and MNIST"
    )
    parser.add_argument(
        "models",
        nargs="*",
        metavar="MODEL",
        help="names, weights files or runs (id, name or last); default: all shipped models",
    )
    parser.add_argument(
        "--data",
        type=path_argument,
        metavar="FOLDER",
        help="holds pendigits/ and unipen/; default DRAWINGS_ROOT, else ./data",
    )
    parser.add_argument(
        "--mnist",
        type=name_argument,
        metavar="FOLDER",
        help="holds MNIST/raw; default MNIST_ROOT, else ./data",
    )
    add_runs_option(parser)
    parser.add_argument("--limit", type=_count, metavar="N", help="only the first N of each set")
    parser.add_argument(
        "--pictures", type=_count, metavar="N", help="drawings of each kind of picture; default 500"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the generated pictures; default 0")
    parser.add_argument("--only", nargs="+", default=[], metavar="ROW", help="measure these only")
    parser.add_argument("--test", action="store_true", help="score MNIST's test set: at the end")
    parser.add_argument(
        "--baseline",
        action="store_true",
        help="train the usual recipe as one more column: the article's network on unchanged MNIST, "
        "the whole pad resized to 28x28",
    )
    parser.add_argument(
        "--mean", action="store_true", help="one more column: the mean, such as of several seeds"
    )
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.add_argument(
        "--json", type=path_argument, metavar="FILE", help="write all numbers as JSON"
    )
    parser.add_argument(
        "--errors", type=path_argument, metavar="FILE", help="write every error as HTML"
    )
    parser.set_defaults(run=_scorecard)


def _scorecard(args: argparse.Namespace) -> int:
    from mnist_core.evaluation.scorecard.context import Context
    from mnist_core.evaluation.scorecard.measure import PICTURES, measure, with_mean
    from mnist_core.evaluation.scorecard.sets import Sets, drawings_root
    from mnist_core.utils.json_files import write_json

    if args.seed < 0:
        raise MnistCoreError(f"--seed is {args.seed}; give 0 or more")
    named = args.data or os.environ.get("DRAWINGS_ROOT")
    sets = Sets(drawings_root(args.data), args.limit, args.mnist)
    if named and not sets.available:
        raise MnistCoreError(f"{named}: has neither pendigits/ nor unipen/ with their files")
    for file in filter(None, (args.json, args.errors)):
        check_writable(file)
    note: Note = print_error  # progress is no part of the table
    context = Context(
        _models(args, note), sets, args.pictures or PICTURES, args.seed, args.test, note
    )
    card = measure(context, args.only)
    if args.mean:
        card = with_mean(card)
    _print(card, markdown=args.markdown)
    if args.json:
        write_json(args.json, card)
    if args.errors:
        from mnist_core.reports.errors_html import errors_report

        write_atomic(args.errors, errors_report(card, context.errors))
    for file in filter(None, (args.json, args.errors)):
        print_error(f"wrote {file}")
    return 0


def _models(args: argparse.Namespace, note: Note) -> list[Recogniser]:
    from mnist_core.data.mnist import load_train_validation
    from mnist_core.evaluation.scorecard.baseline import NAME, UsualRecipe, train_baseline
    from mnist_core.evaluation.scorecard.recognisers import ModelRecogniser
    from mnist_core.models.registry import shipped_models
    from mnist_core.runs.run_list import find_weights, lasting_name, weights_label

    names = [lasting_name(name, args.runs) for name in args.models or shipped_models()]
    paths = {name: find_weights(name, args.runs) for name in names}
    models: list[Recogniser] = [
        ModelRecogniser(path, name if len(name) < 40 else weights_label(path))
        for name, path in paths.items()
    ]
    if args.baseline:
        note(f"training: {NAME}")
        models.append(UsualRecipe(train_baseline(*load_train_validation("cpu", args.mnist))))
    return models


def _print(card: Scorecard, *, markdown: bool) -> None:
    from mnist_core.evaluation.scorecard.table import caption, cells, header, skipped
    from mnist_core.evaluation.scorecard.table import markdown as as_markdown

    if markdown:
        print(as_markdown(card))
        return
    print_table(header(card), cells(card), align="ll" + "r" * len(card.models))
    for line in ("", caption(card), *skipped(card)):
        print_line(line)


def _count(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return value
