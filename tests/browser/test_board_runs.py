"""Runs and searches started, watched, stopped and deleted in the dashboard, in a real browser."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect
from support.board_page import BoardPage
from support.search_in_browser import (
    expect_a_finished_sweep,
    expect_a_sweep_to_refuse_a_path,
    expect_jobs_to_wait_in_order,
    pretend_to_work,
)
from support.train_in_browser import (
    expect_a_card_to_stay_selected,
    expect_weights_by_name_only,
    start_from_the_form,
)
from support.training import PausedRun, part
from support.waiting import until
from support.watch_in_browser import (
    delete_the_folder,
    download_and_rename,
    expect_axis_and_colours,
    expect_deletion_to_be_named,
    expect_details,
    expect_gpu_charts,
    expect_origin,
    expect_section,
)

from mnist_core.data.mnist import Split
from mnist_core.runs.metric_writer import MetricWriter
from mnist_core.runs.origin import Provenance, RunOrigin
from mnist_core.runs.queue import enqueue
from mnist_core.runs.queue_devices import queue_lock_path
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run
from mnist_core.runs.runner import execute
from mnist_core.search.job_control import list_jobs
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import Step
from mnist_core.utils.json_files import write_json
from mnist_core.utils.locks import exclusive_lock
from mnist_core.utils.usage import Usage

pytestmark = pytest.mark.browser


NOTIFICATIONS = """() => {
    window.notified = [];
    window.Notification = class {
        static permission = "default";
        static async requestPermission() { return (this.permission = "granted"); }
        constructor(title, { body }) { notified.push(`${title}: ${body}`); }
    } }"""
"""Headless Chromium shows no notifications, and says that they are denied."""


def test_a_run_is_started_watched_stopped_and_resumed(
    open_board: Callable[..., BoardPage],
    folders: dict[str, str],
    cards: Path,
    small_splits: tuple[Split, Split],
) -> None:
    """This process trains it, in the place of the queue's worker."""
    root = Path(folders["MNIST_RUNS"])
    board = open_board()
    board.open("train", title="Train a network")
    expect_a_card_to_stay_selected(board, cards, root)
    expect_weights_by_name_only(board)
    board.page.evaluate(NOTIFICATIONS)  # nothing is loaded until the end of the test
    with exclusive_lock(queue_lock_path(root, "cpu"), timeout=60):
        run = start_from_the_form(board, root)
        splits = part(small_splits, 1000, 500)
        training = PausedRun(run, splits)
        training.go_on(3)  # an epoch has 7 reports
        board.status("running")  # its script runs again and again: it is never settled for long
        expect_zoom_to_stay(board, training)
        training.complete_epoch()
        until(lambda: run.state().epoch == 1)
        expect_section(board, "Newest epoch", "Confusion matrix", "Highest loss")
        board.button("Stop").click()
        board.status("stopped")
        training.wait_until_stopped()
        board.settle()
        assert run.checkpoint_path.is_file()
        board.page.get_by_text("Stopped on request. Resume continues from there.").wait_for()
        expect_charts_in_the_first_third(board)

        bell = allow_notifications(board)
        board.button("Resume").click()
        board.status("queued")
        execute(run, splits=splits, if_queued=True)
    board.status("finished")
    board.page.wait_for_function("notified.length")
    accuracy = f"Validation accuracy {run.state().validation_accuracy:.2%}"
    assert board.page.evaluate("notified") == [f"small batches: Finished · {accuracy}"]
    expect(bell).to_have_count(0)  # nothing more can end
    assert run.state().validation_accuracy > 0.7
    assert "resumes after epoch 1" in run.log_path.read_text()
    expect_details(board, run)
    download_and_rename(board, run)
    expect_axis_and_colours(board)
    expect_section(board, "Layers", "Update ratios", "Weights", "Gradient")
    expect_section(board, "Use of the machine", "Busy CPU cores", "Memory of the process")
    delete_the_folder(board, run)
    board.page.emulate_media(color_scheme="light")


def expect_zoom_to_stay(board: BoardPage, training: PausedRun) -> None:
    """Zoom in, then let the curve grow."""
    board.wait_for_points("Loss", 2)
    chart = board.page.locator(".live-chart").first
    chart.scroll_into_view_if_needed()
    first, points = board.axis("Loss")[0], board.points("Loss")
    box = chart.bounding_box()
    board.page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 100)
    board.page.mouse.down()
    board.page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 200, steps=2)
    board.page.mouse.up()
    zoomed = board.axis("Loss")
    assert zoomed[0] > first
    training.go_on(2)
    board.wait_for_points("Loss", points)
    assert board.axis("Loss") == zoomed


def expect_charts_in_the_first_third(board: BoardPage) -> None:
    chart = board.page.locator(".live-chart").first
    top = chart.evaluate("chart => chart.getBoundingClientRect().top + scrollY")
    assert top < board.page.viewport_size["height"] / 3


def allow_notifications(board: BoardPage) -> Locator:
    """Press the bell, and hide the page; return the bell."""
    assert board.page.evaluate("Notification.permission") == "default", "asked for by a click only"
    bell = board.button("Notify me when it ends")
    bell.click()
    expect(bell).to_have_attribute("aria-pressed", "true")
    board.page.evaluate("Object.defineProperty(document, 'hidden', { value: true })")
    return bell


def write_damaged_metrics(run: Run) -> None:
    """Write metrics of 30 steps on a GPU, then 200 random bytes over those that follow step 10."""
    writer = MetricWriter(run.folder)
    (file,) = run.folder.glob("*tfevents*")
    usage = Usage(1.5, 2**30, 2**20, 3 * 2**20, 0.75, 61)
    for step in range(1, 31):
        writer.write(
            Step(1, step, 429, 0.5, 0.5, 0.01, 1000.0, usage=usage, skipped_steps=step % 2)
        )
        if step == 10:
            intact = file.stat().st_size
    writer.close()
    content = bytearray(file.read_bytes())
    content[intact : intact + 200] = random.Random(1).randbytes(200)
    file.write_bytes(content)


@pytest.fixture(scope="module")
def board(visit: BoardPage) -> BoardPage:
    """A visit for tests that choose their page."""
    visit.open("search", title="Search")
    return visit


def test_a_killed_run_is_deleted_after_confirmation(
    board: BoardPage, folders: dict[str, str]
) -> None:
    root = folders["MNIST_RUNS"]
    parent = create_run(TrainConfig(), root, "its parent")
    origin = RunOrigin(parent=parent.id)
    run = create_run(TrainConfig(init_weights="default"), root, "not wanted", origin)
    source = Provenance(commit="0a1b2c3", modified=True, environment={"torch": "2.99"})
    write_json(run.folder / "provenance.json", source)
    write_damaged_metrics(run)
    run.update_state(status="running", step=30)  # there is no process
    board.go_in_history(f"watch?run={run.id}")
    board.status("failed")
    for text in (
        "no epoch was complete: resume trains from the start",
        "Epoch 1 of 20 · step 0 of",
        "Its metrics are damaged or missing from step 11 on",
        "5 of 10 training steps were skipped",
    ):
        expect(board.page.get_by_text(text, exact=False)).to_be_visible()
    expect_gpu_charts(board)
    with parent.exclusive():
        parent.update_state(status="running")
        expect_origin(board, parent)
        board.status("running")
        shutil.rmtree(parent.folder)
        expect_deletion_to_be_named(board, parent)
    board.page.get_by_role("combobox", name="Run").click()
    board.page.get_by_role("option", name="not wanted").click()
    board.status("failed")
    board.button("Delete").click()
    dialog = board.page.get_by_role("dialog")
    expect(dialog).to_contain_text("cannot be undone")
    dialog.get_by_role("button", name="Keep").click()
    expect(dialog).to_have_count(0)
    assert run.folder.is_dir()
    board.button("Delete").click()
    expect(dialog).to_be_visible()
    board.settle()  # a page drawn while it trains would be refreshed afterwards, without the dialog
    with run.exclusive():
        dialog.get_by_role("button", name="Delete", exact=True).click()
        expect(dialog).to_contain_text("is running; stop it first")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(dialog).to_have_count(0)
    board.settle()
    assert not run.folder.exists()
    assert "not wanted" not in board.page.locator("[data-testid=stMain]").inner_text()


def test_a_search_is_stopped_resumed_and_deleted(board: BoardPage, folders: dict[str, str]) -> None:
    board.go("Search", title="Search")
    main = board.page.get_by_test_id("stMain")
    board.number("Steps").fill("20000")
    board.number("Steps").press("Enter")
    board.settle()
    root = Path(folders["MNIST_RUNS"])
    stopped = main.get_by_text("Stopped. Resume continues the same request.")
    # a thread takes the place of the queue's worker
    with exclusive_lock(queue_lock_path(root, "cpu"), timeout=60), ThreadPoolExecutor(1) as pool:
        first = create_run(TrainConfig(device="cpu"), root, "the first")
        enqueue(first)
        board.button("Start").dblclick()
        expect(main.get_by_text("Ahead of it in the queue: 1 (the first)")).to_be_visible()
        first.delete()
        (job,) = list_jobs(root)
        work = pool.submit(pretend_to_work, job)
        expect(main.get_by_text("Step ", exact=False).first).to_be_visible()
        board.button("Stop").click()
        expect(stopped).to_be_visible()
        work.result()
        assert job.state().status == "stopped"
        board.button("Resume").click()
        expect(stopped).to_have_count(0)
        until(job.is_in_queue)
        expect_jobs_to_wait_in_order(board, root)
        board.button("Stop").click()
        expect(stopped).to_be_visible()
    board.button("Delete").click()
    dialog = board.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(dialog).to_have_count(0)
    board.settle()
    assert not job.folder.exists()
    board.page.get_by_role("radio", name="Hyperparameters").click()
    expect_a_sweep_to_refuse_a_path(board)
    expect_a_finished_sweep(board, root)
