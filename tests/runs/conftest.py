"""A short run, trained once without an interruption, and one that is not trained yet."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.resumable import CONFIG
from support.training import Splits, part

from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run
from mnist_core.runs.runner import execute


@pytest.fixture(scope="session")
def few(small_splits: Splits) -> Splits:
    """400 training and 200 validation images: 20 steps of 20 an epoch."""
    return part(small_splits, 400, 200)


@pytest.fixture(scope="session")
def whole(few: Splits, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """An uninterrupted run of CONFIG."""
    run = create_run(CONFIG, tmp_path_factory.mktemp("whole"))
    assert execute(run, splits=few).status == "finished"
    return run


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return create_run(CONFIG, tmp_path)
