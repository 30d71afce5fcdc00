"""What the page Watch shows of a run that is open in the browser."""

from __future__ import annotations

import shutil

from playwright.sync_api import expect

from mnist_core.runs.run import Run
from mnist_core.training.command_line import train_command
from support.board_page import BoardPage

LINE = {"light": "rgb(0, 114, 178)", "dark": "rgb(86, 180, 233)"}
"""The first line of a chart on a light and on a dark page."""


def expect_section(board: BoardPage, name: str, *charts: str) -> None:
    """Open a section of the page: it has these charts."""
    board.page.locator("summary").filter(has_text=name).click()
    for chart in charts:
        figure = board.page.get_by_role("figure", name=chart, exact=True)
        expect(figure.locator(".main-svg").first).to_be_visible()


def expect_details(board: BoardPage, run: Run) -> None:
    """Settings, command, and environment are in a box."""
    board.button("Details").click()
    box = board.page.get_by_test_id("stPopoverBody")
    for text in (f"Batch size: {run.config().batch_size}", "torch: ", f"id: {run.id}"):
        expect(box).to_contain_text(text)
    expect(box.get_by_test_id("stCode")).to_have_text(train_command(run.config()))
    board.page.keyboard.press("Escape")
    expect(box).to_have_count(0)


def expect_axis_and_colours(board: BoardPage) -> None:
    """The curves can be shown by the images seen, and have colours for dark pages, which it is."""
    assert board.axis("Loss")[1] < 1000, "by step"
    board.page.get_by_role("radio", name="images").click()
    board.page.wait_for_function(
        """() => document.querySelector('.live-chart[aria-label="Loss"]')
            ._fullLayout.xaxis.range[1] > 1000"""
    )
    chart = board.page.get_by_role("figure", name="Loss", exact=True)
    line = chart.locator(".js-line").last
    expect(line).to_have_css("stroke", LINE["light"])
    board.page.emulate_media(color_scheme="dark")
    expect(line).to_have_css("stroke", LINE["dark"])


def download_and_rename(board: BoardPage, run: Run) -> None:
    """Download the curves, and give the run another name: the box is closed then."""
    board.button("More").click()
    box = board.page.get_by_test_id("stPopoverBody")
    with board.page.expect_download() as download:
        box.get_by_role("button", name="Curves as CSV").click()
    assert "validation/loss" in download.value.path().read_text(encoding="utf-8")
    box.get_by_role("textbox", name="Name").fill("renamed")
    box.get_by_role("button", name="Save").click()
    expect(box).to_have_count(0)
    expect(board.page.get_by_role("combobox", name="Run")).to_have_value(f"renamed · {run.id}")
    assert run.state().name == "renamed"


def expect_deletion_to_be_named(board: BoardPage, run: Run) -> None:
    """Delete the folder of the run that is open."""
    shutil.rmtree(run.folder)
    board.page.get_by_role("radio", name="steps").click()
    gone = board.page.get_by_text(f"{run.id}: there is no such run any more", exact=False)
    expect(gone).to_be_visible()
    assert board.page.url.endswith(run.id), "no other run is shown"
