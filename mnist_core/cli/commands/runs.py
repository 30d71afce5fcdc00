"""`runs` and `stop`: list the runs, and stop one from outside."""

from __future__ import annotations

import argparse
import json
import os
import time
from typing import TYPE_CHECKING

from mnist_core.cli.commands.options import RUN_HELP, Subparsers, add_runs_option
from mnist_core.cli.terminal import print_line, print_table
from mnist_core.errors import MnistCoreError
from mnist_core.runs.state import RunState, RunStatus

if TYPE_CHECKING:
    from mnist_core.runs.run import Run


def add_commands(commands: Subparsers) -> None:
    """Add the commands."""
    parser = commands.add_parser("runs", help="list the runs, the newest first")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    parser.add_argument(
        "--links",
        metavar="FOLDER",
        help="make links to the runs, called by their present names: tensorboard --logdir FOLDER",
    )
    add_runs_option(parser)
    parser.set_defaults(run=_runs)

    stop = commands.add_parser("stop", help="stop a running run; resume continues it")
    stop.add_argument("id", metavar="RUN", help=RUN_HELP)
    stop.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=float,
        default=10.0,
        help="how long to wait for its end; default 10",
    )
    add_runs_option(stop)
    stop.set_defaults(run=_stop)


def _runs(args: argparse.Namespace) -> int:
    from mnist_core.runs.run_list import list_runs, runs_root

    if args.links is not None:
        if not args.links.strip():
            raise MnistCoreError("--links is empty; give a folder for the links")
        from mnist_core.runs.run_links import link_runs

        links = link_runs(args.links, args.runs)
        print_line(f"{len(links)} links in {args.links}: tensorboard --logdir {args.links}")
        return 0
    runs = list_runs(args.runs)
    if args.json:
        for run in runs:
            print(json.dumps({"id": run.id, **_json_state(run)}))
    elif runs:
        columns = ("run", "name", "status", "epoch", "validation", "reason")
        print_table(columns, map(_row, runs), align="lllrrl")
    else:
        print_line(f"no runs in {runs_root(args.runs)}; start one: python -m mnist_core train")
    return 0


def _json_state(run: Run) -> dict[str, object]:
    try:
        return _checked_state(run).model_dump(mode="json")
    except MnistCoreError as error:
        return {"error": str(error)}


def _checked_state(run: Run) -> RunState:
    """Return a run's state. Raises MnistCoreError if that is damaged, or config.json is missing."""
    state = run.state()
    if not os.path.lexists(run.config_path):
        run.config()
    return state


def _row(run: Run) -> tuple[object, ...]:
    try:
        state = _checked_state(run)
    except MnistCoreError as error:  # one damaged folder does not hide the others
        return (run.id, None, "damaged", None, None, error)
    accuracy = state.validation_accuracy
    return (
        run.id,
        state.name if state.name != run.id else None,
        state.status,
        f"{state.epoch}/{state.epochs}",
        None if accuracy is None else f"{accuracy:.2%}",
        state.reason,
    )


def _stop(args: argparse.Namespace) -> int:
    from mnist_core.runs.run_list import find_run

    if not args.timeout >= 0:  # also NaN, which no time is later than
        raise MnistCoreError(f"--timeout is {args.timeout}; give 0 or more seconds")
    run = find_run(args.id, args.runs)
    run.request_stop()
    deadline = time.monotonic() + args.timeout
    while run.state().status == RunStatus.RUNNING:
        if time.monotonic() > deadline:
            raise MnistCoreError(
                f"run {run.id} has not stopped yet; it will after its current training step"
            )
        time.sleep(0.05)
    state = run.state()
    print_line(f"run {run.id} {state.outcome}")
    return 0
