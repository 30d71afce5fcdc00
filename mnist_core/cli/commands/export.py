"""`export`: write a model, or the steps from a picture to its ink, as an ONNX file."""

import argparse
from pathlib import Path

from mnist_core.cli.commands.options import (
    Subparsers,
    add_runs_option,
    add_weights_argument,
    check_output,
)
from mnist_core.cli.terminal import print_line
from mnist_core.errors import MnistCoreError
from mnist_core.models.registry import (
    DEFAULT,
    graph_path,
    imaging_graph_path,
    shipped_models,
    weights_path,
)
from mnist_core.utils.arguments import path_argument
from mnist_core.utils.files import make_folder, write_atomic
from mnist_core.utils.notes import Note


def add_commands(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "export",
        help="write a model as an ONNX file",
        description="Write a model as one ONNX file: from the ink canvas to probabilities, digit "
        "score and every stage's feature maps. It is compared with torch before it is written.",
    )
    add_weights_argument(parser, nargs="?", default=DEFAULT)
    parser.add_argument(
        "--output",
        type=path_argument,
        metavar="FILE",
        help="ends in .onnx; needed except with --shipped",
    )
    part = parser.add_mutually_exclusive_group()
    part.add_argument(
        "--network",
        action="store_true",
        help="only the network: from frames to logits and probabilities",
    )
    part.add_argument(
        "--picture",
        action="store_true",
        help="the steps from a grey picture of any size to its ink canvas; no model is part of it",
    )
    part.add_argument(
        "--shipped",
        action="store_true",
        help="the graphs of all shipped models, and all steps of imaging, next to the weights",
    )
    add_runs_option(parser)
    parser.set_defaults(run=_export)


def _export(args: argparse.Namespace) -> int:
    from mnist_core.cli.progress import StepProgress

    if args.shipped:
        return _write_shipped()
    if args.output is None:
        raise MnistCoreError("give --output FILE, a file ending in .onnx")
    check_output(args.output, ".onnx")
    export = _picture if args.picture else _network if args.network else _model
    with StepProgress() as note:
        content, signature = export(args, note)
    write_atomic(args.output, content)
    print_line(f"wrote {args.output}, {len(content) / 1e6:.1f} MB; its outputs agree with torch's")
    print_line(signature)
    return 0


def _model(args: argparse.Namespace, note: Note) -> tuple[bytes, str]:
    from mnist_core.inference.export import export_weights
    from mnist_core.runs.run_list import find_weights

    return export_weights(find_weights(args.weights, args.runs), note), (
        "canvas uint8 (N, 1, 56, 56) -> frame (N, 1, 28, 28), probabilities (N, 10), "
        "digit_score (N,), blank (N,), logits (N, 10), the maps and kernels of every stage, hidden"
    )


def _network(args: argparse.Namespace, note: Note) -> tuple[bytes, str]:
    from mnist_core.inference.network_part import network_part
    from mnist_core.runs.run_list import find_weights, weights_label

    weights = find_weights(args.weights, args.runs)
    note(f"{weights_label(weights)}: its graph is read, or exported if there is none yet")
    return network_part(weights), (
        "frame (N, 1, 28, 28) in [0, 1], blank (N,) -> logits (N, 10), probabilities (N, 10), "
        "digit_score (N,)"
    )


def _picture(_args: argparse.Namespace, note: Note) -> tuple[bytes, str]:
    from mnist_core.inference.export_imaging import export_imaging
    from mnist_core.inference.imaging_graphs import FIND_INK

    return export_imaging(FIND_INK, note), "grey (H, W) in [0, 1] -> canvas uint8 (1, 1, 56, 56)"


def _write_shipped() -> int:
    from mnist_core.cli.progress import StepProgress
    from mnist_core.inference.export import export_weights
    from mnist_core.inference.export_imaging import export_imaging
    from mnist_core.inference.graph_files import LARGEST_SHIPPED
    from mnist_core.inference.imaging_graphs import GRAPHS

    for name in GRAPHS:
        with StepProgress() as note:
            content = export_imaging(name, note)
        _write(imaging_graph_path(name), content)
    for name in shipped_models():  # their first part is one of those
        weights = weights_path(name)
        with StepProgress() as note:
            path, content = graph_path(weights), export_weights(weights, note)
        if len(content) > LARGEST_SHIPPED:
            path.unlink(missing_ok=True)
            print_line(f"{path.stem} ({len(content) / 1e6:.1f} MB) is exported on first use")
        else:
            _write(path, content)
    return 0


def _write(path: Path, content: bytes) -> None:
    make_folder(path.parent)
    write_atomic(path, content)
    print_line(f"wrote {path}, {len(content) / 1e6:.1f} MB")
