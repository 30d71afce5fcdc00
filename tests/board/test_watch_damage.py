"""The page Watch of runs that are damaged, deleted or killed."""

from __future__ import annotations

import json
import random
import re
import shutil
from pathlib import Path

import pytest
from support.board_app import open_page, press, show, unescape
from support.damage import DAMAGE
from support.training import small
from support.watch_page import chart, copy_of, metric, numbers

from mnist_core.runs.metric_writer import MetricWriter
from mnist_core.runs.run_list import create_run, list_runs
from mnist_core.training.events import Step


@pytest.fixture
def root(watched_root: Path) -> Path:
    return watched_root


def test_damaged_runs_are_named_and_affect_no_other(root: Path) -> None:
    (good,) = list_runs(root)
    for damage in DAMAGE.values():
        for name in ("state.json", "config.json", "name.txt"):
            run = copy_of(good, root / f"20300101-{name}-{len(list_runs(root))}")
            run.rename("a name")
            damage(run.folder / name)
    broken = create_run(small(), root)
    broken.state_path.write_text("[" * 3000)
    page = open_page("watch", broken.id)
    assert f"run {broken.id} is damaged" in unescape(page.error[0].value)
    assert len(page.selectbox[0].options) == 3 * len(DAMAGE) + 2
    page.selectbox[0].set_value(good.id).run()
    assert not page.error
    assert "finished" in metric(page, "Status")


@pytest.mark.parametrize("damage", ["list", "FIFO", "nested 3,000 deep"])
def test_a_damaged_configuration_is_named(root: Path, damage: str) -> None:
    (run,) = list_runs(root)
    DAMAGE[damage](run.config_path)
    assert "config.json" in unescape(open_page("watch").error[0].value)


@pytest.mark.parametrize("damage", DAMAGE)
def test_damaged_metrics_and_logs_are_left_out(root: Path, damage: str) -> None:
    (run,) = list_runs(root)
    for path in (run.log_path, *run.folder.glob("*tfevents*")):
        DAMAGE[damage](path)
    page = open_page("watch")
    assert "finished" in metric(page, "Status")
    assert not page.error


def test_damaged_metrics_are_reported_with_their_first_step(root: Path) -> None:
    (run,) = list_runs(root)
    (file,) = run.folder.glob("*tfevents*")
    content, noise = file.read_bytes(), random.Random(1).randbytes(200)
    start = 0
    for _ in range(3):  # the noise destroys the length of the fourth record
        start += 16 + int.from_bytes(content[start : start + 8], "little")
    file.write_bytes(content[: start - 100] + noise + content[start + 100 :])
    page = open_page("watch")
    message = unescape(page.warning[0].value)
    step = int(re.search(r"damaged or missing from step (\d+) on", message)[1])
    shown = [line for line in chart(page, "Learning rate")["data"] if "x" in line]
    assert all(numbers(line["x"]).max() < step for line in shown)
    assert "finished" in metric(page, "Status")
    (run.folder / file.name).unlink()
    page = open_page("watch")
    assert "damaged or missing from step 1 on" in unescape(page.warning[0].value)


def test_a_watched_run_whose_folder_is_deleted_is_said_to_be_gone(root: Path) -> None:
    (other,) = list_runs(root)
    run = create_run(small(), root, "watched")
    with run.exclusive():
        run.update_state(status="running")
        page = open_page("watch", run.id)
        shutil.rmtree(run.folder)
        for _ in range(2):  # the page stays there
            page = show(page.run())
            assert f"{run.id}: there is no such run any more" in unescape(page.warning[0].value)
            assert page.selectbox[0].value is None
            assert not page.metric
    page = show(page.selectbox[0].set_value(other.id).run())
    assert not page.warning
    assert "finished" in metric(page, "Status")


def test_a_stopped_run_shows_the_step_at_which_it_goes_on(root: Path) -> None:
    run = create_run(small(), root)
    writer = MetricWriter(run.folder)
    writer.write(Step(1, 2, 40, 0.5, 0.5, 0.01, 1000.0))
    writer.close()
    run.update_state(status="stopped", step=5, reason="stopped by SIGINT")
    assert "step 5 of" in open_page("watch", run.id).get("progress")[0].proto.text


def test_a_run_whose_process_was_killed_is_shown_as_failed(root: Path) -> None:
    run = create_run(small(), root)
    with run.exclusive():
        run.update_state(status="running", drawn=12_000, drawings=240_000)
        page = open_page("watch", run.id)
        assert "running" in metric(page, "Status")
        assert page.info[0].value == "Generates drawings: 12,000 of 240,000"
        writer = MetricWriter(run.folder)
        writer.write(Step(1, 30, 40, 0.5, 0.5, 0.01, 1000.0))
        writer.close()
    page.run()  # the kernel has released the lock: the process has exited
    assert "killed" in page.error[0].value
    message = unescape(page.error[0].value)
    assert "no epoch was complete: resume trains from the start" in message
    assert "step 0 of" in page.get("progress")[0].proto.text
    page = press(page, "Resume")
    assert "step 0 of" in page.get("progress")[0].proto.text
    run.leave_queue()
    run.checkpoint_path.touch()  # of a stop in epoch 1
    run.update_state(status="running")
    page = open_page("watch", run.id)
    assert "continues from the last checkpoint, in epoch 1" in page.error[0].value


def test_text_from_files_is_neither_markdown_nor_an_escape_sequence(root: Path) -> None:
    run = create_run(small(), root, "**bold** \x1b[31mred\x1b[0m")
    state = json.loads(run.state_path.read_text())
    reason = "\x1b[2J# [click](x) `code` $x$ :red[y]\nsecond line"
    run.state_path.write_text(json.dumps({**state, "status": "failed", "reason": reason}))
    page = open_page("watch", run.id)
    error = page.error[0].value
    assert unescape(error) == "[2J# [click](x) `code` $x$ :red[y] second line"
    assert not re.search(r"(?<!\\)[\[\]`$#]", error)
    assert page.selectbox[0].options[0].startswith("**bold** [31mred [0m · ")
