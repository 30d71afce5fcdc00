"""What the page Watch shows of a run that is open in the browser."""

from __future__ import annotations

import shutil

from playwright.sync_api import Locator, expect

from mnist_core.runs.origin import read_provenance
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


def expect_gpu_charts(board: BoardPage) -> None:
    """Memory, load and temperature of a GPU are charted, and their newest values are in a line."""
    newest = "Device memory 1 / 3 MiB · GPU load 75 % · GPU temperature 61 °C"
    expect(board.page.get_by_text(newest, exact=False)).to_be_visible()
    expect_section(board, "Use of the machine", "Device memory", "GPU load", "GPU temperature")
    memory = board.page.get_by_role("figure", name="Device memory", exact=True)
    expect(memory.locator(".legendtext")).to_have_text(["allocated", "peak since the point before"])


def expect_details(board: BoardPage, run: Run) -> None:
    """Settings, command, commit and environment are in a box."""
    board.button("Details").click()
    box = board.page.get_by_test_id("stPopoverBody")
    provenance = read_provenance(run.folder)
    for text in (
        f"Batch size: {run.config().batch_size}",
        f"torch: {provenance.environment['torch']}",
        provenance.commit,  # empty outside a checkout
        f"id: {run.id}",
    ):
        expect(box).to_contain_text(text)
    expect(box.get_by_test_id("stCode")).to_have_text(train_command(run.config()))
    board.page.keyboard.press("Escape")
    expect(box).to_have_count(0)


def expect_origin(board: BoardPage, parent: Run) -> None:
    """Commit, initial weights, all settings, and the run whose settings it has, which is opened."""
    board.button("Details").click()
    box = board.page.get_by_test_id("stPopoverBody")
    for text in ("0a1b2c3 with uncommitted changes", "torch: 2.99", "Init weights: default"):
        expect(box).to_contain_text(text)
    box.get_by_text("All settings").click()
    expect(box).to_contain_text("Training size: all remaining images")
    expect(box).to_contain_text("Started with the settings of")
    box.get_by_role("button", name=parent.id).click()
    board.page.keyboard.press("Escape")
    expect(box).to_have_count(0)


def expect_axis_and_colours(board: BoardPage) -> None:
    """The curves can be shown by the images seen, and have colours for dark pages, which it is."""
    chart = board.page.get_by_role("figure", name="Loss", exact=True)
    expect(chart.locator(".xtitle")).to_have_text("step")
    assert board.axis("Loss")[1] < 1000, "by step"
    for choice, title in (("epochs", "epoch"), ("time", "training time (s)")):
        board.page.get_by_role("radio", name=choice).click()
        expect(chart.locator(".xtitle")).to_have_text(title)
    board.page.get_by_role("radio", name="images").click()
    board.page.wait_for_function(
        """() => document.querySelector('.live-chart[aria-label="Loss"]')
            ._fullLayout.xaxis.range[1] > 1000"""
    )
    expect(chart.locator(".xtitle")).to_have_text("images seen")
    line = chart.locator(".js-line").last
    expect(line).to_have_css("stroke", LINE["light"])
    board.page.emulate_media(color_scheme="dark")
    expect(line).to_have_css("stroke", LINE["dark"])


def download_and_rename(board: BoardPage, run: Run) -> None:
    """Download curves and report, and give the run another name: the box is closed then."""
    board.button("More").click()
    box = board.page.get_by_test_id("stPopoverBody")
    with board.page.expect_download() as download:
        box.get_by_role("button", name="Curves as CSV").click()
    assert "validation/loss" in download.value.path().read_text(encoding="utf-8")
    box.get_by_role("button", name="Generate Report").click()
    with board.page.expect_download() as download:
        box.get_by_role("button", name="Report", exact=True).click()
    assert download.value.suggested_filename == f"{run.id}.html"
    assert run.state().name in download.value.path().read_text(encoding="utf-8")
    _expect_a_refusal_beside_the_page(board, box)
    box.get_by_role("textbox", name="Name").fill("renamed")
    box.get_by_role("button", name="Save").click()
    expect(box).to_have_count(0)
    expect(board.page.get_by_role("combobox", name="Run")).to_have_value(f"renamed · {run.id}")
    assert run.state().name == "renamed"


def _expect_a_refusal_beside_the_page(board: BoardPage, box: Locator) -> None:
    """Why an empty name is refused is shown below the page, none of whose buttons it covers."""
    before = board.page.viewport_size
    for width, height in (390, 844), (1280, 900):
        board.page.set_viewport_size({"width": width, "height": height})
        box.get_by_role("textbox", name="Name").fill("")
        box.get_by_role("button", name="Save").click()
        # it is shown for seconds only
        shown = board.page.wait_for_function(
            """() => {
                const toast = document.querySelector("[data-testid=stToast]");
                if (!toast?.innerText.includes("the name is empty")) return;
                const [page, message] = [document.querySelector("[data-testid=stApp]"), toast]
                    .map((element) => element.getBoundingClientRect());
                return { pageEnds: page.bottom, begins: message.top, ends: message.bottom } }"""
        ).json_value()
        assert 0 < shown["pageEnds"] <= shown["begins"] < shown["ends"] <= height, shown
    board.page.set_viewport_size(before)


def expect_deletion_to_be_named(board: BoardPage, run: Run) -> None:
    """The folder of the run that is open was deleted: the page says so, and shows no other run."""
    gone = board.page.get_by_text(f"{run.id}: there is no such run any more", exact=False)
    expect(gone).to_be_visible()
    assert board.page.url.endswith(run.id)


def delete_the_folder(board: BoardPage, run: Run) -> None:
    """Delete the folder of the ended run that is open, and look at another axis."""
    shutil.rmtree(run.folder)
    board.page.get_by_role("radio", name="steps").click()
    expect_deletion_to_be_named(board, run)
