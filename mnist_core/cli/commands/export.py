"""`export`: write a network as an ONNX file."""

from __future__ import annotations

import argparse
from pathlib import Path

from mnist_core.cli.commands.options import Subparsers, add_runs_option, add_weights_argument
from mnist_core.cli.terminal import print_line
from mnist_core.errors import MnistCoreError
from mnist_core.models.registry import DEFAULT
from mnist_core.utils.files import make_folder, write_atomic


def add_commands(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("export", help="write a network as an ONNX file")
    add_weights_argument(parser, nargs="?", default=DEFAULT)
    parser.add_argument("--output", type=Path, required=True, metavar="FILE", help="ends in .onnx")
    add_runs_option(parser)
    parser.set_defaults(run=_export)


def _export(args: argparse.Namespace) -> int:
    from mnist_core.models.onnx import INPUT, OUTPUTS, export_file
    from mnist_core.runs.run_list import find_weights

    if args.output.suffix != ".onnx":
        raise MnistCoreError(f"--output is {str(args.output)!r}; give a file ending in .onnx")
    make_folder(args.output.parent)
    content = export_file(find_weights(args.weights, args.runs))
    write_atomic(args.output, content)
    print_line(f"wrote {args.output}, {len(content) / 1e6:.1f} MB; its outputs agree with torch's")
    print_line(
        f"{INPUT} (N, 1, 28, 28) in [0, 1] -> {', '.join(OUTPUTS[:2])} (N, 10), {OUTPUTS[2]} (N,)"
    )
    return 0
