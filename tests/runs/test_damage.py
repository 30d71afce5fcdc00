"""Damaged files in run folders: each is named, and affects only its own run."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
from pathlib import Path

import pytest
from support.damage import DAMAGE
from support.training import Splits, part, small

from mnist_core import MnistCoreError
from mnist_core.cli.main import main
from mnist_core.runs.compare import result
from mnist_core.runs.conv1_history import Conv1History
from mnist_core.runs.evaluation import run_evaluation
from mnist_core.runs.metric_log import MetricReader
from mnist_core.runs.queue import enqueue, waiting
from mnist_core.runs.run import Run
from mnist_core.runs.run_classifier import load_run_classifier
from mnist_core.runs.run_list import create_run, list_runs
from mnist_core.runs.runner import execute
from mnist_core.runs.signals import StopFlag
from mnist_core.runs.state import StopReason
from mnist_core.training.events import Epoch, Event
from mnist_core.utils.json_files import write_json

CONFIG = small(epochs=2)
Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def few(small_splits: Splits) -> Splits:
    """100 training and 100 validation images: 2 steps an epoch."""
    return part(small_splits, 100, 100)


@pytest.fixture(scope="module")
def source(few: Splits, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that was stopped after its first epoch, with every file that a run can have."""
    run, stop = create_run(CONFIG, tmp_path_factory.mktemp("source")), StopFlag()

    def listen(event: Event) -> None:
        if isinstance(event, Epoch):
            stop.set(StopReason.REQUESTED)

    execute(run, splits=few, listen=listen, stop=stop)
    run_evaluation_of(run, few)
    run.rename("a name")
    for name in ("stop", "process.txt"):
        (run.folder / name).write_text("some text\n")
    enqueue(run)
    return run


def run_evaluation_of(run: Run, splits: Splits) -> None:
    from mnist_core.evaluation.scores import evaluate
    from mnist_core.models.weights import load_weights

    write_json(run.evaluation_path, evaluate(load_weights(run.weights_path)[0], splits[1]))


def files(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def copy_of(run: Run, root: Path, number: int = 0) -> Run:
    return Run(Path(shutil.copytree(run.folder, root / f"20200101-{number:06}-damaged")))


@pytest.mark.parametrize("damage", DAMAGE)
def test_any_damaged_file_affects_only_its_run(
    source: Run, few: Splits, tmp_path: Path, capsys: Capture, damage: str
) -> None:
    """As many damaged runs as a run has files, each with another damaged file."""
    good = create_run(CONFIG, tmp_path)
    enqueue(good)
    names = files(source.folder)
    assert len(names) >= 11
    damaged = [copy_of(source, tmp_path, number) for number in range(len(names))]
    for name, run in zip(names, damaged, strict=True):
        DAMAGE[damage](run.folder / name)
    # lists and the queue
    assert good.id in [one.id for one in list_runs(tmp_path)]
    assert good.id in in_queue(tmp_path)
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    assert good.id in capsys.readouterr().out
    for run in damaged:
        # everything that reads the run either works or names what is wrong
        for read in (
            run.state,
            run.config,
            run.log_tail,
            lambda run=run: run.rename("another"),
            lambda run=run: result(run, MetricReader(run.folder).read()),
            lambda run=run: Conv1History(run).stage(1),
            lambda run=run: load_run_classifier(run, "best"),
            lambda run=run: run.evaluation_path.exists() and run_evaluation(run),
            lambda run=run: execute(run, splits=few),
        ):
            with contextlib.suppress(MnistCoreError):
                read()
        run.delete()
        assert not os.path.lexists(run.folder)


def in_queue(root: Path) -> list[str]:
    return [one.item.id for one in waiting(root)]


@pytest.mark.parametrize(
    "fields",
    [
        {"epoch": -5},
        {"epochs": 10**30},
        {"epoch": "many"},
        {"best_epoch": 1.5},
        {"validation_accuracy": 7},
        {"validation_accuracy": -0.1},
        {"validation_loss": "1e999"},
        {"validation_loss": -1},
        {"status": "dancing"},
        {"status": None},
        {"stop_reason": "weather"},
        {"pid": 0},
        {"created": "yesterday"},
        {"ended": "2026-01-01T00:00:00"},
        {"name": ["a"]},
    ],
    ids=str,
)
def test_values_out_of_their_bounds(
    tmp_path: Path, capsys: Capture, fields: dict[str, object]
) -> None:
    good, bad = create_run(CONFIG, tmp_path), create_run(CONFIG, tmp_path)
    state = json.loads(bad.state_path.read_text())
    bad.state_path.write_text(json.dumps({**state, **fields}).replace('"1e999"', "1e999"))
    with pytest.raises(MnistCoreError, match=r"state\.json: this file is damaged"):
        bad.state()
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert f"run {bad.id} is damaged" in out
    assert re.search(rf"^{good.id} +.*queued", out, re.MULTILINE)


def test_states_of_older_versions_are_read(tmp_path: Path) -> None:
    run = create_run(CONFIG, tmp_path)
    run.state_path.write_text('{"status": "stopped", "reason": "stopped by SIGTERM", "epoch": 1}')
    state = run.state()
    assert (state.status, state.stop_reason, state.epoch) == ("stopped", None, 1)


def test_control_characters_reach_neither_terminal_nor_file(
    tmp_path: Path, capsys: Capture
) -> None:
    run = create_run(CONFIG, tmp_path, "a\x1b[31mred\nname\u202e\x07 é 数字")
    assert run.state().name == "a [31mred name é 数字"
    run.update_state(status="failed", reason="\x1b]0;title\x07 a\r\nb")
    assert "\\u001b" not in run.state_path.read_text()
    state = json.loads(run.state_path.read_text())
    run.state_path.write_text(json.dumps({**state, "reason": "\x1b[2Jcleared"}))
    assert main(["runs", "--runs", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert " [2Jcleared" in out


# --- symbolic links and removed folders ----------------------------------------------------------


def test_deleting_a_link_to_a_run_removes_the_link_only(source: Run, tmp_path: Path) -> None:
    elsewhere = copy_of(source, tmp_path)
    root = tmp_path / "runs"
    root.mkdir()
    (root / "linked").symlink_to(elsewhere.folder)
    before = files(elsewhere.folder)
    (run,) = list_runs(root)
    run.delete()
    assert list_runs(root) == []
    assert files(elsewhere.folder) == before


def test_files_behind_links_are_never_written(few: Splits, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    run = create_run(CONFIG, tmp_path / "runs")
    for name in ("log.txt", "lock", "stop", "evaluation.json", "best.safetensors", "process.txt"):
        (run.folder / name).symlink_to(precious)
    with pytest.raises(MnistCoreError, match="lock: cannot be created"):
        execute(run, splits=few)
    (run.folder / "lock").unlink()
    with pytest.raises(MnistCoreError, match=r"log\.txt: cannot be written"):
        execute(run, splits=few)
    (run.folder / "log.txt").unlink()
    assert execute(run, splits=few).status == "finished"
    assert precious.read_text() == "precious"


@pytest.mark.parametrize("name", ["last.pt", "best.safetensors"])
def test_a_checkpoint_that_is_no_file_is_not_ignored(
    source: Run, few: Splits, tmp_path: Path, name: str
) -> None:
    run = copy_of(source, tmp_path)
    DAMAGE["FIFO"](run.folder / name)
    if name == "last.pt":
        with pytest.raises(MnistCoreError, match=r"last\.pt.*delete it to train from the start"):
            execute(run, splits=few)
    else:
        assert execute(run, splits=few).status == "finished"
