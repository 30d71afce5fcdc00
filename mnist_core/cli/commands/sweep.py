"""`sweep`: search for good hyperparameters, alone or with other workers and machines."""

from __future__ import annotations

import argparse
import json
from functools import cache
from typing import TYPE_CHECKING

from mnist_core.cli.commands.options import (
    INTERRUPTED,
    Subparsers,
    add_data_option,
    add_runs_option,
)
from mnist_core.cli.config_flags import add_config_flags, config_from_flags
from mnist_core.cli.terminal import print_error, print_line
from mnist_core.search.search_space import BASE_CONFIG, DEFAULT_GRID, parse_grid
from mnist_core.utils.arguments import name_argument
from mnist_core.utils.extras import requires_extra
from mnist_core.utils.files import make_folder

if TYPE_CHECKING:
    from mnist_core.search.requests import SweepRequest
    from mnist_core.search.results import SweepResult, Trial


def add_commands(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("sweep", help="search for good hyperparameters (Optuna)")
    add_config_flags(parser, BASE_CONFIG)
    parser.add_argument("--study", default="sweep", help="its name in the storage")
    parser.add_argument(
        "--storage",
        type=name_argument,
        help="database URL that all workers share; default: sweep.db in the folder of the runs",
    )
    parser.add_argument("--sampler", default="tpe", help="grid or tpe (default)")
    parser.add_argument("--trials", type=int, help="of the whole study; default: the grid, or 20")
    parser.add_argument("--workers", type=int, default=1, help="processes here (default: 1)")
    parser.add_argument(
        "--grid",
        nargs="+",
        default=[],
        metavar="FIELD=VALUE,VALUE",
        help="values to try instead of the article's, such as batch_size=64,128",
    )
    parser.add_argument(
        "--pruning",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="end trials early that are below the median (default)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")
    add_runs_option(parser)
    add_data_option(parser)
    parser.set_defaults(run=_sweep)


def _sweep(args: argparse.Namespace) -> int:
    from mnist_core.runs.run_list import runs_root
    from mnist_core.runs.signals import StopFlag, stop_on_signals

    with requires_extra("search"):
        from mnist_core.search.results import trial_line
        from mnist_core.search.storage import storage_url
        from mnist_core.search.sweep import CONTINUE_HINT, run_sweep

    request = _request(args)
    root = runs_root(args.runs)
    make_folder(root)

    @cache
    def print_once(text: str) -> None:
        print_error(text)

    # with --json, the standard output has the result only
    shown: set[int] = set()

    def show(trial: Trial) -> None:
        (print_error if args.json else print_line)(trial_line(trial))
        shown.add(trial.number)

    stop = StopFlag()
    with stop_on_signals(stop):
        result = run_sweep(
            request,
            root,
            args.storage or storage_url(root),
            stop,
            data=args.data,
            report_trial=show,
            report_waiting=lambda: print_once("waiting for the trials of other workers"),
        )
    if args.json:
        print(json.dumps(_json_result(result)))
    else:
        for trial in result.trials:
            if trial.number not in shown:  # of an earlier sweep, or not ended
                show(trial)
        print_line(f"best: {result.best}" if result.best else "no trial has finished yet")
    if stop.reason:
        print_error(f"{stop.reason.message}; {CONTINUE_HINT}")
        return INTERRUPTED
    return 0


def _request(args: argparse.Namespace) -> SweepRequest:
    """Return what the flags ask for. Raises MnistCoreError if a value is not allowed."""
    from mnist_core.runs.run_list import lasting_value, with_lasting_names
    from mnist_core.search.requests import SweepRequest, check_study_name

    config = with_lasting_names(config_from_flags(args, BASE_CONFIG), args.runs)
    grid = {
        name: tuple(lasting_value(name, value, args.runs) for value in values)
        for name, values in parse_grid(args.grid, config).items()
    }
    request = SweepRequest(
        config=config,
        study=args.study,
        sampler=args.sampler,
        trials=args.trials,
        workers=args.workers,
        pruning=args.pruning,
        grid=grid or DEFAULT_GRID,
    )
    check_study_name(request.study)
    return request


def _json_result(result: SweepResult) -> dict[str, object]:
    rows = [_json_row(trial) for trial in result.trials]
    return {"study": result.study, "trials": rows, "best": result.best}


def _json_row(trial: Trial) -> dict[str, object]:
    """Return a trial under the names that `--json` has always used: Optuna's states."""
    from mnist_core.search.results import TrialStatus

    failed = trial.state in (TrialStatus.FAILED, TrialStatus.STOPPED)
    scored = trial.state in (TrialStatus.COMPLETE, TrialStatus.PRUNED)
    return {
        "number": trial.number,
        "state": "fail" if failed else trial.state,
        "validation_accuracy": trial.accuracy if scored else None,
        "params": trial.params,
        "run": trial.run,
        "reason": trial.reason or None,
    }
