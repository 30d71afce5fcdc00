from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from support.disk import full_disk, read_only, temporary_folder
from support.run_folders import named

from mnist_core import MnistCoreError
from mnist_core.cli import main as cli
from mnist_core.models.architectures import build_model
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import save_weights
from mnist_core.runs.labels import change_labels
from mnist_core.runs.queue import enqueue
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import (
    create_run,
    find_run,
    find_weights,
    list_runs,
    runs_root,
    without_name,
)
from mnist_core.runs.state import RunStatus
from mnist_core.training.config import TrainConfig

Capture = pytest.CaptureFixture[str]
CONFIG = TrainConfig(model="mnist_cnn", epochs=3, seed=5)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return create_run(CONFIG, tmp_path)


# --- making ------------------------------------------------------------------------------------


def test_a_new_run_is_queued(tmp_path: Path) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    run = create_run(CONFIG, tmp_path / "new" / "runs")
    state = run.state()
    assert run.folder.parent == tmp_path / "new" / "runs"
    assert run.id.endswith("-mnist_cnn")
    assert (state.status, state.epoch, state.epochs, state.reason) == ("queued", 0, 3, "")
    assert state.name == run.id
    assert before <= datetime.fromisoformat(state.created) <= datetime.now(UTC)
    assert run.config() == CONFIG
    assert not run.is_active()
    assert create_run(CONFIG, tmp_path, "first try").state().name == "first try"


@pytest.mark.parametrize(
    ("name", "ending"),
    [
        ("first try", "-first-try"),
        ("../a/b;rm -rf *", "-a-b-rm-rf"),
        ("数字 1.5", "-数字-1.5"),
        ("x" * 500, "-" + "x" * 40),
        (" / ", "-mnist_cnn"),
    ],
)
def test_the_folder_has_the_name_that_tensorboard_shows(
    tmp_path: Path, name: str, ending: str
) -> None:
    run = create_run(CONFIG, tmp_path, name)
    assert run.id.endswith(ending)
    assert run.folder.parent == tmp_path
    assert find_run(run.id, tmp_path).id == run.id


def test_an_id_without_the_name_is_its_time() -> None:
    assert without_name("20260101-000000-my-run", "my run") == "20260101-000000"
    assert without_name("20260101-000000.012-my-run", "my run") == "20260101-000000.012"
    assert without_name("20260101-000000-my-run", "renamed") == "20260101-000000-my-run"
    assert without_name("mine-my-run", "my run") == "mine-my-run"


def test_runs_made_at_once_by_several_threads_have_folders_of_their_own(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda seed: create_run(with_seed(seed), tmp_path), range(60)))
    assert len({run.id for run in runs}) == 60
    assert [run.config().seed for run in runs] == list(range(60))
    assert {run.id for run in list_runs(tmp_path)} == {run.id for run in runs}


def with_seed(seed: int) -> TrainConfig:
    return CONFIG.with_changes(seed=seed)


def test_the_runs_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MNIST_RUNS", raising=False)
    assert runs_root() == Path("runs")
    monkeypatch.setenv("MNIST_RUNS", str(tmp_path / "mine"))
    assert runs_root() == tmp_path / "mine"
    assert runs_root(tmp_path) == tmp_path
    run = create_run(CONFIG)
    assert [found.folder for found in list_runs()] == [run.folder]


@pytest.mark.parametrize("place", ["file", "file/runs"])
def test_a_runs_folder_that_cannot_be_created(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MnistCoreError, match=str(tmp_path / "file")):
        create_run(CONFIG, tmp_path / place)


# --- listing and finding -----------------------------------------------------------------------


def test_200_runs_are_listed_the_newest_first(tmp_path: Path, capsys: Capture) -> None:
    names = [f"20260102-{i // 60:02}{i % 60:02}00-mnist_cnn" for i in range(200)]
    for name in random.Random(0).sample(names, len(names)):
        named(tmp_path, name)
    assert [run.id for run in list_runs(tmp_path)] == names[::-1]
    assert find_run("last", tmp_path).id == names[-1]
    assert cli.main(["runs", "--runs", str(tmp_path)]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]] == names[::-1]


def test_runs_made_in_the_same_second_are_listed_in_their_order(tmp_path: Path) -> None:
    names = ["", "b", "a", "1", "数"]
    runs = [create_run(CONFIG, tmp_path, names[i % 5]).id for i in range(25)]
    assert [run.id for run in list_runs(tmp_path)] == runs[::-1]
    assert find_run("last", tmp_path).id == runs[-1]


def test_other_files_and_folders_are_no_runs(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    (tmp_path / "zzz").mkdir()
    assert [found.id for found in list_runs(tmp_path)] == [run.id]
    assert list_runs(tmp_path / "none") == []
    with pytest.raises(MnistCoreError, match="name a folder of runs"):
        list_runs(tmp_path / "notes.txt")


def test_a_run_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = named(tmp_path, "20260101-100000-mnist_cnn")
    longer = named(tmp_path, "20260101-100000-mnist_cnn_bn")
    last = named(tmp_path, "20260102-100000-mnist_cnn")
    for name, run in {
        "20260102": last,
        "last": last,
        "20260101-100000-mnist_cnn": first,  # a whole id, though another begins so
        "20260101-100000-mnist_cnn_": longer,
        str(first.folder): first,
        f"{longer.folder}/": longer,
    }.items():
        assert find_run(name, tmp_path).folder == run.folder, name
    monkeypatch.chdir(tmp_path)
    assert find_run(first.id, "elsewhere").id == first.id


def test_a_run_that_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(MnistCoreError, match=r"no run 'last'.*none yet"):
        find_run("last", tmp_path)
    names = [named(tmp_path, f"2026010{day}-100000-mnist_cnn").id for day in (1, 2)]
    with pytest.raises(MnistCoreError, match="no run 'mine'") as caught:
        find_run("mine", tmp_path)
    assert all(name in str(caught.value) for name in names)
    with pytest.raises(MnistCoreError, match="several runs begin with '2026'") as caught:
        find_run("2026", tmp_path)
    assert all(name in str(caught.value) for name in names)


@pytest.mark.parametrize("name", ["", "x" * 300, "a\0b", "../..", "*"])
def test_invalid_names(run: Run, tmp_path: Path, name: str) -> None:
    for find in (find_run, find_weights):
        with pytest.raises(MnistCoreError):
            find(name, tmp_path)


def test_weights_are_found(run: Run, tmp_path: Path) -> None:
    assert find_weights("mnist_cnn", tmp_path) == weights_path("mnist_cnn")
    with pytest.raises(MnistCoreError, match=f"{run.id} has no weights yet"):
        find_weights(run.id, tmp_path)
    save_weights(run.weights_path, build_model("mnist_cnn"), {})
    for name in (run.id, "last", str(run.folder), str(run.weights_path)):
        assert find_weights(name, tmp_path) == run.weights_path
    with pytest.raises(MnistCoreError, match=f"default.*no run 'nope'.*{run.id}"):
        find_weights("nope", tmp_path)


def test_display_name(run: Run, tmp_path: Path, capsys: Capture) -> None:
    run.rename("  带 dropout, second \n")
    assert run.state().name == "带 dropout, second"
    assert find_run(run.id, tmp_path).state() == run.state()
    assert cli.main(["runs", "--runs", str(tmp_path)]) == 0
    assert " 带 dropout, second " in capsys.readouterr().out
    with pytest.raises(MnistCoreError, match="name is empty"):
        run.rename(" \n")
    assert run.state().name == "带 dropout, second"


def test_a_name_is_given_while_the_state_changes(run: Run) -> None:
    seen: list[tuple[int, str]] = []

    def count() -> None:
        for epoch in range(1, 301):
            run.update_state(epoch=epoch)
            if run.state().epoch != epoch:
                seen.append((epoch, "lost"))

    with ThreadPoolExecutor(1) as pool:
        counting = pool.submit(count)
        for number in range(1, 301):
            Run(run.folder).rename(f"number {number}")
            if run.state().name != f"number {number}":
                seen.append((number, "name lost"))
        counting.result()
    assert seen == []
    assert (run.state().epoch, run.state().name) == (300, "number 300")


# --- damaged folders ----------------------------------------------------------------------------


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:40])


DAMAGE: dict[str, Callable[[Path], None]] = {
    "missing": lambda path: path.unlink(),
    "empty": lambda path: path.write_text(""),
    "cut": cut,
    "list": lambda path: path.write_text("[1, 2]"),
    "number": lambda path: path.write_text("7"),
    "no text": lambda path: path.write_bytes(b"\xff\xfe\x00{" * 9),
    "other fields": lambda path: path.write_text('{"model": "lenet", "status": "dancing"}'),
    "folder": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_state_is_named_and_hides_no_other_run(
    tmp_path: Path, capsys: Capture, damage: str
) -> None:
    names = [f"2026010{day}-100000-mnist_cnn" for day in (1, 2, 3)]
    _, broken, _ = (named(tmp_path, name) for name in names)
    DAMAGE[damage](broken.state_path)
    for ask in (
        broken.state,
        broken.request_stop,
        lambda: broken.rename("x"),
        lambda: broken.update_state(epoch=1),
    ):
        with pytest.raises(MnistCoreError, match=rf"{broken.id} is damaged.*state\.json"):
            ask()
    assert [run.id for run in list_runs(tmp_path)] == names[::-1]

    assert cli.main(["runs", "--runs", str(tmp_path)]) == 0
    out = capsys.readouterr()
    lines = out.out.splitlines()
    assert [line for line in lines if line.startswith(names[0])]
    assert [line for line in lines if line.startswith(names[2])]
    assert f"{broken.id} is damaged: {broken.state_path}" in out.out
    assert out.err == ""

    assert cli.main(["runs", "--json", "--runs", str(tmp_path)]) == 0
    shown = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [run["id"] for run in shown] == names[::-1]
    assert "state.json" in shown[1]["error"]
    assert [run.get("status") for run in shown] == ["finished", None, "finished"]


@pytest.mark.parametrize("damage", [name for name in DAMAGE if name not in ("missing", "folder")])
def test_a_damaged_configuration_is_named(
    run: Run, tmp_path: Path, capsys: Capture, damage: str
) -> None:
    DAMAGE[damage](run.config_path)
    with pytest.raises(MnistCoreError, match=str(run.config_path)):
        run.config()
    assert cli.main(["runs", "--runs", str(tmp_path)]) == 0
    assert run.id in capsys.readouterr().out
    assert cli.main(["resume", run.id, "--runs", str(tmp_path)]) == 2
    out = capsys.readouterr()
    assert out.err.startswith(f"error: {run.config_path}: ")
    assert "Traceback" not in out.err


def test_a_folder_that_is_deleted_is_not_made_again(run: Run) -> None:
    shutil.rmtree(run.folder)
    for ask in (run.state, run.request_stop, run.config):
        with pytest.raises(MnistCoreError):
            ask()
    assert not run.is_active()
    assert not run.folder.exists()


# --- folders that cannot be written --------------------------------------------------------------


def test_a_new_run_on_a_full_disk_names_the_cause(tmp_path: Path) -> None:
    with full_disk(), pytest.raises(MnistCoreError, match=r"state\.json.*File too large"):
        create_run(CONFIG, tmp_path)
    assert not list_runs(tmp_path)


def test_a_runs_folder_that_cannot_be_written() -> None:
    with temporary_folder() as root:
        run = create_run(TrainConfig(), root, "before")
        changes = (
            lambda: create_run(TrainConfig(), root),
            lambda: run.rename("after"),
            lambda: change_labels(run, note="new"),
            lambda: enqueue(run),
            run.request_stop,
            run.delete,
        )
        with read_only(root):
            assert [one.state().name for one in list_runs(root)] == ["before"]
            for change in changes:
                with pytest.raises(MnistCoreError, match=r"\(Permission denied\)"):
                    change()
        assert run.state().status == RunStatus.QUEUED
