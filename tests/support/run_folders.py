"""Run folders that no training has made."""

from __future__ import annotations

from pathlib import Path

from mnist_core.runs.run import Run
from mnist_core.runs.state import RunState, RunStatus
from mnist_core.training.config import TrainConfig


def named(root: Path, name: str, status: RunStatus = "finished", **fields: object) -> Run:
    """Make a run folder with a name of our choice."""
    run = Run(root / name)
    run.folder.mkdir(parents=True)
    TrainConfig(model="mnist_cnn", epochs=3, seed=5).write(run.config_path)
    run.write_state(RunState(status=status, name=name, epochs=3, **fields))
    return run
