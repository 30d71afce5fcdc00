"""Commands in processes of their own, which are held, signalled or killed at a point of their work.

A process is signalled or killed at a point of its work, never after a time: an audit hook sees each
file that it moves into place.
"""

from __future__ import annotations

import multiprocessing
import os
import re
import resource
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from mnist_core.cli import main as cli
from mnist_core.models.card_file import read_card
from mnist_core.models.weights import load_weights
from mnist_core.runs.metric_log import MetricReader
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run, list_runs
from mnist_core.runs.runner import execute
from mnist_core.runs.signals import StopFlag
from mnist_core.runs.state import StopReason
from mnist_core.training.checkpoint import load_checkpoint
from mnist_core.training.command_line import config_flags
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import Epoch, Event

CONFIG = TrainConfig(
    model="mnist_cnn",
    epochs=3,
    batch_size=50,
    learning_rate=5e-3,
    augment="article",
    ema_decay=0.5,
    training_size=100,
    validation_size=100,
    device="cpu",
)

# torch is imported once, in a process from which the commands are forked
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        *("mnist_core.cli.main", "mnist_core.runs.runner", "mnist_core.cli.progress", "pytest"),
        "mnist_core.search.sweep",
        *("tensorboard.summary.writer.record_writer", "torch._dynamo", "scipy.optimize"),
        "PIL.PngImagePlugin",
        "support.preloaded",
    ]
)


class Command:
    """A command in a process of its own.

    Parameters
    ----------
    limit : int, optional
        Largest file in bytes that it may write.
    kill_at : (name, times), optional
        SIGKILL ends it while it moves a half-written file of that name into place for the nth time;
        the name "*" counts all files.
    hold_at : (name, times), optional
        It waits there until `release`.
    """

    def __init__(
        self,
        args: list[str],
        folder: Path,
        *,
        limit: int | None = None,
        kill_at: tuple[str, int] | None = None,
        hold_at: tuple[str, int] | None = None,
    ) -> None:
        number = len(list(folder.glob("*-out"))) if folder.exists() else 0
        folder.mkdir(exist_ok=True)
        self._out, self._err, self._held, self._released = (
            folder / f"{number:03}-{name}" for name in ("out", "err", "held", "released")
        )
        self.process = FORKS.Process(target=self._run, args=(args, limit, kill_at, hold_at))
        self.process.start()
        if hold_at is not None:
            self.until(self._held.exists)

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

    def release(self) -> int:
        """Let it continue; return the exit status."""
        self._released.touch()
        return self.wait()

    def signal(self, number: signal.Signals) -> int:
        """Send a signal, let it continue, and return the exit status."""
        os.kill(self.process.pid, number)
        return self.release()

    def until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            assert self.process.is_alive(), self.out + self.err
            time.sleep(0.005)

    def __getstate__(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if name != "process"}

    def _run(
        self,
        args: list[str],
        limit: int | None,
        kill_at: tuple[str, int] | None,
        hold_at: tuple[str, int] | None,
    ) -> None:
        """Run the command in this process."""
        os.setpgrp()
        for number, path in ((1, self._out), (2, self._err)):
            os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT), number)
        torch.set_num_threads(1)
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        if kill_at is not None:
            at_rename(*kill_at, kill_with_half_a_file)
        if hold_at is not None:
            at_rename(*hold_at, lambda _path: self._hold())
        sys.exit(cli.main(args))

    def _hold(self) -> None:
        self._held.touch()
        while not self._released.exists():
            time.sleep(0.005)


def at_rename(name: str, times: int, act: Callable[[str], None]) -> None:
    """Act when this process is about to move a file into place, for the nth time."""
    count = 0

    def hook(event: str, args: tuple[object, ...]) -> None:
        nonlocal count
        if event == "os.rename" and name in ("*", Path(os.fspath(args[1])).name):
            count += 1
            if count == times:
                act(os.fspath(args[0]))

    sys.addaudithook(hook)


def kill_with_half_a_file(path: str) -> None:
    os.truncate(path, os.path.getsize(path) // 2)
    os.kill(os.getpid(), signal.SIGKILL)


def create(root: str) -> str:
    return create_run(CONFIG, root).id


class Workspace:
    """A folder of runs, and the commands that use it."""

    def __init__(self, folder: Path, data: Path) -> None:
        self.runs, self._folder, self._data = folder / "runs", folder, data
        self._commands: list[Command] = []

    def train(self, config: TrainConfig = CONFIG, **options: object) -> Command:
        return self._start(["train", *config_flags(config)], **options)

    def resume(self, **options: object) -> Command:
        return self._start(["resume", "last"], **options)

    def _start(self, args: list[str], **options: object) -> Command:
        args += ["--runs", str(self.runs), "--data", str(self._data)]
        self._commands.append(Command(args, self._folder / "output", **options))
        return self._commands[-1]

    def close(self) -> None:
        """End what is still running."""
        for command in self._commands:
            if command.process.is_alive():
                command.process.kill()
                command.wait()

    @property
    def run(self) -> Run:
        (run,) = list_runs(self.runs)
        return run

    def stopped_after_an_epoch(self) -> Run:
        """Make a run that has completed one epoch."""
        run, stop = create_run(CONFIG, self.runs), StopFlag()

        def listen(event: Event) -> None:
            if isinstance(event, Epoch):
                stop.set(StopReason.REQUESTED)

        assert execute(run, data=str(self._data), listen=listen, stop=stop).status == "stopped"
        assert run.state().epoch == 1
        return run


def epochs_shown(out: str) -> int:
    return len(re.findall(r"^epoch +\d+ .*validation loss", out, re.MULTILINE))


def tensors(run: Run) -> dict[str, Tensor]:
    """Return every weight of a run: of its best epoch, and of its last."""
    last = load_checkpoint(run.checkpoint_path)
    parts = {"best": load_weights(run.weights_path)[0].state_dict(), "last": last["model"]}
    return {f"{key} {name}": t for key, part in parts.items() for name, t in part.items()}


def check_same(run: Run, whole: Run) -> None:
    """Assert that a run ended as the uninterrupted one."""
    ignore = {"name", "created", "started", "resumed", "ended", "trained_seconds"}
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
        if tag.startswith(("validation/", "confusion/")):
            assert one.values.tolist() == expected[tag].values.tolist(), tag
    assert series["train/loss"].steps[-1] == expected["train/loss"].steps[-1]
    assert list(run.folder.glob("*.tmp")) == []
