"""Runs in real processes with real signals on real MNIST: stopped, interrupted and killed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
from support.processes import CONFIG, FORKS, Workspace, check_same, create, epochs_shown, tensors

from mnist_core.cli import main as cli
from mnist_core.models.weights import load_weights
from mnist_core.runs.metric_log import MetricReader
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import list_runs
from mnist_core.runs.signals import STOP_SIGNALS
from mnist_core.runs.state import StopReason
from mnist_core.training.checkpoint import load_checkpoint


@pytest.fixture
def place(tmp_path: Path, mnist_root: Path) -> Iterator[Workspace]:
    place = Workspace(tmp_path, mnist_root)
    yield place
    place.close()


@pytest.fixture(scope="module")
def whole(mnist_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """An uninterrupted run."""
    place = Workspace(tmp_path_factory.mktemp("whole"), mnist_root)
    command = place.train()
    assert (command.wait(), command.err) == (0, "")
    assert epochs_shown(command.out) == CONFIG.epochs
    assert place.run.state().status == "finished"
    return place.run


def check_killed(run: Run, epochs: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Assert that a killed run is reported, intact, and has kept every complete epoch."""
    state = run.state()
    assert state.status == "failed"
    assert state.stop_reason == StopReason.PROCESS_EXITED
    assert state.epoch >= epochs
    capsys.readouterr()
    assert cli.main(["runs", "--json", "--runs", str(run.folder.parent)]) == 0
    assert json.loads(capsys.readouterr().out)["reason"] == state.reason
    assert run.config() == CONFIG
    MetricReader(run.folder).read()
    if state.epoch:
        assert load_checkpoint(run.checkpoint_path)["epoch"] > state.epoch
        tensors(run)


# --- stopped -------------------------------------------------------------------------------------

END_OF_AN_EPOCH = ("last.pt", 1)


@pytest.mark.parametrize(
    ("number", "reason"),
    [(signal.SIGINT, "SIGINT"), (signal.SIGTERM, "SIGTERM"), (signal.SIGHUP, "SIGHUP")],
)
def test_stopped_by_a_signal_and_resumed(
    whole: Run,
    place: Workspace,
    capsys: pytest.CaptureFixture[str],
    number: signal.Signals,
    reason: str,
) -> None:
    command = place.train(hold_at=END_OF_AN_EPOCH)
    assert (command.signal(number), command.err) == (130, "")
    run, state = place.run, place.run.state()
    assert command.out.startswith(f"run {run.id} in {run.folder}\n")
    assert f"resume with: python -m mnist_core resume {run.id}" in command.out
    assert (state.status, state.reason, state.epoch) == ("stopped", f"stopped by {reason}", 1)
    assert epochs_shown(command.out) == 1
    assert load_checkpoint(run.checkpoint_path)["epoch"] == 2
    assert cli.main(["runs", "--runs", str(place.runs)]) == 0
    assert f"stopped by {reason}" in capsys.readouterr().out
    again = place.resume()
    assert (again.wait(), again.err) == (0, "")
    assert epochs_shown(again.out) == CONFIG.epochs - 1
    check_same(run, whole)


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        (("state.json", 1), signal.SIGINT),  # the folder is being created
        (("config.json", 1), signal.SIGHUP),
        (("state.json", 2), signal.SIGTERM),  # it becomes "running"
        (("state.json", 3), signal.SIGINT),  # the data is read next
    ],
    ids=str,
)
def test_a_signal_during_start_up_leaves_a_stopped_run(
    place: Workspace, moment: tuple[str, int], number: signal.Signals
) -> None:
    command = place.train(hold_at=moment)
    assert command.signal(number) == 130
    assert "Traceback" not in command.err
    state = place.run.state()
    assert (state.status, state.stop_reason) == ("stopped", STOP_SIGNALS[number])
    assert (state.epoch, place.run.is_in_queue()) == (0, False)


def test_stopped_by_the_command(place: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    command = place.train(CONFIG.with_changes(epochs=10_000))
    command.until(lambda: any(r.checkpoint_path.is_file() for r in list_runs(place.runs)))
    assert cli.main(["stop", "last", "--timeout", "300", "--runs", str(place.runs)]) == 0
    assert capsys.readouterr().out == f"run {place.run.id} stopped on request\n"
    assert (command.wait(), command.err) == (0, "")
    assert "resume with" in command.out
    assert load_checkpoint(place.run.checkpoint_path)["epoch"] == place.run.state().epoch + 1


def test_interrupted_with_the_processes_that_load_its_data(place: Workspace) -> None:
    config = CONFIG.with_changes(loader="dataloader", loader_workers=1)
    command = place.train(config, hold_at=END_OF_AN_EPOCH)
    os.killpg(command.process.pid, signal.SIGINT)  # a terminal interrupts all of them
    assert (command.release(), command.err) == (130, "")
    assert place.run.state().status == "stopped"


def test_the_folder_is_removed_while_it_trains(place: Workspace) -> None:
    command = place.train(CONFIG.with_changes(epochs=10_000), hold_at=END_OF_AN_EPOCH)
    folder = place.run.folder
    shutil.rmtree(folder)
    assert command.release() == 2
    assert command.err == f"error: {folder}: the run's folder was removed\n"
    assert not folder.exists()


# --- killed --------------------------------------------------------------------------------------


def test_killed_again_and_again(
    whole: Run, place: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    command = place.train(kill_at=("*", 9))
    # the nth file that it writes: chosen so that kills fall into different epochs and files
    for count in (3, 6, 4, 2):
        assert command.wait() == -signal.SIGKILL
        check_killed(place.run, epochs_shown(command.out), capsys)
        command = place.resume(kill_at=("*", count))
    assert command.wait() == -signal.SIGKILL
    assert place.resume().wait() == 0
    check_same(place.run, whole)


@pytest.mark.parametrize(
    ("name", "times", "epochs"),
    [
        ("best.safetensors", 1, 0),
        ("last.pt", 2, 1),
        ("state.json", 6, 2),  # after "queued", "running", the device and two epochs: the last
        ("evaluation.json", 1, 3),
    ],
)
def test_killed_in_the_middle_of_writing(
    whole: Run,
    place: Workspace,
    capsys: pytest.CaptureFixture[str],
    name: str,
    times: int,
    epochs: int,
) -> None:
    command = place.train(kill_at=(name, times))
    assert command.wait() == -signal.SIGKILL
    killed = place.run.state()
    assert killed.epoch == epochs
    check_killed(place.run, epochs_shown(command.out), capsys)
    again = place.resume()
    assert (again.wait(), again.err) == (0, "")
    assert place.run.state().trained_seconds >= killed.trained_seconds
    check_same(place.run, whole)


# --- several at once -----------------------------------------------------------------------------


def test_a_run_is_trained_by_one_process_at_a_time(place: Workspace) -> None:
    first = place.train(hold_at=END_OF_AN_EPOCH)
    second = place.resume()
    assert second.wait() == 2
    assert second.err == (f"error: run {place.run.id} is already running in another process\n")
    assert place.run.state().status == "running"
    assert first.signal(signal.SIGTERM) == 130


def test_renamed_while_it_trains(place: Workspace) -> None:
    command = place.train(CONFIG.with_changes(epochs=5))
    command.until(lambda: bool(list_runs(place.runs)))
    number = 0
    while command.process.is_alive():
        number += 1
        place.run.rename(f"number {number}")
    assert (command.wait(), command.err) == (0, "")
    state = place.run.state()
    assert (state.status, state.epoch, state.name) == ("finished", 5, f"number {number}")


def test_runs_created_at_once_by_two_processes(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=FORKS) as pool:
        ids = list(pool.map(create, [str(tmp_path)] * 40))
    assert len(set(ids)) == 40
    assert {run.id for run in list_runs(tmp_path)} == set(ids)
    assert {run.state().status for run in list_runs(tmp_path)} == {"queued"}


# --- no room -----------------------------------------------------------------------------------


def test_a_checkpoint_on_a_full_disk(place: Workspace) -> None:
    # the weights of 88 kB fit, the checkpoint of 460 kB does not
    command = place.train(limit=200_000)
    assert command.wait() == 2
    run = place.run
    assert command.err == f"error: {run.checkpoint_path}: cannot be written (File too large)\n"
    assert run.state().status == "failed"
    assert f"error: {run.state().reason}\n" == command.err
    assert run.state().reason in run.log_path.read_text()
    assert list(run.folder.glob("*.tmp")) == []
    load_weights(run.weights_path)


def test_an_older_checkpoint_is_kept_when_the_disk_is_full(whole: Run, place: Workspace) -> None:
    run = place.stopped_after_an_epoch()
    kept = run.checkpoint_path.read_bytes()
    command = place.resume(limit=200_000)
    assert command.wait() == 2
    assert "cannot be written (File too large)" in command.err
    assert (run.state().status, run.state().epoch) == ("failed", 1)
    assert run.checkpoint_path.read_bytes() == kept
    tensors(run)
    assert place.resume().wait() == 0
    check_same(run, whole)


def test_metrics_on_a_full_disk(place: Workspace) -> None:
    # the configuration and conv1 fit; many steps
    command = place.train(CONFIG.with_changes(batch_size=10, training_size=3000), limit=1_500)
    status = command.wait()
    assert command.err == f"error: {place.run.folder}: metrics cannot be written (File too large)\n"
    assert status == 2
    assert place.run.state().status == "failed"
    assert "metrics cannot be written" in place.run.state().reason


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(whole: Run, place: Workspace, disk: Path) -> None:
    place.runs = disk / "runs"
    run = place.stopped_after_an_epoch()
    kept = {path: path.read_bytes() for path in (run.weights_path, run.checkpoint_path)}
    filler = disk / "filler"
    with pytest.raises(OSError, match="No space"):
        filler.write_bytes(bytes(4_000_000))
    command = place.resume()
    assert command.wait() == 2
    assert command.err.startswith("error: ")
    assert "No space left on device" in command.err
    assert "Traceback" not in command.err
    state = run.state()
    assert (state.status, state.epoch) == ("failed", 1)
    assert "No space left on device" in state.reason
    assert {path: path.read_bytes() for path in kept} == kept
    filler.unlink()
    assert place.resume().wait() == 0
    check_same(run, whole)


def test_a_folder_that_cannot_be_made(place: Workspace, tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    command = place.train()
    assert command.wait() == 2
    assert command.err.startswith(f"error: {tmp_path / 'runs'}: cannot be made a folder")
    assert command.err.count("\n") == 1
