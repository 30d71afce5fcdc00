"""The page Runs in tests: runs of every kind, and the rows of its table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
from streamlit.testing.v1 import AppTest

from mnist_core.runs.origin import RunOrigin
from mnist_core.runs.queue import enqueue
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run
from support.board_app import show
from support.training import small

Runs = dict[str, Run]


def make_runs(root: Path) -> Runs:
    """Two ended runs, two that wait, and a sweep with two trials."""
    made: Runs = {}

    def make(name: str, origin: RunOrigin | None = None, **state: object) -> None:
        changes = {"seed": len(made), "optimizer": "adam" if name == "good" else "sgd"}
        made[name] = create_run(small(**changes), root, name, origin)
        made[name].update_state(**state)

    ended = {"status": "finished", "epoch": 1, "best_epoch": 1, "trained_seconds": 75.0}
    ended["device"] = "CPU, 2 threads"
    make("bad", validation_accuracy=0.9, validation_loss=0.5, **ended)
    make("good", validation_accuracy=0.975, validation_loss=0.1, **ended)
    for number in range(2):
        score = {"validation_accuracy": 0.8 + number / 10, "validation_loss": 0.3}
        make(f"trial {number}", RunOrigin(study="rates", trial=number), **ended, **score)
    for name in ("first", "second"):
        make(name)
        enqueue(made[name])
    return made


def table(page: AppTest) -> pd.DataFrame:
    return page.dataframe[0].value


def names(page: AppTest) -> list[str]:
    return list(table(page)["Run"])


def select(page: AppTest, *wanted: str) -> AppTest:
    """Select rows by what stands in their first column."""
    rows = [names(page).index(name) for name in wanted]
    page.session_state[page.dataframe[0].key] = {"selection": {"rows": rows}}
    return show(page.run())
