"""Run folders that no training has made."""

from __future__ import annotations

from pathlib import Path

from mnist_core.runs.run import Run
from mnist_core.runs.state import RunState, RunStatus
from mnist_core.training.config import TrainConfig
from mnist_core.utils.json_files import write_json


def named(root: Path, name: str, status: RunStatus = "finished", **fields: object) -> Run:
    """Make a run folder with a name of our choice."""
    run = Run(root / name)
    run.folder.mkdir(parents=True)
    write_json(run.config_path, TrainConfig(model="mnist_cnn", epochs=3, seed=5))
    run.write_state(RunState(status=status, name=name, epochs=3, **fields))
    return run
