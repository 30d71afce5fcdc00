"""A study's database, damaged in every way: every reader and writer gives a message."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from support.disk import read_only, temporary_folder
from support.sweeps import FakeTrainer, run_worker, sweep_request

from mnist_core import MnistCoreError
from mnist_core.search.results import Trial, best_trial, read_studies, read_trials
from mnist_core.search.storage import storage_path, storage_url
from mnist_core.search.study import open_study

REQUEST = sweep_request({"batch_size": (32, 64)}, epochs=2)


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the study of a finished sweep."""
    root = tmp_path_factory.mktemp("finished")
    run_worker(REQUEST, root, execute=FakeTrainer(lambda config, epoch: config.batch_size / 100))
    return root


@pytest.fixture
def root(tmp_path: Path, finished: Path) -> Path:
    shutil.copyfile(storage_path(finished), storage_path(tmp_path))
    return tmp_path


def flipped(content: bytes, count: int) -> Iterator[bytes]:
    """Yield copies of a file with a byte flipped, at places that hold something."""
    places = [place for place, byte in enumerate(content) if byte]
    for place in random.Random(0).sample(places, count):
        changed = bytearray(content)
        changed[place] ^= 0xFF
        yield bytes(changed)


def read_everything(root: Path) -> list[Trial]:
    """Read as the page Search does."""
    for settings in read_studies(root).values():
        REQUEST.differences(settings or {})
    trials = read_trials(root, "sweep")
    best_trial(trials)
    return trials


def test_a_flipped_byte_never_raises_anything_else_than_a_message(root: Path) -> None:
    content = storage_path(root).read_bytes()
    messages = []
    for damaged in flipped(content, 120):
        storage_path(root).write_bytes(damaged)
        try:
            read_everything(root)
        except MnistCoreError as error:
            messages.append(str(error))
    assert len(messages) > 10
    assert all("sweep.db" in message and "\n" not in message for message in messages)


def test_a_worker_on_a_study_with_a_flipped_byte(root: Path, finished: Path) -> None:
    content = storage_path(root).read_bytes()
    messages = 0
    for damaged in flipped(content, 40):
        for path in root.iterdir():
            path.unlink() if path.is_file() else shutil.rmtree(path)
        storage_path(root).write_bytes(damaged)
        try:
            run_worker(REQUEST, root)
        except MnistCoreError:
            messages += 1
    assert messages > 3


def test_a_truncated_database(root: Path) -> None:
    content = storage_path(root).read_bytes()
    for size in range(1, len(content), len(content) // 12):
        storage_path(root).write_bytes(content[:size])
        for use in (read_everything, lambda root: open_study(REQUEST, storage_url(root))):
            with suppress(MnistCoreError):
                use(root)
    storage_path(root).write_bytes(content[:5000])
    with pytest.raises(MnistCoreError, match="may be damaged"):
        read_everything(root)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (Path.mkdir, "not a regular file"),
        (os.mkfifo, "not a regular file"),
        (Path.touch, "contains no sweeps yet"),
        (lambda path: path.write_bytes(b"x" * 50_000), "may be damaged"),
    ],
    ids=["folder", "fifo", "empty", "other"],
)
def test_a_file_that_is_no_database(
    tmp_path: Path, make: Callable[[Path], object], message: str
) -> None:
    assert read_everything(tmp_path) == []
    make(storage_path(tmp_path))
    for read in (read_everything, read_studies):
        with pytest.raises(MnistCoreError, match=message):
            read(tmp_path)


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo], ids=["folder", "fifo"])
def test_a_worker_refuses_a_file_that_is_no_database(
    tmp_path: Path, make: Callable[[Path], object]
) -> None:
    make(storage_path(tmp_path))
    with pytest.raises(MnistCoreError, match="not a regular file"):
        open_study(REQUEST, storage_url(tmp_path))


def test_a_folder_that_cannot_be_written() -> None:
    with (
        temporary_folder() as folder,
        read_only(folder),
        pytest.raises(MnistCoreError, match="check the permissions and the free space"),
    ):
        open_study(REQUEST, storage_url(folder))


def test_impossible_values_are_damage(root: Path) -> None:
    with closing(sqlite3.connect(storage_path(root))) as database:
        database.execute("UPDATE trial_values SET value = 7.5")
        database.commit()
    with pytest.raises(MnistCoreError, match="may be damaged"):
        read_trials(root, "sweep")


def test_a_locked_database_is_read_later(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mnist_core.search.storage.READ_TIMEOUT", 0.01)
    with closing(sqlite3.connect(storage_path(root))) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(MnistCoreError, match="locked by another process"):
            read_trials(root, "sweep")
    assert len(read_trials(root, "sweep")) == 2


def test_reading_changes_nothing(root: Path) -> None:
    before = storage_path(root).read_bytes()
    read_everything(root)
    assert storage_path(root).read_bytes() == before
    assert [path.name for path in root.iterdir()] == ["sweep.db"]


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://127.0.0.1/none",
        "postgresql+psycopg://127.0.0.1:1/none",
        "postgresql+psycopg://me:secret@127.0.0.1:1/none",
    ],
)
def test_a_storage_that_cannot_be_opened(url: str) -> None:
    with pytest.raises(MnistCoreError, match=r"cannot be used.*sqlite:///sweep\.db") as raised:
        open_study(REQUEST, url)
    assert "secret" not in str(raised.value)


def test_a_folder_that_is_missing_is_not_created(tmp_path: Path) -> None:
    folder = tmp_path / "not mounted"
    with pytest.raises(MnistCoreError, match=r"there is no folder .*not mounted; create it"):
        open_study(REQUEST, f"sqlite:///{folder}/sweep.db")
    assert not folder.exists()
