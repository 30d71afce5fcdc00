"""`claims`: measure the tutorial article's claims."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from mnist_core.cli.commands.options import Subparsers, add_data_option, add_device_option
from mnist_core.cli.terminal import console
from mnist_core.errors import MnistCoreError
from mnist_core.utils.arguments import input_file_argument, path_argument
from mnist_core.utils.files import check_writable, write_atomic

if TYPE_CHECKING:
    from mnist_core.evaluation.claims.verdict import ClaimResult

FULL = {"training_size": 20_000, "validation_size": 5_000, "epochs": 3, "seeds": 3}
QUICK = {"training_size": 1_000, "validation_size": 1_000, "epochs": 1, "seeds": 2}

_PIPE_WIDTH = 100


def add_commands(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("claims", help="measure the claims of the usual MNIST tutorial")
    parser.add_argument("--quick", action="store_true", help="few images: a test in half a minute")
    parser.add_argument("--seeds", type=int, help="networks for each variant; default 3, quick 2")
    parser.add_argument("--only", nargs="+", default=[], metavar="CLAIM", help="measure these only")
    parser.add_argument(
        "--pendigits", type=input_file_argument, help="real pen strokes; default $PENDIGITS"
    )
    parser.add_argument("--markdown", action="store_true", help="print a Markdown table")
    parser.add_argument(
        "--output", type=path_argument, metavar="FILE", help="write all numbers as JSON"
    )
    add_device_option(parser)
    add_data_option(parser)
    parser.set_defaults(run=_claims)


def _claims(args: argparse.Namespace) -> int:
    from mnist_core.data.mnist import load_test, load_train_validation
    from mnist_core.evaluation.claims.experiment import Experiment
    from mnist_core.evaluation.claims.table import choose_claims
    from mnist_core.evaluation.claims.verdict import RULE
    from mnist_core.utils.devices import choose_device

    claims = choose_claims(args.only)
    named = args.pendigits or os.environ.get("PENDIGITS")
    if named and not Path(named).is_file():
        # checked before minutes of training
        raise MnistCoreError(f"{named}: no such file; give pendigits-orig.tra.gz, or leave it out")
    size = QUICK if args.quick else FULL
    seeds = range(size["seeds"] if args.seeds is None else args.seeds)
    device = choose_device(args.device)
    training, validation = load_train_validation(
        device,
        args.data,
        validation_size=size["validation_size"],
        training_size=size["training_size"],
    )
    if args.output:
        check_writable(args.output)
    experiment = Experiment(
        training,
        validation,
        seeds=seeds,
        epochs=size["epochs"],
        test=None if args.quick else load_test(device, args.data),
        pendigits=Path(named) if named else None,
        pen_limit=300 if args.quick else None,
    )
    rows = [claim(experiment) for claim in claims]
    title = (
        f"{len(training):,} training images, {len(validation):,} validation images, "
        f"seeds {', '.join(map(str, seeds))}; ± is half the range over the seeds; {RULE}"
    )
    if args.quick:
        title = f"quick: a check that the measurements work, not evidence; {title}"
    _print(rows, title, markdown=args.markdown)
    if args.output:
        content = {
            "title": title,
            "seeds": list(seeds),
            "claims": [row.as_dict() for row in rows],
            "trained": experiment.trained(),
        }
        write_atomic(args.output, json.dumps(content, indent=2, allow_nan=False) + "\n")
    return 0


def _print(rows: list[ClaimResult], title: str, *, markdown: bool) -> None:
    from rich.table import Table

    from mnist_core.evaluation.claims.table import markdown as as_markdown

    if markdown:
        print(f"{as_markdown(rows)}\n\n{title}")
        return
    table = Table("claim", "setting", "measured", "verdict", caption=title)
    for row in rows:
        table.add_row(row.claim, row.setting, row.measured, row.verdict, end_section=True)
    console(_PIPE_WIDTH).print(table)
