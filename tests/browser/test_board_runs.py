"""Runs and searches started, watched, stopped and deleted in the dashboard, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from support.board_page import BoardPage
from support.training import small

from mnist_core.data.mnist import Split
from mnist_core.runs.run_list import create_run, list_runs
from mnist_core.runs.runner import execute
from mnist_core.runs.signals import StopFlag
from mnist_core.runs.state import StopReason
from mnist_core.search.job_control import list_jobs
from mnist_core.training.config import TrainConfig
from mnist_core.training.events import Epoch, Event

pytestmark = pytest.mark.browser


def fill_form(board: BoardPage, **numbers: int) -> None:
    """Open the form with the article's network and these numbers in the tab Data."""
    board.open("train", title="Train a network")
    board.page.get_by_text("article", exact=True).click()
    board.settle()
    board.tab("Data")
    for label, value in numbers.items():
        box = board.number(label.replace("_", " ").capitalize())
        box.fill(str(value))
        box.press("Enter")
        board.settle()


def test_a_run_from_the_form_is_watched_and_stopped(
    open_board: Callable[..., BoardPage], folders: dict[str, str]
) -> None:
    board = open_board()
    # it does not end while it is watched, however slow this machine is
    fill_form(board, epochs=10_000, batch_size=8, training_size=2000, validation_size=200)
    board.page.get_by_role("textbox", name="Name").fill("small batches")
    board.button("Start").click()

    # the curve grows while it is watched, and a zoom stays
    board.status("running")
    board.wait_for_points("Loss", 4)
    chart = board.page.locator(".live-chart").first
    chart.scroll_into_view_if_needed()
    first = board.axis("Loss")[0]
    for _ in range(20):  # new points that arrive while the mouse is pressed end the selection
        box = chart.bounding_box()
        board.page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 100)
        board.page.mouse.down()
        board.page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 200, steps=2)
        board.page.mouse.up()
        if board.axis("Loss")[0] > first:
            break
    zoomed, points = board.axis("Loss"), board.points("Loss")
    assert zoomed[0] > first
    board.wait_for_points("Loss", points)
    assert board.axis("Loss") == zoomed

    # a second browser sees the same run, and the first one may close
    second = open_board()
    second.page.goto(second.url + "watch")
    second.status("running")  # its script runs again and again: it is never settled for long
    board.page.close()
    second.button("Stop").click()
    second.status("stopped")
    run = list_runs(folders["MNIST_RUNS"])[0]
    state = run.state()
    assert (state.status, state.name) == ("stopped", "small batches")
    assert run.checkpoint_path.is_file()


def test_a_stopped_run_is_resumed_to_its_end(
    open_board: Callable[..., BoardPage],
    folders: dict[str, str],
    small_splits: tuple[Split, Split],
) -> None:
    config = small(epochs=2, batch_size=20, training_size=2000, validation_size=500)
    run, stop = create_run(config, folders["MNIST_RUNS"]), StopFlag()

    def stop_after_an_epoch(event: Event) -> None:
        if isinstance(event, Epoch):
            stop.set(StopReason.REQUESTED)

    execute(run, splits=small_splits, listen=stop_after_an_epoch, stop=stop)
    board = open_board()
    # headless Chromium shows no notifications, and says that they are denied
    board.page.add_init_script(
        """window.notified = [];
        window.Notification = class {
            static permission = "default";
            static async requestPermission() { return (this.permission = "granted"); }
            constructor(title, { body }) { notified.push(`${title}: ${body}`); }
        };"""
    )
    board.open(f"watch?run={run.id}", title="Watch a run")
    board.status("stopped")
    assert board.page.evaluate("Notification.permission") == "default", "asked for by a click only"
    bell = board.button("Notify me when it ends")
    bell.click()
    expect(bell).to_have_attribute("aria-pressed", "true")
    board.page.evaluate("Object.defineProperty(document, 'hidden', { value: true })")
    board.button("Resume").click()
    board.status("finished")
    board.page.wait_for_function("notified.length")
    accuracy = f"Validation accuracy {run.state().validation_accuracy:.2%}"
    said = board.page.evaluate("notified")
    assert said == [f"{run.state().name}: Finished · {accuracy}"]
    expect(bell).to_have_count(0)  # nothing more can end
    assert run.state().validation_accuracy > 0.9
    assert "resumes after epoch 1" in run.log_path.read_text()


def test_two_tabs_that_start_at_once_train_in_turn(
    open_board: Callable[..., BoardPage], folders: dict[str, str]
) -> None:
    before = {run.id for run in list_runs(folders["MNIST_RUNS"])}
    tabs = [open_board(), open_board()]
    for tab in tabs:
        fill_form(tab, epochs=1, training_size=500, validation_size=200)
    for tab in tabs:
        tab.button("Start").click(no_wait_after=True)
    for tab in tabs:
        tab.status("finished")
    runs = [run for run in list_runs(folders["MNIST_RUNS"]) if run.id not in before]
    assert len(runs) == 2
    first, second = sorted((run.state() for run in runs), key=lambda state: state.started)
    assert first.ended <= second.started


def test_a_run_is_deleted_after_confirmation(
    open_board: Callable[..., BoardPage], folders: dict[str, str]
) -> None:
    run = create_run(TrainConfig(), folders["MNIST_RUNS"], "not wanted")
    board = open_board()
    board.open(f"watch?run={run.id}", title="Watch a run")
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


def test_a_search_is_stopped_resumed_and_deleted(
    open_board: Callable[..., BoardPage], folders: dict[str, str]
) -> None:
    board = open_board()
    board.open("search", title="Search")
    main = board.page.get_by_test_id("stMain")
    board.number("Steps").fill("20000")
    board.number("Steps").press("Enter")
    board.settle()
    board.button("Start").click()
    expect(main.get_by_text("Step ", exact=False).first).to_be_visible(timeout=60_000)
    board.button("Stop").click()
    stopped = main.get_by_text("Stopped. Resume continues the same request.")
    expect(stopped).to_be_visible(timeout=60_000)
    (job,) = list_jobs(Path(folders["MNIST_RUNS"]))
    assert job.state().status == "stopped"
    board.button("Resume").click()
    expect(stopped).to_have_count(0)
    assert not job.state().status.has_ended  # it waits, or is active
    board.button("Stop").click()
    expect(stopped).to_be_visible(timeout=60_000)
    board.button("Delete").click()
    dialog = board.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(dialog).to_have_count(0)
    board.settle()
    assert not job.folder.exists()


def test_runs_are_selected_in_the_table_and_deleted(
    open_board: Callable[..., BoardPage], folders: dict[str, str]
) -> None:
    root = Path(folders["MNIST_RUNS"])
    kept = create_run(TrainConfig(), root, "kept")
    runs = [create_run(TrainConfig(seed=seed), root, f"table {seed}") for seed in range(2)]
    board = open_board()
    board.open(title="Runs")
    assert board.page.url.endswith("/runs"), "the first page has an address, too"
    search = board.page.get_by_role("textbox", name="Search runs")
    search.fill("table")
    search.press("Enter")
    expect(board.page.get_by_text("2 of ", exact=False).first).to_be_visible()
    board.settle()
    table = board.page.get_by_test_id("stDataFrame")
    box = table.bounding_box()
    for row in range(2):  # the cells are drawn on a canvas; the box of a row is at its left
        board.page.mouse.click(box["x"] + 16, box["y"] + 35 * (row + 1) + 17)
        board.settle()
    board.button("Delete").click()
    dialog = board.page.get_by_role("dialog")
    expect(dialog).to_contain_text("table 0")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(board.page.get_by_text("No run matches.")).to_be_visible()
    assert not any(run.folder.exists() for run in runs)
    assert kept.exists
    kept.delete()
