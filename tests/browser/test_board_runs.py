"""Runs and searches started, watched, stopped and deleted in the dashboard, in a real browser."""

from __future__ import annotations

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect
from support.board_page import BoardPage
from support.jobs import create_job
from support.sweeps import FakeTrainer, run_worker, sweep_request
from support.training import PausedRun, part
from support.waiting import until
from support.watch_in_browser import (
    download_and_rename,
    expect_axis_and_colours,
    expect_deletion_to_be_named,
    expect_details,
    expect_section,
)

from mnist_core.data.mnist import Split
from mnist_core.runs.metric_writer import MetricWriter
from mnist_core.runs.queue import enqueue
from mnist_core.runs.queue_devices import queue_lock_path
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run, list_runs
from mnist_core.runs.runner import execute
from mnist_core.runs.state import StopReason
from mnist_core.search.job import Job
from mnist_core.search.job_control import list_jobs
from mnist_core.search.job_state import JobEnd, JobProgress, JobStatus
from mnist_core.search.results import TrialStatus
from mnist_core.search.sweep_list import delete_sweep
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import Step
from mnist_core.utils.json_files import write_json
from mnist_core.utils.locks import exclusive_lock

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
    expect_a_card_to_stay_selected(board, cards)
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
    expect_deletion_to_be_named(board, run)
    board.page.emulate_media(color_scheme="light")


def expect_a_card_to_stay_selected(board: BoardPage, cards: Path) -> None:
    """Select one of two equal cards; its load changes. Afterwards there are no cards."""
    board.tab("Advanced")
    picker = board.page.get_by_role("combobox", name="Device")
    picker.click()
    options = board.page.get_by_role("option")
    expect(options).to_have_text(["automatic", "CPU", "cuda:0 · A card", "cuda:1 · A card"])
    cards.write_text("[0, 37]", encoding="utf-8")
    options.last.click()
    expect(board.page.get_by_text("cuda:1: 3.0 / 80 GiB, load 37%")).to_be_visible()
    expect(picker).to_have_value("cuda:1 · A card")
    expect(board.page.get_by_text("Trains on cuda:1 · A card.")).to_be_visible()
    expect(board.page.get_by_text("Estimated duration: ", exact=False)).to_be_visible()
    expect(board.button("Start")).to_be_enabled()
    cards.unlink()


def expect_other_epochs_to_be_refused(board: BoardPage) -> None:
    """Enter a number that is too large."""
    board.number("Epochs").fill("100000")
    board.number("Epochs").press("Enter")
    refused = board.page.get_by_text("epochs is 100000; it must be an integer at least 1")
    expect(refused).to_be_visible()
    start = board.button("Start")
    expect(start).to_be_disabled()
    expect(start).not_to_have_css("color", "rgb(255, 255, 255)")  # the page's


def start_from_the_form(board: BoardPage, root: Path) -> Run:
    """Start the article's network with other numbers in the form."""
    before = {run.id for run in list_runs(root)}
    board.page.get_by_text("article", exact=True).click()
    # what is entered before the form has the article's numbers would be replaced by them
    expect(board.number("Epochs")).to_have_value("10")
    expect_other_epochs_to_be_refused(board)
    numbers = {"Epochs": 2, "Batch size": 8, "Training size": 1000}
    for label, value in numbers.items():
        box = board.number(label)
        if not box.is_visible():
            board.tab("Data")
        box.fill(str(value))
        box.press("Enter")
        board.settle()
    board.page.get_by_role("textbox", name="Name").fill("small batches")
    board.button("Start").click(no_wait_after=True)
    board.status("queued")
    (run,) = (run for run in list_runs(root) if run.id not in before)
    assert run.state().name == "small batches"
    config = run.config()
    assert [config.epochs, config.batch_size] == [2, 8]
    assert config.training_size == 1000
    return run


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
    """Write metrics of 30 steps, then 200 random bytes over those that follow step 10."""
    writer = MetricWriter(run.folder)
    (file,) = run.folder.glob("*tfevents*")
    for step in range(1, 31):
        writer.write(Step(1, step, 429, 0.5, 0.5, 0.01, 1000.0))
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
    run = create_run(TrainConfig(), folders["MNIST_RUNS"], "not wanted")
    write_damaged_metrics(run)
    run.update_state(status="running", step=30)  # there is no process
    board.go_in_history(f"watch?run={run.id}")
    board.status("failed")
    for text in (
        "no epoch was complete: resume trains from the start",
        "Epoch 1 of 20 · step 0 of",
        "Its metrics are damaged or missing from step 11 on",
    ):
        expect(board.page.get_by_text(text, exact=False)).to_be_visible()
    board.button("Delete").click()
    dialog = board.page.get_by_role("dialog")
    expect(dialog).to_contain_text("cannot be undone")
    dialog.get_by_role("button", name="Keep").click()
    expect(dialog).to_have_count(0)
    assert run.folder.is_dir()
    board.button("Delete").click()
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(dialog).to_have_count(0)
    board.settle()
    assert not run.folder.exists()
    assert "not wanted" not in board.page.locator("[data-testid=stMain]").inner_text()


def pretend_to_work(job: Job) -> None:
    """Leave the files of a job that takes steps until it is stopped."""
    with exclusive_lock(job.lock_path, timeout=60):
        job.leave_queue()
        write_json(job.progress_path, JobProgress(completed=60, total=20_000))
        until(job.stop_path.exists)
        write_json(job.end_path, JobEnd(status=JobStatus.STOPPED, stop_reason=StopReason.REQUESTED))


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
        board.button("Start").click()
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
        board.button("Stop").click()
        expect(stopped).to_be_visible()
    board.button("Delete").click()
    dialog = board.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(dialog).to_have_count(0)
    board.settle()
    assert not job.folder.exists()
    expect_a_finished_sweep(board, root)


def expect_a_finished_sweep(board: BoardPage, root: Path) -> None:
    """Show a sweep of which some trials were pruned."""
    request = sweep_request(
        {"batch_size": (25, 50), "learning_rate": (1e-3, 1e-2, 1e-1)},
        study="shown",
        epochs=2,
        trials=6,
    )
    job = create_job(root, request)
    rates = FakeTrainer(lambda config, epoch: 1 - config.learning_rate - config.batch_size / 1000)
    trials = run_worker(request, root, execute=rates)
    assert {trial.state for trial in trials} == {TrialStatus.COMPLETE, TrialStatus.PRUNED}
    write_json(job.end_path, JobEnd(status=JobStatus.FINISHED))
    board.page.get_by_role("radio", name="Hyperparameters").click()
    for chart in ("Parameters and accuracy of every trial", "Importance of the parameters"):
        figure = board.page.get_by_role("figure", name=chart)
        expect(figure.locator(".main-svg").first).to_be_visible()
    states = board.page.get_by_test_id("stDataFrame").locator("td").filter(has_text="pruned")
    expect(states.first).to_be_attached()
    delete_sweep(root, "shown", [Run(root / trial.run) for trial in trials if trial.run])
