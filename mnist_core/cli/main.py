"""The command line. Each command is a module in `commands/`."""

import argparse
import sys
from collections.abc import Sequence

import mnist_core
from mnist_core.cli.commands import (
    calibrate,
    claims,
    ensemble,
    evaluate,
    export,
    find_lr,
    predict,
    publish,
    recipes,
    runs,
    samples,
    scorecard,
    sweep,
    train,
    weights,
    work,
)
from mnist_core.cli.terminal import discard_output, prepare_output, print_error
from mnist_core.errors import MnistCoreError
from mnist_core.utils.arguments import CommandParser

COMMANDS = (
    train,
    runs,
    samples,
    scorecard,
    work,
    evaluate,
    calibrate,
    recipes,
    find_lr,
    sweep,
    claims,
    ensemble,
    predict,
    weights,
    export,
    publish,
)

_BROKEN_PIPE = 141
"""What a shell reports of a process that SIGPIPE ended."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status.

    0, 2 for bad input, 130 when interrupted, 141 when the reader of the output has exited.
    """
    prepare_output()
    argv = list(sys.argv[1:] if argv is None else argv)
    try:
        return _run(argv)
    except MnistCoreError as error:
        print_error(f"error: {error}")
        return 2
    except KeyboardInterrupt:
        print_error("interrupted")
        return 130
    except BrokenPipeError:
        discard_output()
        return _BROKEN_PIPE
    except OSError as error:
        if error.filename is not None:
            raise
        discard_output()
        print_error(f"error: the output cannot be written ({error.strerror})")
        return 2


def _run(argv: list[str]) -> int:
    try:
        args = _parser().parse_args(argv, argparse.Namespace(argv=argv))
        return args.run(args)
    finally:
        sys.stdout.flush()  # here its errors can be caught; at exit they cannot


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="python -m mnist_core", description="Train and use networks that recognise digits."
    )
    version = f"mnist-core {mnist_core.__version__}"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_commands(commands)
    return parser
