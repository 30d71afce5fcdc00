from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mnist_core import MnistCoreError, cli
from mnist_core.config import TrainConfig
from mnist_core.runs import Run, create_run, find_run, find_weights, list_runs, runs_root
from mnist_core.weights import weights_path

CONFIG = TrainConfig(model="mnist_cnn")
Capture = pytest.CaptureFixture[str]


def test_a_new_run_is_queued(tmp_path: Path) -> None:
    run = create_run(CONFIG, tmp_path, "mine")
    state = run.state()
    assert (state.status, state.name, state.epochs) == ("queued", "mine", CONFIG.epochs)
    assert run.config() == CONFIG
    assert not run.is_alive()


def test_runs_made_at_once_have_their_own_folders(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda _: create_run(CONFIG, tmp_path), range(40)))
    assert len({run.id for run in runs}) == 40
    assert len(list_runs(tmp_path)) == 40


def test_the_newest_comes_first(tmp_path: Path) -> None:
    for stamp in ("20260101-000000-a", "20260301-000000-c", "20260201-000000-b"):
        folder = tmp_path / stamp
        folder.mkdir()
        CONFIG.write(folder / "config.json")
    (tmp_path / "no-run").mkdir()
    assert [run.id[-1] for run in list_runs(tmp_path)] == ["c", "b", "a"]
    assert find_run("last", tmp_path).id[-1] == "c"
    assert find_run("202602", tmp_path).id[-1] == "b"
    assert find_run(str(tmp_path / "20260101-000000-a")).id[-1] == "a"
    with pytest.raises(MnistCoreError, match="several runs begin with '2026'"):
        find_run("2026", tmp_path)
    with pytest.raises(MnistCoreError, match="no run 'x'"):
        find_run("x", tmp_path)
    with pytest.raises(MnistCoreError, match="none yet"):
        find_run("last", tmp_path / "empty")


def test_where_runs_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("MNIST_RUNS", raising=False)
    assert runs_root() == Path("runs")
    monkeypatch.setenv("MNIST_RUNS", str(tmp_path))
    assert runs_root() == tmp_path
    assert runs_root("here") == Path("here")


def test_a_dead_process_is_no_running_run(tmp_path: Path) -> None:
    run = create_run(CONFIG, tmp_path)
    run.update_state(status="running", epoch=3)
    state = run.state()
    assert state.status == "failed"
    assert "killed" in state.reason
    assert "after epoch 3" in state.reason
    with run.at_work():
        assert run.state().status == "running"
    assert run.state().status == "failed"


def test_one_process_at_a_time(tmp_path: Path) -> None:
    run = create_run(CONFIG, tmp_path)
    with (
        run.at_work(),
        pytest.raises(MnistCoreError, match="another process"),
        Run(run.folder).at_work(),
    ):
        pass


def test_stop_requests(tmp_path: Path) -> None:
    run = create_run(CONFIG, tmp_path)
    run.request_stop()
    assert run.state().status == "stopped"
    with pytest.raises(MnistCoreError, match="not running, it is stopped"):
        run.request_stop()
    with run.at_work():
        run.update_state(status="running")
        run.request_stop()
        assert run.stop_is_requested()
    with run.at_work():  # an old request does not stop a new start
        assert not run.stop_is_requested()


def test_rename(tmp_path: Path) -> None:
    run = create_run(CONFIG, tmp_path)
    run.rename("  seven  ")
    assert run.state().name == "seven"
    with pytest.raises(MnistCoreError, match="at least one letter"):
        run.rename(" ")


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"status": "dancing"}', None])
def test_broken_folders_do_not_hide_the_others(
    tmp_path: Path, capsys: Capture, damage: str | None
) -> None:
    good, bad = (create_run(CONFIG, tmp_path, name) for name in ("good", "bad"))
    if damage is None:
        bad.state_path.unlink()
    else:
        bad.state_path.write_text(damage)
    with pytest.raises(MnistCoreError, match=rf"{bad.id} is broken: state\.json"):
        bad.state()
    assert cli.main(["runs", "--runs", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "'good'" in out
    assert f"run {bad.id} is broken" in out
    assert cli.main(["runs", "--json", "--runs", str(tmp_path)]) == 0
    rows = {row["id"]: row for row in map(json.loads, capsys.readouterr().out.splitlines())}
    assert rows[good.id]["status"] == "queued"
    assert "error" in rows[bad.id]


def test_a_broken_config_is_named(tmp_path: Path) -> None:
    run = create_run(CONFIG, tmp_path)
    run.config_path.write_text('{"model": "lenet"}')
    with pytest.raises(MnistCoreError, match=r"config\.json: model is 'lenet'"):
        run.config()


def test_two_hundred_runs_are_listed(tmp_path: Path, capsys: Capture) -> None:
    for number in range(200):
        create_run(CONFIG, tmp_path, f"number {number}")
    assert cli.main(["runs", "--runs", str(tmp_path)]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 200


def test_no_runs(tmp_path: Path, capsys: Capture) -> None:
    assert cli.main(["runs", "--runs", str(tmp_path / "none")]) == 0
    assert "start one with" in capsys.readouterr().out


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MnistCoreError, match="cannot be made a folder"):
        create_run(CONFIG, tmp_path / "file" / "runs")


def test_names_of_weights(tmp_path: Path) -> None:
    assert find_weights("default", tmp_path) == weights_path("default")
    run = create_run(CONFIG, tmp_path)
    with pytest.raises(MnistCoreError, match="no weights yet"):
        find_weights(run.id, tmp_path)
    run.weights_path.touch()
    assert find_weights("last", tmp_path) == run.weights_path
    with pytest.raises(MnistCoreError, match="neither a file nor one of the shipped"):
        find_weights("nothing", tmp_path)
