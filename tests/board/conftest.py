"""A small MNIST and two finished runs, trained once and copied for each test."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest
from support.measurement import FakeMeasurement
from support.training import Splits, small

from board.train import estimate
from mnist_core.data.mnist import Split, load_train_validation
from mnist_core.evaluation.results import Evaluation
from mnist_core.runs import queue
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run
from mnist_core.runs.runner import execute
from mnist_core.utils.json_files import read_json

SIZES = {"training_size": 1000, "validation_size": 500}
"""The runs' share of the 2,500 images of the small MNIST."""


@pytest.fixture(autouse=True)
def _no_measurements(monkeypatch: pytest.MonkeyPatch) -> None:
    """The page Train starts no process to measure a speed."""
    monkeypatch.setattr(estimate, "SpeedProcess", FakeMeasurement)
    estimate.measurements.clear()


@pytest.fixture(scope="session")
def small_mnist(mnist_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the first 2,500 training and 100 test images of MNIST."""
    root = tmp_path_factory.mktemp("small-mnist")
    raw = root / "MNIST/raw"
    raw.mkdir(parents=True)
    for part, count in (("train", 2500), ("t10k", 100)):
        for kind, header, size in (("images-idx3", 16, 28 * 28), ("labels-idx1", 8, 1)):
            name = f"{part}-{kind}-ubyte"
            with _open(mnist_root / "MNIST/raw" / name) as file:
                content = bytearray(file.read(header + count * size))
            content[4:8] = np.array(count, ">u4").tobytes()
            (raw / name).write_bytes(content)
    return root


def _open(path: Path) -> BinaryIO | gzip.GzipFile:
    return path.open("rb") if path.is_file() else gzip.open(f"{path}.gz")


@pytest.fixture(scope="session")
def finished_runs(small_mnist: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two finished runs of mnist_cnn: "slow" and, newer, "fast" of two epochs."""
    root = tmp_path_factory.mktemp("finished")
    splits = load_train_validation("cpu", small_mnist, **SIZES)
    slow = create_run(small(learning_rate=1e-4, **SIZES), root, "slow")
    execute(slow, splits=splits)
    shutil.move(slow.folder, root / "20200101-000000-mnist_cnn")
    execute(create_run(small(epochs=2, **SIZES), root, "fast"), splits=splits)
    return root


@pytest.fixture
def small_data(small_mnist: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small MNIST as the data folder."""
    monkeypatch.setenv("MNIST_ROOT", str(small_mnist))
    return small_mnist


@pytest.fixture
def root(
    finished_runs: Path, small_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Path:
    """A copy of the two finished runs, as the folder of all runs; no promoted models."""
    monkeypatch.setenv("MNIST_RUNS", str(tmp_path / "runs"))
    monkeypatch.setenv("MNIST_MODELS", str(tmp_path / "models"))
    return Path(shutil.copytree(finished_runs, tmp_path / "runs"))


@pytest.fixture
def slow(root: Path) -> Run:
    """The older of the two finished runs."""
    return Run(root / "20200101-000000-mnist_cnn")


@pytest.fixture
def fast(root: Path, slow: Run) -> Run:
    """The newer of the two finished runs."""
    return next(Run(folder) for folder in root.iterdir() if folder.name != slow.id)


@pytest.fixture
def run(root: Path, slow: Run, fast: Run) -> Run:
    """The finished run of two epochs, alone in the folder of all runs."""
    shutil.rmtree(slow.folder)
    return fast


@pytest.fixture
def no_runs(small_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of all runs."""
    monkeypatch.setenv("MNIST_RUNS", str(tmp_path / "runs"))
    return tmp_path / "runs"


@pytest.fixture
def validation(run: Run, small_data: Path) -> Split:
    """The 500 images on which `run` was evaluated."""
    return load_train_validation("cpu", small_data, validation_size=500)[1]


@pytest.fixture
def evaluation(run: Run) -> Evaluation:
    """That of `run`."""
    return read_json(run.evaluation_path, Evaluation)


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, small_splits: Splits) -> Path:
    """A folder with one finished run of two epochs."""
    root = tmp_path_factory.mktemp("trained")
    execute(create_run(small(epochs=2), root, "two epochs"), splits=small_splits)
    return root


@pytest.fixture
def watched_root(tmp_path: Path, trained: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of all runs, with the run of `trained`; no worker is started."""
    copy = tmp_path / "runs"
    shutil.copytree(trained, copy)
    monkeypatch.setenv("MNIST_RUNS", str(copy))
    monkeypatch.setattr(queue, "start_worker", lambda root, device, lock: None)
    return copy
