"""Runs as people start, stop and kill them: real processes, real signals, real MNIST."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest
import torch
from torch import Tensor

from mnist_core.cli import main as cli
from mnist_core.models.weights import load_weights, read_card
from mnist_core.runs.metric_log import MetricReader
from mnist_core.runs.run import Run, create_run, list_runs
from mnist_core.runs.runner import execute
from mnist_core.runs.signals import StopFlag
from mnist_core.runs.state import StopReason
from mnist_core.training.checkpoint import load_checkpoint
from mnist_core.training.command_line import config_flags
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import Epoch, Event

ROOT = Path(__file__).parents[2]
CONFIG = TrainConfig(
    model="mnist_cnn",
    epochs=3,
    batch_size=50,
    learning_rate=5e-3,
    augment="article",
    ema_decay=0.5,
    training_size=3000,
    validation_size=500,
    device="cpu",
)

# torch is imported once, in a process whose forks are our commands
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        *("mnist_core.cli.main", "mnist_core.runs.runner", "mnist_core.cli.progress", "pytest"),
        *("torch.utils.tensorboard", "torchvision.datasets"),
    ]
)


class Command:
    """A command in a process of its own.

    `limit` is the largest file in bytes that it may write; `die_at` ends it by SIGKILL in the
    middle of its nth writing of a file.
    """

    def __init__(
        self,
        words: list[str],
        folder: Path,
        *,
        limit: int | None = None,
        die_at: tuple[str, int] | None = None,
    ) -> None:
        folder.mkdir(exist_ok=True)
        number = len(list(folder.iterdir()))
        self._out, self._err = (folder / f"{number:03}-{name}" for name in ("out", "err"))
        self.process = FORKS.Process(
            target=_command, args=(words, self._out, self._err, limit, die_at)
        )
        self.process.start()

    @property
    def out(self) -> str:
        return self._out.read_text() if self._out.exists() else ""

    @property
    def err(self) -> str:
        return self._err.read_text() if self._err.exists() else ""

    def wait(self) -> int:
        """Return the exit status."""
        self.process.join()
        return self.process.exitcode

    def signal(self, number: signal.Signals) -> int:
        """Send a signal; return the exit status."""
        os.kill(self.process.pid, number)
        return self.wait()

    def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            assert self.process.is_alive(), self.out + self.err
            time.sleep(0.005)


def _command(
    words: list[str], out: Path, err: Path, limit: int | None, die_at: tuple[str, int] | None
) -> None:
    os.setpgrp()
    for number, path in ((1, out), (2, err)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
    torch.set_num_threads(1)
    if limit is not None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    if die_at is not None:
        _die_at(*die_at)
    sys.exit(cli.main(words))


def _die_at(name: str, times: int) -> None:
    """Die when a half-written file would be moved to its place."""
    seen = 0

    def look(event: str, args: tuple[object, ...]) -> None:
        nonlocal seen
        if event == "os.rename" and Path(os.fspath(args[1])).name == name:
            seen += 1
            if seen == times:
                os.truncate(args[0], os.path.getsize(args[0]) // 2)
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(look)


def _create(root: str) -> str:
    return create_run(CONFIG, root).id


class Place:
    """A folder of runs, and what is done there."""

    def __init__(self, folder: Path, data: Path) -> None:
        self.runs, self._folder, self._data = folder / "runs", folder, data
        self._commands: list[Command] = []

    def train(self, config: TrainConfig = CONFIG, **options: object) -> Command:
        return self._start(["train", *config_flags(config)], **options)

    def resume(self, **options: object) -> Command:
        return self._start(["resume", "last"], **options)

    def _start(self, words: list[str], **options: object) -> Command:
        words += ["--runs", str(self.runs), "--data", str(self._data)]
        self._commands.append(Command(words, self._folder / "said", **options))
        return self._commands[-1]

    def leave(self) -> None:
        """End what is still at work."""
        for command in self._commands:
            if command.process.is_alive():
                command.signal(signal.SIGKILL)

    @property
    def run(self) -> Run:
        (run,) = list_runs(self.runs)
        return run

    def begin(self, command: Command) -> None:
        """Wait until the run trains: once more than it did before."""
        lines = self._beginnings()
        command.until(lambda: self._beginnings() > lines)

    def _beginnings(self) -> int:
        logs = [run.log_path for run in list_runs(self.runs)]
        return sum(log.read_text().count("mnist_cnn on CPU") for log in logs if log.exists())

    def stopped_after_an_epoch(self) -> Run:
        """Make a run that has one epoch."""
        run, stop = create_run(CONFIG, self.runs), StopFlag()

        def listen(event: Event) -> None:
            if isinstance(event, Epoch):
                stop.set(StopReason.REQUESTED)

        assert execute(run, data=str(self._data), listen=listen, stop=stop).status == "stopped"
        assert run.state().epoch == 1
        return run


@pytest.fixture
def place(tmp_path: Path, mnist_root: Path) -> Iterator[Place]:
    place = Place(tmp_path, mnist_root)
    yield place
    place.leave()


@pytest.fixture(scope="module")
def whole(mnist_root: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that nobody disturbed."""
    place = Place(tmp_path_factory.mktemp("whole"), mnist_root)
    command = place.train()
    assert (command.wait(), command.err) == (0, "")
    assert epochs_shown(command.out) == CONFIG.epochs
    assert place.run.state().status == "finished"
    return place.run


def epochs_shown(out: str) -> int:
    return len(re.findall(r"^epoch +\d+ .*validation loss", out, re.MULTILINE))


def tensors(run: Run) -> dict[str, Tensor]:
    """Return every weight of a run: of its best epoch, and of its last."""
    last = load_checkpoint(run.checkpoint_path)
    parts = {"best": load_weights(run.weights_path)[0].state_dict(), "last": last["model"]}
    return {f"{key} {name}": t for key, part in parts.items() for name, t in part.items()}


def check_same(run: Run, whole: Run) -> None:
    """Assert that a run ended as the one that nobody disturbed."""
    ignore = {"name", "created", "started", "ended"}
    assert run.state().model_dump(exclude=ignore) == whole.state().model_dump(exclude=ignore)
    mine, theirs = tensors(run), tensors(whole)
    assert [name for name in theirs if not torch.equal(mine[name], theirs[name])] == []
    card = read_card(run.weights_path)
    assert (card.epoch, card.accuracy()) == (
        run.state().best_epoch,
        run.state().validation_accuracy,
    )
    series, expected = (MetricReader(r.folder).read() for r in (run, whole))
    assert series.keys() == expected.keys()
    for tag, one in series.items():
        assert (one.steps[1:] > one.steps[:-1]).all(), tag
        if tag.startswith(("epoch/", "validation/", "confusion/")):
            assert one.steps.tolist() == expected[tag].steps.tolist(), tag
            assert one.values.tolist() == expected[tag].values.tolist(), tag
    assert series["train/loss"].steps[-1] == expected["train/loss"].steps[-1]
    assert list(run.folder.glob("*.tmp")) == []


def check_died(run: Run, epochs: int, capsys: pytest.CaptureFixture[str]) -> None:
    """Assert that a killed run says so, lost no epoch that was complete, and is whole."""
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


# --- stopped -----------------------------------------------------------------------------------


def test_interrupted_at_the_terminal_and_resumed(
    whole: Run, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "mnist_core",
            "train",
            *config_flags(CONFIG),
            "--runs",
            str(place.runs),
        ],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    while not list(place.runs.glob("*/last.pt")):
        assert process.poll() is None
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    run = place.run
    assert (process.returncode, err) == (130, "")
    assert out.startswith(f"run {run.id} in {run.folder}\n")
    assert f"resume with: python -m mnist_core resume {run.id}" in out
    state = run.state()
    assert (state.status, state.reason) == ("stopped", "stopped by SIGINT")
    assert state.epoch == epochs_shown(out) >= 1
    assert load_checkpoint(run.checkpoint_path)["epoch"] == state.epoch + 1
    assert cli.main(["runs", "--runs", str(place.runs)]) == 0
    assert "stopped by SIGINT" in capsys.readouterr().out
    again = place.resume()
    assert (again.wait(), again.err) == (0, "")
    assert epochs_shown(again.out) == CONFIG.epochs - state.epoch
    check_same(run, whole)


def test_terminated_and_resumed(whole: Run, place: Place) -> None:
    command = place.train()
    place.begin(command)
    assert command.signal(signal.SIGTERM) == 130
    assert command.err == ""
    assert (place.run.state().status, place.run.state().reason) == ("stopped", "stopped by SIGTERM")
    assert place.run.checkpoint_path.is_file()
    assert place.resume().wait() == 0
    check_same(place.run, whole)


def test_stopped_by_the_command(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    command = place.train()
    command.until(lambda: any(r.checkpoint_path.is_file() for r in list_runs(place.runs)))
    assert cli.main(["stop", "last", "--runs", str(place.runs)]) == 0
    assert capsys.readouterr().out == f"run {place.run.id} stopped: stopped on request\n"
    assert (command.wait(), command.err) == (0, "")
    assert "resume with" in command.out
    assert load_checkpoint(place.run.checkpoint_path)["epoch"] == place.run.state().epoch + 1


def test_terminated_while_the_data_is_read(place: Place) -> None:
    command = place.train()
    command.until(lambda: any('"running"' in path.read_text() for path in states(place)))
    assert command.signal(signal.SIGTERM) == 130
    assert "Traceback" not in command.err
    assert (place.run.state().status, place.run.state().epoch) == ("stopped", 0)


def states(place: Place) -> list[Path]:
    return [run.state_path for run in list_runs(place.runs) if run.state_path.exists()]


def test_interrupted_with_the_processes_that_load_its_data(place: Place) -> None:
    command = place.train(CONFIG.with_changes(loader="dataloader", loader_workers=1))
    place.begin(command)
    os.killpg(command.process.pid, signal.SIGINT)  # a terminal interrupts all of them
    assert (command.wait(), command.err) == (130, "")
    assert place.run.state().status == "stopped"


# --- killed ------------------------------------------------------------------------------------


def test_killed_again_and_again(
    whole: Run, place: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    chance, kills = random.Random(4), 0
    command = place.train()
    place.begin(command)
    while kills < 5:
        epochs = place.run.state().epoch
        time.sleep(chance.uniform(0, 0.4))
        if command.signal(signal.SIGKILL) == 0:
            break
        kills += 1
        check_died(place.run, epochs + epochs_shown(command.out), capsys)
        command = place.resume()
        place.begin(command)
    assert kills >= 2
    assert command.wait() == 0
    check_same(place.run, whole)


@pytest.mark.parametrize(
    ("name", "times", "epochs"),
    [
        ("best.safetensors", 1, 0),
        ("best.json", 2, 1),
        ("last.pt", 2, 1),
        ("state.json", 6, 2),  # after "queued", "running", the device and two epochs: the last
        ("evaluation.json", 1, 3),
    ],
)
def test_killed_in_the_middle_of_writing(
    whole: Run,
    place: Place,
    capsys: pytest.CaptureFixture[str],
    name: str,
    times: int,
    epochs: int,
) -> None:
    command = place.train(die_at=(name, times))
    assert command.wait() == -signal.SIGKILL
    assert place.run.state().epoch == epochs
    check_died(place.run, epochs_shown(command.out), capsys)
    again = place.resume()
    assert (again.wait(), again.err) == (0, "")
    check_same(place.run, whole)


# --- several at once ---------------------------------------------------------------------------


def test_one_run_is_carried_out_by_one_process(place: Place) -> None:
    first = place.train(CONFIG.with_changes(epochs=1000))
    place.begin(first)
    second = place.resume()
    assert second.wait() == 2
    assert second.err == f"error: run {place.run.id} is already running in another process\n"
    assert place.run.state().status == "running"
    assert first.signal(signal.SIGTERM) == 130


def test_renamed_while_it_runs(place: Place) -> None:
    config = CONFIG.with_changes(epochs=50, training_size=100, validation_size=100)
    command = place.train(config)
    place.begin(command)
    number = 0
    while command.process.is_alive():
        number += 1
        place.run.rename(f"number {number}")
    assert (command.wait(), command.err) == (0, "")
    state = place.run.state()
    assert (state.status, state.epoch, state.name) == ("finished", 50, f"number {number}")


def test_runs_made_at_once_by_two_processes(tmp_path: Path) -> None:
    with ProcessPoolExecutor(2, mp_context=FORKS) as pool:
        ids = list(pool.map(_create, [str(tmp_path)] * 40))
    assert len(set(ids)) == 40
    assert {run.id for run in list_runs(tmp_path)} == set(ids)
    assert {run.state().status for run in list_runs(tmp_path)} == {"queued"}


# --- no room -----------------------------------------------------------------------------------


def test_a_checkpoint_that_finds_no_room(place: Place) -> None:
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


def test_an_older_checkpoint_stays_when_the_new_one_finds_no_room(whole: Run, place: Place) -> None:
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


def test_metrics_that_find_no_room(place: Place) -> None:
    # the configuration and conv1 fit; many steps
    command = place.train(CONFIG.with_changes(batch_size=10), limit=1_500)
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
    words = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(words, capture_output=True, check=False).returncode == 0
    except OSError:
        mounted = False
    if not mounted:
        pytest.skip("no disk can be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk(whole: Run, place: Place, disk: Path) -> None:
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


def test_a_folder_that_cannot_be_made(place: Place, tmp_path: Path) -> None:
    (tmp_path / "runs").touch()
    command = place.train()
    assert command.wait() == 2
    assert command.err.startswith(f"error: {tmp_path / 'runs'}: cannot be made a folder")
    assert command.err.count("\n") == 1
