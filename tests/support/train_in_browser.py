"""The form of the page Train, as a person with a browser fills it."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import expect

from mnist_core.models.registry import available_models
from mnist_core.runs.queue_devices import queue_lock_path
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import list_runs
from mnist_core.utils.locks import exclusive_lock
from support.board_page import BoardPage


def expect_a_card_to_stay_selected(board: BoardPage, cards: Path, root: Path) -> None:
    """Select one of two equal cards; its load changes. Afterwards there are no cards."""
    board.tab("Advanced")
    picker = board.page.get_by_role("combobox", name="Device")
    expect(board.page.get_by_text("Trains on cuda:0 · A card.")).to_be_visible()
    picker.click()
    options = board.page.get_by_role("option")
    expect(options).to_have_text(["automatic", "CPU", "cuda:0 · A card", "cuda:1 · A card"])
    cards.write_text("[0, 37]", encoding="utf-8")
    options.last.click()
    expect(board.page.get_by_text("cuda:1: 3.0 / 80 GiB, load 37%")).to_be_visible()
    expect(picker).to_have_value("cuda:1 · A card")
    expect(board.page.get_by_text("Trains on cuda:1 · A card.")).to_be_visible()
    expect(board.page.get_by_text("Estimated duration: ", exact=False)).to_contain_text("Rough: ")
    expect(board.button("Start")).to_be_enabled()
    # the other one trains: "automatic" is this one, although it is not idle
    picker.click()
    with exclusive_lock(queue_lock_path(root, "cuda:0"), timeout=60):
        options.first.click()
        expect(picker).to_have_value("automatic")
        expect(board.page.get_by_text("Trains on cuda:1 · A card.")).to_be_visible()
        board.settle()
    cards.unlink()


def expect_weights_by_name_only(board: BoardPage) -> None:
    """The fields of weights offer models and runs, and nothing else can be entered."""
    for tab, field in (("Advanced", "Teacher"), ("Model", "Init weights")):
        board.tab(tab)
        box = board.page.get_by_role("combobox", name=field)
        box.click()
        options = board.page.get_by_role("option")
        for name in available_models():
            expect(options.filter(has_text=name).first).to_be_attached()
        assert not [text for text in options.all_inner_texts() if "/" in text]
        box.fill("/etc/hostname")
        expect(board.page.get_by_text("No results")).to_be_visible()
        box.press("Enter")
        box.press("Escape")
        expect(box).to_have_value("")


def expect_other_epochs_to_be_refused(board: BoardPage) -> None:
    """Enter a number that is too large."""
    board.number("Epochs").fill("100000")
    board.number("Epochs").press("Enter")
    refused = board.page.get_by_text("epochs is 100000; it must be an integer at least 1")
    expect(refused).to_be_visible()
    start = board.button("Start")
    expect(start).to_be_disabled()
    expect(start).not_to_have_css("color", "rgb(255, 255, 255)")  # the page's
    board.number("Epochs").fill("2")
    board.number("Epochs").press("Enter")
    expect(refused).to_have_count(0)  # this moves the tabs: a click on one could miss it
    expect(start).to_be_enabled()


def start_from_the_form(board: BoardPage, root: Path) -> Run:
    """Start the article's network with other numbers in the form."""
    before = {run.id for run in list_runs(root)}
    board.page.get_by_text("article", exact=True).click()
    # what is entered before the form has the article's numbers would be replaced by them
    expect(board.number("Epochs")).to_have_value("10")
    expect_other_epochs_to_be_refused(board)
    numbers = {"Batch size": 8, "Training size": 1000}
    for label, value in numbers.items():
        box = board.number(label)
        if not box.is_visible():
            board.tab("Data")
        box.fill(str(value))
        box.press("Enter")
        board.settle()
    board.page.get_by_role("textbox", name="Name").fill("small batches")
    count = "window.clicks = 0; document.addEventListener('click', () => clicks++)"
    board.page.evaluate(count)
    board.button("Start").dblclick(no_wait_after=True)
    assert board.page.evaluate("clicks") == 1, "a double click is one"
    board.status("queued")
    (run,) = (run for run in list_runs(root) if run.id not in before)
    assert run.state().name == "small batches"
    config = run.config()
    assert [config.epochs, config.batch_size] == [2, 8]
    assert config.training_size == 1000
    return run
