"""The dashboard's first page, its table and its queue, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect
from support.board_page import BoardPage
from support.run_folders import Runs, make_runs

from mnist_core.runs.labels import read_baseline, read_labels, set_baseline
from mnist_core.runs.metric_writer import MetricWriter
from mnist_core.runs.queue_devices import queue_lock_path
from mnist_core.runs.removal import stop_and_delete
from mnist_core.training.events import Step
from mnist_core.utils.locks import exclusive_lock

pytestmark = pytest.mark.browser

SWEEP = "▸ table rates (2 trials)"


@pytest.fixture
def runs(folders: dict[str, str]) -> Iterator[Runs]:
    """Runs of every kind whose names begin with "table"; no worker trains them."""
    root = Path(folders["MNIST_RUNS"])
    with exclusive_lock(queue_lock_path(root, "cpu"), timeout=60):
        made = make_runs(root, "table ")
        yield made
        set_baseline(root, None)
        stop_and_delete(run for run in made.values() if run.exists)


@pytest.fixture
def overview(open_board: Callable[..., BoardPage], runs: Runs) -> BoardPage:
    """The page Runs with these runs only."""
    board = open_board()
    board.open(title="Runs")
    assert board.page.url.endswith("/runs"), "the first page has an address, too"
    search = board.page.get_by_role("textbox", name="Search runs")
    search.fill("table")
    search.press("Enter")
    expect(board.page.get_by_text("6 of ", exact=False).first).to_be_visible()
    board.settle()
    return board


def column(board: BoardPage, name: str) -> Locator:
    """Return the cells of a column, which are drawn on a canvas, as a screen reader has them."""
    table = board.page.get_by_test_id("stDataFrame").locator("table")
    header = table.locator("th").filter(has_text=re.compile(f"^{re.escape(name)}$"))
    return table.locator(f'td[aria-colindex="{header.get_attribute("aria-colindex")}"]')


def select(board: BoardPage, *names: str) -> None:
    """Click the boxes at the left of these rows."""
    rows = board.page.get_by_test_id("stDataFrame").locator("tbody tr")
    hint = board.page.get_by_text("Select rows to watch", exact=False)
    for name in names:
        place = column(board, "Run").all_text_contents().index(name)
        before = rows.nth(place).get_attribute("aria-selected") == "true"
        box = board.page.get_by_test_id("stDataFrame").bounding_box()
        board.page.mouse.click(box["x"] + 16, box["y"] + 35 * (place + 1) + 17)
        expect(rows.nth(place)).to_have_attribute("aria-selected", "false" if before else "true")
        # buttons take the place of the hint, or the hint theirs: that moves the table
        selected = board.page.locator("tbody tr[aria-selected=true]").count()
        expect(hint).to_have_count(0 if selected else 1)
        board.settle()


def test_runs_are_found_changed_compared_and_deleted(
    overview: BoardPage, runs: Runs, folders: dict[str, str]
) -> None:
    board = overview
    expect_the_table_and_the_queue(board)
    expect_another_order(board)
    expect_trials_to_be_unfolded(board)
    tag(board, "table bad", "slow")
    pin(board, "table bad")
    assert read_baseline(Path(folders["MNIST_RUNS"])) == runs["bad"].id

    select(board, "table first")
    board.button("Stop").click()
    expect(board.page.get_by_text("4 finished, 1 queued, 1 stopped")).to_be_visible()
    delete_selected(board, "table first")
    assert not runs["first"].exists
    select(board, "★ table bad")
    board.button("Archive").click()
    expect(column(board, "Run").filter(has_text="bad")).to_have_count(0)
    assert read_labels(runs["bad"].folder).archived
    compare(board, runs)


def expect_the_table_and_the_queue(board: BoardPage) -> None:
    names = ["table first", "table second", "table good", "table bad", SWEEP]
    expect(column(board, "Run")).to_have_text(names)
    expect(column(board, "Status")).to_have_text(["… queued"] * 2 + ["✓ finished"] * 3)
    expect(column(board, "Optimizer").nth(2)).to_have_text("adam")
    expect(column(board, "Duration").nth(2)).to_have_text("00:01:15")
    expect(column(board, "Accuracy").nth(2)).to_have_text("97.5")
    expect(column(board, "Loss").nth(2)).to_have_text("0.1")
    expect(column(board, "Progress")).to_have_text(["0", "0", "1", "1", "1"])
    expect(column(board, "Device").nth(2)).to_have_text("CPU, 2 threads")
    main = board.page.get_by_test_id("stMain")
    expect(main.get_by_text("table first · next")).to_be_visible()
    # one epoch took each of the ended runs 75 s
    expect(main.get_by_text("table second · 1 ahead, starts in about 75 s")).to_be_visible()
    board.button("↑").last.click()
    expect(column(board, "Run").first).to_have_text("table second")


def expect_another_order(board: BoardPage) -> None:
    board.page.get_by_role("button", name="finished", exact=True).click()
    expect(column(board, "Run")).to_have_count(3)
    board.button("View").click()
    board.page.get_by_role("combobox", name="Order").click()
    board.page.get_by_role("option", name="Highest accuracy first").click()
    expect(column(board, "Accuracy")).to_have_text(["97.5", "90", "90"])
    with board.page.expect_download() as download:
        board.button("Table as CSV").click()
    assert "table second" in download.value.path().read_text(encoding="utf-8"), "all runs"
    board.page.keyboard.press("Escape")


def expect_trials_to_be_unfolded(board: BoardPage) -> None:
    select(board, SWEEP)
    board.button("Show trials").click()
    expect(column(board, "Run")).to_have_text(["table trial 1", "table trial 0"])
    board.button("Trials of table rates").click()
    board.page.get_by_role("button", name="finished", exact=True).click()
    expect(column(board, "Run")).to_have_count(5)


def tag(board: BoardPage, name: str, text: str) -> None:
    """Give a run a tag and a note; the form is closed afterwards."""
    select(board, name)
    board.button("Note and tags").click()
    form = board.page.get_by_test_id("stPopoverBody")
    form.get_by_role("textbox", name="Tags, separated by commas").fill(text)
    form.get_by_role("textbox", name="Note").fill("a note on it")
    form.get_by_role("button", name="Save").click()
    expect(form).to_have_count(0)
    expect(column(board, "Note").filter(has_text="a note on it")).to_have_count(1)
    expect(column(board, "Tags").filter(has_text=text)).to_have_count(1)


def pin(board: BoardPage, name: str) -> None:
    """Make the selected run the baseline."""
    board.button("Set as baseline").click()
    expect(column(board, "Run").first).to_have_text(f"★ {name}")
    changed = column(board, "Changed settings").filter(has_text="Optimizer adam, Seed 1")
    expect(changed).to_have_count(1)
    select(board, f"★ {name}")  # no more


def delete_selected(board: BoardPage, name: str) -> None:
    board.button("Delete").click()
    dialog = board.page.get_by_role("dialog")
    expect(dialog).to_contain_text(name)
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(column(board, "Run").filter(has_text=name)).to_have_count(0)


def compare(board: BoardPage, runs: Runs) -> None:
    """Compare a run of two points with the trials of a sweep."""
    writer = MetricWriter(runs["good"].folder)
    for step in (20, 40):
        writer.write(Step(1, step, 40, 1 / step, 0.5, 0.01, 1000.0))
    writer.close()
    select(board, SWEEP, "table good")
    board.button("Compare").click()
    expect(board.page.get_by_role("heading", name="Compare runs", level=1)).to_be_visible()
    expect(column(board, "Validation accuracy").first).to_have_text("97.5")
    chart = board.page.get_by_role("figure", name="Settings and accuracy of every run")
    expect(chart.locator(".axis-title").first).to_be_visible()
    board.wait_for_points("Loss", 1)
    board.page.get_by_role("radio", name="images").click()
    board.page.wait_for_function(
        """() => document.querySelector('.live-chart[aria-label="Loss"]')
            ?._fullLayout?.xaxis.range[1] > 1000"""
    )
