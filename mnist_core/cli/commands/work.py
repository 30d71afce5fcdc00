"""`work`: train the queued runs and jobs of one device. The dashboard starts it."""

import argparse

from mnist_core.cli.commands.options import Subparsers, add_runs_option
from mnist_core.utils.files import explain_errors


def add_commands(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("work", help="train what waits in the queue for a device")
    parser.add_argument("--device", default="cpu", help="cpu (default), cuda:0, ...")
    parser.add_argument("--lock", type=int, help=argparse.SUPPRESS)
    add_runs_option(parser)
    parser.set_defaults(run=_work)


def _work(args: argparse.Namespace) -> int:
    import io

    from mnist_core.runs.queue_devices import free_device, queue_device
    from mnist_core.runs.queue_worker import work
    from mnist_core.runs.run_list import runs_root
    from mnist_core.search.job_process import carry_out
    from mnist_core.training.config import TrainConfig

    root = runs_root(args.runs)
    device = queue_device(TrainConfig(device=args.device))
    if device == "auto":
        device = free_device(root)
    with explain_errors(f"--lock {args.lock}", "no open file"):
        lock = None if args.lock is None else io.FileIO(args.lock, "r+")
    work(root, device, lock, carry_out)
    return 0
