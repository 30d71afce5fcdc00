"""`runs` and `stop`: look at run folders, and stop a run from outside."""

from __future__ import annotations

import argparse
import json
import time

from mnist_core.cli.commands.options import Subparsers, add_runs_option
from mnist_core.errors import MnistCoreError

_WAIT_SECONDS = 10.0


def register(commands: Subparsers) -> None:
    """Add the commands."""
    parser = commands.add_parser("runs", help="list the runs, the newest first")
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")
    add_runs_option(parser)
    parser.set_defaults(run=_runs)

    stop = commands.add_parser("stop", help="stop a run that is under way; resume goes on")
    stop.add_argument("id", help="the run's id or its beginning, or last")
    add_runs_option(stop)
    stop.set_defaults(run=_stop)


def _runs(args: argparse.Namespace, _words: list[str]) -> int:
    from mnist_core.runs.run import list_runs, runs_root

    runs = list_runs(args.runs)
    if not runs and not args.json:
        print(f"no runs in {runs_root(args.runs)}; start one with: python -m mnist_core train")
    for run in runs:
        try:
            state = run.state()
        except MnistCoreError as error:
            # a damaged folder must not hide the others
            print(json.dumps({"id": run.id, "error": str(error)}) if args.json else f"{error}")
            continue
        if args.json:
            print(json.dumps({"id": run.id, **state.model_dump()}))
            continue
        accuracy = state.validation_accuracy
        figures = "" if accuracy is None else f"  validation {accuracy:.2%}"
        name = "" if state.name in ("", run.id) else f"  {state.name!r}"
        reason = f"  ({state.reason})" if state.reason else ""
        print(
            f"{run.id}{name}  {state.status:8}  epoch {state.epoch}/{state.epochs}{figures}{reason}"
        )
    return 0


def _stop(args: argparse.Namespace, _words: list[str]) -> int:
    from mnist_core.runs.run import find_run

    run = find_run(args.id, args.runs)
    run.request_stop()
    until = time.monotonic() + _WAIT_SECONDS
    while run.state().status == "running":
        if time.monotonic() > until:
            raise MnistCoreError(
                f"run {run.id} was asked to stop but is still in a step; it stops after it"
            )
        time.sleep(0.05)
    state = run.state()
    print(f"run {run.id} {state.status}: {state.reason}")
    return 0
