"""`train` and `resume`: train a network in a run folder and show the progress."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mnist_core.cli.commands.options import (
    INTERRUPTED,
    RUN_HELP,
    Subparsers,
    add_data_option,
    add_runs_option,
    check_output,
)
from mnist_core.cli.config_flags import add_config_flags, config_from_flags
from mnist_core.cli.terminal import discard_output, print_error, print_line
from mnist_core.errors import MnistCoreError
from mnist_core.runs.state import RunStatus
from mnist_core.training.config import TrainConfig
from mnist_core.utils.arguments import path_argument

if TYPE_CHECKING:
    from mnist_core.runs.run import Run
    from mnist_core.runs.signals import StopFlag


def add_commands(commands: Subparsers) -> None:
    """Add the commands."""
    parser = commands.add_parser("train", help="train a network on MNIST, in a new run folder")
    add_train_options(parser, TrainConfig())
    parser.set_defaults(run=train_from(TrainConfig()))

    resume = commands.add_parser("resume", help="resume a run that stopped, failed or was killed")
    resume.add_argument("id", metavar="RUN", help=RUN_HELP)
    resume.add_argument(
        "--if-queued", action="store_true", help="only if it waits in the queue (see work)"
    )
    add_runs_option(resume)
    add_data_option(resume)
    resume.set_defaults(run=_resume)


def add_train_options(parser: argparse.ArgumentParser, base: TrainConfig) -> None:
    """Add the options of a command that trains `base` with changes."""
    add_config_flags(parser, base)
    parser.add_argument("--name", default="", help="name of the run; default: its id")
    parser.add_argument(
        "--output",
        type=path_argument,
        help="a .safetensors file: the weights that are kept are copied there",
    )
    add_runs_option(parser)
    add_data_option(parser)


def train_from(
    base: TrainConfig, after: Callable[[Run, str | None], None] | None = None
) -> Callable[[argparse.Namespace], int]:
    """Return a command that trains `base` with the flags' changes.

    `after` is called with a finished run and the data folder.
    """

    def command(args: argparse.Namespace) -> int:
        from mnist_core.runs.run_list import create_run, with_lasting_names
        from mnist_core.runs.signals import StopFlag, stop_on_signals

        config = config_from_flags(args, base)
        _start_device(config)
        config = with_lasting_names(config, args.runs)
        if args.output is not None:
            check_output(args.output)
        stop = StopFlag()
        stop.deferred = True  # from the moment the run exists, a signal is recorded in its state
        with stop_on_signals(stop):
            run = create_run(config, args.runs, args.name)
            status = _train(run, stop, args.data, args.output)
        if after is not None and run.state().status == RunStatus.FINISHED:
            after(run, args.data)
        return status

    return command


_WITHOUT_TORCH = ("rich.progress", "tensorboard.compat.proto.event_pb2", "PIL.Image", "psutil")
_WITH_TORCH = ("mnist_core.runs.runner", "mnist_core.cli.progress")
"""What a training imports."""


def _start_device(config: TrainConfig) -> None:
    """Import what a training needs, and start its GPU meanwhile.

    Raises MnistCoreError if there is no such device.
    """
    from mnist_core.utils.gpu_start import (
        cuda_context_in_background,
        imports_in_background,
        load_cuda_libraries,
    )
    from mnist_core.utils.runtime import without_garbage_collection

    with (
        without_garbage_collection(),
        cuda_context_in_background(config.device),
        imports_in_background(*_WITHOUT_TORCH),
    ):
        import torch

        from mnist_core.utils.devices import choose_device

        device = choose_device(config.device)
    with imports_in_background(*_WITH_TORCH):
        # of several GPUs, "auto" takes one that is free when the training begins
        if config.device != "auto" or torch.cuda.device_count() == 1:
            load_cuda_libraries(device, config.precision)


def _resume(args: argparse.Namespace) -> int:
    from mnist_core.runs.run_list import find_run
    from mnist_core.runs.runner import check_not_finished
    from mnist_core.runs.signals import StopFlag, stop_on_signals

    stop = StopFlag()
    run = find_run(args.id, args.runs)
    if not args.if_queued:
        check_not_finished(run, run.state())  # before the line that says where it is
    with stop_on_signals(stop):
        return _train(run, stop, args.data, if_queued=args.if_queued)


def _train(
    run: Run,
    stop: StopFlag,
    data: str | None,
    output: Path | None = None,
    *,
    if_queued: bool = False,
) -> int:
    """Train a run to its end with progress on the terminal; return the exit status."""
    from mnist_core.cli.progress import RunProgress
    from mnist_core.runs.runner import execute

    config = run.config()
    show(print_line, f"run {run.id} in {run.folder}", stop)
    with RunProgress(config.model, config.epochs) as progress:
        state = execute(
            run,
            data=data,
            listen=lambda event: show(progress, event, stop),
            stop=stop,
            if_queued=if_queued,
        )
    if state.status == RunStatus.STOPPED:
        print_line(f"{state.reason}; resume with: python -m mnist_core resume {run.id}")
        return INTERRUPTED if state.stop_reason and state.stop_reason.is_signal else 0
    if output is not None:
        _copy_weights(run, output)
    show(print_line, f"weights, evaluation and log in {run.folder}", stop)
    return 0


def show(write: Callable[[Any], None], what: object, stop: StopFlag) -> None:
    """Show something of a run; output that fails makes neither the run nor the command fail.

    When the program that reads the output has exited, the run stops and can be resumed. On a full
    disk the run continues without output; one line of the standard error says so.
    """
    from mnist_core.runs.state import StopReason

    try:
        write(what)
    except (BrokenPipeError, SystemExit):  # rich turns the first into the second
        stop.set(StopReason.OUTPUT_CLOSED)
    except OSError as error:  # such as a full disk
        discard_output()
        print_error(
            f"the output cannot be written ({error.strerror}): no more is printed, the run is not "
            "affected"
        )


def _copy_weights(run: Run, output: Path) -> None:
    from mnist_core.models.weights import load_weights, save_weights

    try:
        save_weights(output, *load_weights(run.weights_path))
    except MnistCoreError as error:
        raise MnistCoreError(f"{error}; the weights are in {run.weights_path}") from error
    print_line(f"wrote {output}")
