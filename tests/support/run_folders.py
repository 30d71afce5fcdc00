"""Run folders that no training has made."""

from __future__ import annotations

from pathlib import Path

from mnist_core.runs.origin import RunOrigin
from mnist_core.runs.queue import enqueue
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run
from mnist_core.runs.state import RunState, RunStatus
from mnist_core.training.config import TrainConfig
from mnist_core.utils.json_files import write_json
from support.training import small

Runs = dict[str, Run]
_CREATED = "2026-01-01T00:00:00+00:00"


def named(root: Path, name: str, status: RunStatus = "finished", **fields: object) -> Run:
    """Make a run folder with a name of our choice."""
    run = Run(root / name)
    run.folder.mkdir(parents=True)
    write_json(run.config_path, TrainConfig(model="mnist_cnn", epochs=3, seed=5))
    run.write_state(RunState(status=status, name=name, epochs=3, **fields))
    return run


def make_runs(root: Path, prefix: str = "") -> Runs:
    """Two ended runs, two that wait, and a sweep with two trials; their names have the prefix.

    All are of the same second: whether one begins between two of them changes no order.
    """
    made: Runs = {}

    def make(name: str, origin: RunOrigin | None = None, **state: object) -> None:
        changes = {"seed": len(made), "optimizer": "adam" if name == "good" else "sgd"}
        made[name] = create_run(small(**changes), root, prefix + name, origin)
        made[name].update_state(created=_CREATED, **state)

    ended = {"status": "finished", "epoch": 1, "best_epoch": 1, "trained_seconds": 75.0}
    ended["device"] = "CPU, 2 threads"
    make("bad", validation_accuracy=0.9, validation_loss=0.5, **ended)
    make("good", validation_accuracy=0.975, validation_loss=0.1, **ended)
    for number in range(2):
        score = {"validation_accuracy": 0.8 + number / 10, "validation_loss": 0.3}
        make(f"trial {number}", RunOrigin(study=f"{prefix}rates", trial=number), **ended, **score)
    for name in ("first", "second"):
        make(name)
        enqueue(made[name])
    return made
