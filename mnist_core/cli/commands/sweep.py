"""`sweep`: search for good hyperparameters, alone or with other workers and machines."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from functools import cache
from typing import TYPE_CHECKING, Any

from mnist_core.cli.commands.options import Subparsers, add_runs_option
from mnist_core.cli.config_flags import add_config_flags, config_from_flags
from mnist_core.errors import MnistCoreError
from mnist_core.training.command_line import train_command
from mnist_core.training.config import TrainConfig
from mnist_core.utils.files import make_folder

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial

    from mnist_core.search.study import Sweep

BASE = TrainConfig(model="mnist_cnn_fixed", epochs=5, augment="none", ema_decay=0.0)
_INTERRUPTED = 130
_GO_ON = "the same command goes on"


def register(commands: Subparsers) -> None:
    """Add the command."""
    parser = commands.add_parser("sweep", help="search for good hyperparameters (Optuna)")
    add_config_flags(parser, BASE)
    parser.add_argument("--study", default="sweep", help="its name in the storage")
    parser.add_argument(
        "--storage",
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
    parser.add_argument("--pruning", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--json", action="store_true", help="print one JSON object at the end")
    add_runs_option(parser)
    parser.add_argument("--data", help="folder with MNIST/raw; default MNIST_ROOT, else ./data")
    parser.set_defaults(run=_sweep)


def _sweep(args: argparse.Namespace, words: list[str]) -> int:
    from mnist_core.runs.run import runs_root
    from mnist_core.search.results import storage_path
    from mnist_core.search.study import GRID, Sweep, is_open, open_study, results, storage_errors

    if args.workers < 1:
        raise MnistCoreError(f"workers is {args.workers}; give at least 1")
    root = runs_root(args.runs)
    make_folder(root)
    base = config_from_flags(args, BASE)
    sweep = Sweep(
        base=base,
        storage=args.storage or f"sqlite:///{storage_path(root)}",
        study=args.study,
        sampler=args.sampler,
        trials=args.trials,
        prune=args.pruning,
        grid=parse_grid(args.grid, base) or GRID,
    )
    study = open_study(sweep)  # before the workers, so that they find it
    alone = args.workers == 1
    stopped = _work(args, sweep, study, root) if alone else _spawn(words, args.workers)
    with storage_errors(sweep):
        trials = results(study)
    _print(sweep, trials, args.json)
    if stopped:
        print(f"{stopped}; {_GO_ON}", file=sys.stderr)
        return _INTERRUPTED
    if left := sum(is_open(trial) or not trial.state.is_finished() for trial in trials):
        raise MnistCoreError(f"the workers died and {left} trials are left; {_GO_ON}")
    return 0


def _work(args: argparse.Namespace, sweep: Sweep, study: Any, root: Any) -> str:
    """Be a worker; return why it stopped, if it was told to."""
    from mnist_core.data.mnist import load_train_validation
    from mnist_core.runs.signals import StopFlag, stop_on_signals
    from mnist_core.search.worker import work
    from mnist_core.utils.devices import choose_device

    @cache
    def load(validation_size: int, training_size: int | None) -> Any:
        device = choose_device(sweep.base.device)
        return load_train_validation(
            device, args.data, validation_size=validation_size, training_size=training_size
        )

    @cache
    def say_once(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    stop = StopFlag()
    with stop_on_signals(stop):
        work(
            sweep,
            study,
            root,
            lambda config: load(config.validation_size, config.training_size),
            stop=stop,
            report=lambda trial: print(_line(trial), file=sys.stderr, flush=True),
            wait=lambda: say_once("waiting for the trials that other workers have under way"),
        )
    return stop.reason.message if stop.reason else ""


def _spawn(words: list[str], workers: int) -> str:
    """Run the same command in several processes of one worker each; return why they stopped."""
    # the workers share the cores; more threads than cores would wait for each other
    threads = str(max(1, (os.cpu_count() or 1) // workers))
    command = [sys.executable, "-m", "mnist_core", *words, "--workers", "1"]
    environment = {**os.environ, "OMP_NUM_THREADS": threads}
    processes: list[subprocess.Popen[bytes]] = []
    reasons: list[str] = []

    def pass_on(number: int, _frame: object) -> None:
        reasons.append(f"stopped by {signal.Signals(number).name}")
        for process in processes:
            process.terminate()

    # a worker inherits this while it starts: Ctrl-C reaches it through this process
    on_interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
    on_terminate = signal.signal(signal.SIGTERM, pass_on)
    try:
        for _ in range(workers):
            processes.append(
                subprocess.Popen(
                    command,
                    stdout=subprocess.DEVNULL,
                    env=environment,
                    close_fds=False,  # of a job: its lock, so that it is under way while they are
                )
            )
        signal.signal(signal.SIGINT, pass_on)
        if reasons:  # told to stop before all of them were there
            for process in processes:
                process.terminate()
        while any(process.poll() is None for process in processes):
            time.sleep(0.1)
    finally:
        signal.signal(signal.SIGINT, on_interrupt)
        signal.signal(signal.SIGTERM, on_terminate)
    ended_badly = [p.returncode for p in processes if p.returncode not in (0, _INTERRUPTED)]
    if ended_badly:
        print(f"workers ended with status {ended_badly}", file=sys.stderr)
    return reasons[0] if reasons else ""


def parse_grid(words: list[str], base: TrainConfig) -> dict[str, tuple[Any, ...]]:
    """Return what words such as "batch_size=64,128" ask to try, by field.

    Raises
    ------
    MnistCoreError
        If a word names no field of `TrainConfig`, or a value that it does not take.
    """
    grid: dict[str, tuple[Any, ...]] = {}
    for word in words:
        name, sign, values = word.partition("=")
        if not sign or name not in TrainConfig.model_fields:
            raise MnistCoreError(f"--grid has {word!r}; give FIELD=VALUE,VALUE, a field of train")
        try:
            parsed = [json.loads(value) for value in values.split(",")]
        except ValueError:
            parsed = values.split(",")
        if TrainConfig.model_fields[name].default is None:
            parsed = [None if value == "none" else value for value in parsed]
        taken = [getattr(base.with_changes(**{name: value}), name) for value in parsed]
        grid[name] = tuple(dict.fromkeys(taken))
    return grid


def _line(trial: FrozenTrial) -> str:
    value = "" if trial.value is None else f"  validation {trial.value:.2%}"
    params = "  ".join(f"{name}={_short(number)}" for name, number in trial.params.items())
    reason = trial.user_attrs.get("reason", "")
    return (
        f"trial {trial.number:3d}  {trial.state.name.lower():8}{value}  {params}  "
        f"{trial.user_attrs.get('run', '')}" + (f"  ({reason})" if reason else "")
    )


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _print(sweep: Sweep, trials: list[FrozenTrial], as_json: bool) -> None:
    from mnist_core.search.study import trial_config

    best = next((trial for trial in trials if trial.state.name == "COMPLETE"), None)
    command = train_command(trial_config(sweep, best.params)) if best else None
    if as_json:
        rows = [
            {
                "number": trial.number,
                "state": trial.state.name.lower(),
                "validation_accuracy": trial.value,
                "params": trial.params,
                "run": trial.user_attrs.get("run"),
                "reason": trial.user_attrs.get("reason"),
            }
            for trial in trials
        ]
        print(json.dumps({"study": sweep.study, "trials": rows, "best": command}))
        return
    for trial in trials:
        print(_line(trial))
    print(f"best: {command}" if command else "no trial has finished yet")
