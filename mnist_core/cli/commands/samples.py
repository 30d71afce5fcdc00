"""`samples`: a picture of the generated drawings that networks are trained with."""

import argparse

from mnist_core.cli.commands.options import Subparsers, check_output
from mnist_core.cli.terminal import print_line
from mnist_core.errors import MnistCoreError
from mnist_core.utils.arguments import path_argument
from mnist_core.utils.files import write_atomic


def add_commands(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "samples", help="draw generated digits of every template, and non-digits, as one picture"
    )
    parser.add_argument(
        "--output", type=path_argument, required=True, metavar="FILE", help="a PNG file"
    )
    parser.add_argument("--count", type=int, default=12, help="drawings of each; default 12")
    parser.add_argument("--seed", type=int, default=0, help="default 0")
    parser.set_defaults(run=_samples)


def _samples(args: argparse.Namespace) -> int:
    import io

    from mnist_core.data.allographs.sheet import sample_sheet

    if not 1 <= args.count <= 100:
        raise MnistCoreError(f"--count is {args.count}; give 1 to 100")
    if args.seed < 0:
        raise MnistCoreError(f"--seed is {args.seed}; give 0 or more")
    check_output(args.output, ".png")
    buffer = io.BytesIO()
    sample_sheet(args.count, args.seed).save(buffer, "PNG", optimize=True)
    write_atomic(args.output, buffer.getvalue())
    print_line(f"wrote {args.output}")
    return 0
