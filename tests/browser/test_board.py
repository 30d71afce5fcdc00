"""The dashboard in a real browser: from the form to the pad, on real MNIST."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from support.board_page import BoardPage
from support.chromium import ROOT, Server, draw, fit_strokes, serving
from support.drawings import Drawing
from support.pad_page import PadPage

from mnist_core.data.mnist import Split
from mnist_core.evaluation.scores import Evaluation
from mnist_core.runs.run import Run, create_run, list_runs
from mnist_core.runs.runner import execute
from mnist_core.search.job_control import list_jobs
from mnist_core.training.config import TrainConfig
from mnist_core.training.presets import PRESETS

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory, mnist_root: Path) -> dict[str, str]:
    """Where the dashboard and the pad of these tests keep what they make."""
    root = tmp_path_factory.mktemp("board")
    return {
        "MNIST_ROOT": str(mnist_root),
        "MNIST_RUNS": str(root / "runs"),
        "MNIST_MODELS": str(root / "models"),
    }


@pytest.fixture(scope="module")
def board_server(folders: dict[str, str]) -> Iterator[Server]:
    with serving(ROOT / "dashboard.py", folders) as running:
        yield running


@pytest.fixture
def open_board(browser: Browser, board_server: Server) -> Iterator[Callable[..., BoardPage]]:
    """Open the dashboard in a browser context of its own; fail on errors and foreign requests."""
    opened: list[BoardPage] = []

    def opening(**context: object) -> BoardPage:
        options = {"viewport": {"width": 1280, "height": 900}, "locale": "en-US", **context}
        board = BoardPage(browser.new_context(**options), board_server.url)
        opened.append(board)
        return board

    yield opening
    for board in opened:
        board.context.close()
    assert [error for board in opened for error in board.errors] == []
    assert [url for board in opened for url in board.foreign] == []


def test_a_run_from_the_form_to_its_end(
    open_board: Callable[..., BoardPage], folders: dict[str, str]
) -> None:
    board = open_board()
    board.open(title="Train a network")
    board.page.get_by_text("article", exact=True).click()
    board.settle()
    board.tab("Data")
    # small batches: slow enough to be watched
    for label, value in (("Epochs", "1"), ("Batch size", "8")):
        board.number(label).fill(value)
        board.number(label).press("Enter")
        board.settle()
    board.page.get_by_role("textbox", name="Name").fill("small batches")
    board.button("Start").click()

    # the curve grows while it is watched, and a zoom stays
    board.status("running")
    board.wait_for_points("Loss", 4)
    chart = board.page.locator(".live-chart").first
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    board.page.mouse.move(box["x"] + box["width"] * 0.3, box["y"] + 100)
    board.page.mouse.down()
    board.page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + 200, steps=2)
    board.page.mouse.up()
    zoomed, points = board.axis("Loss"), board.points("Loss")
    board.wait_for_points("Loss", points)
    assert board.axis("Loss") == zoomed

    # a second browser sees the same run, and the first one may close
    second = open_board()
    second.open("watch", title="Watch a run")
    second.status("running")
    board.page.close()
    second.button("Stop").click()
    second.status("stopped")
    (run,) = list_runs(folders["MNIST_RUNS"])
    assert run.state().status == "stopped"
    assert run.checkpoint_path.is_file()

    second.button("Resume").click()
    second.status("finished", 500_000)
    state = run.state()
    assert state.name == "small batches"
    assert state.validation_accuracy > 0.9
    log = run.log_path.read_text()
    assert "resumes after epoch 0" in log


@pytest.fixture(scope="module")
def trained(folders: dict[str, str], train_validation: tuple[Split, Split]) -> Run:
    """A run of one epoch on 10,000 images, scored on all that are held out."""
    training, validation = train_validation
    config = PRESETS["quick"].with_changes(epochs=1, training_size=10_000, batch_size=32)
    run = create_run(config, folders["MNIST_RUNS"], "trained")
    execute(run, splits=(Split(training.images[:10_000], training.labels[:10_000]), validation))
    return run


def test_a_click_on_a_confusion_shows_its_images(
    open_board: Callable[..., BoardPage], trained: Run
) -> None:
    confusion = np.array(Evaluation.read(trained.evaluation_path).confusion)
    np.fill_diagonal(confusion, 0)
    cells = zip(*np.unravel_index(confusion.argsort(axis=None)[-2:], confusion.shape), strict=True)
    board = open_board()
    board.open(f"understand?run={trained.id}", title="Understand a run")
    board.page.wait_for_function("document.querySelector('.live-chart')?.calcdata")
    title = board.page.locator(".live-chart").first.get_attribute("aria-label")
    for true, predicted in cells:
        board.click_cell(title, int(true), int(predicted))
        count = confusion[true][predicted]
        text = f"{true} predicted as {predicted}: {count} image"
        expect(board.page.get_by_text(text)).to_be_visible()
        shown = board.page.get_by_test_id("stPlotlyChart").first
        expect(shown.locator(".annotation-text")).to_have_count(min(int(count), 24))


def test_a_drawing_is_classified(
    open_board: Callable[..., BoardPage],
    trained: Run,
    clear_digits: list[tuple[int, Drawing]],
) -> None:
    board = open_board()
    board.open(f"try_it?run={trained.id}", title="Try it")
    canvas = board.page.locator("canvas").last
    canvas.scroll_into_view_if_needed()
    prediction = board.page.get_by_test_id("stMetric").filter(has_text="Prediction")
    right = 0
    for digit, strokes in clear_digits[::8]:
        draw(board.page, fit_strokes(strokes, canvas.bounding_box()))
        with contextlib.suppress(AssertionError):  # a wrong prediction never becomes the right one
            expect(prediction).to_contain_text(str(digit))
            right += 1
        board.button("Clear").click()
        expect(prediction).to_have_count(0)
    assert right >= 4  # of five; it has seen little


def test_a_promoted_run_is_in_the_running_pad(
    open_board: Callable[..., BoardPage], browser: Browser, folders: dict[str, str], trained: Run
) -> None:
    with serving(ROOT / "app.py", folders) as server:
        pad = PadPage(browser.new_context(locale="en-US"), server.url)
        board = open_board()
        board.open(f"promote?run={trained.id}", title="Promote a run")
        board.page.get_by_role("textbox", name="Name in the pad").fill("my-own")
        board.page.get_by_role("textbox", name="Name in the pad").press("Enter")
        board.settle()
        board.page.get_by_test_id("stMain").get_by_role("button", name="Promote").click()
        expect(board.page.get_by_text("my-own").first).to_be_visible()
        board.settle()
        picker = pad.page.get_by_label("Model")
        picker.focus()
        expect(picker.locator("option", has_text="my-own")).to_have_count(1)
        picker.select_option("my-own")
        assert pad.errors == []
        pad.context.close()


def test_two_tabs_that_start_at_once_train_in_turn(
    open_board: Callable[..., BoardPage], folders: dict[str, str]
) -> None:
    before = len(list_runs(folders["MNIST_RUNS"]))
    tabs = [open_board(), open_board()]
    for tab in tabs:
        tab.open(title="Train a network")
        tab.tab("Data")
        for label, value in (("Epochs", "1"), ("Training size", "3000")):
            tab.number(label).fill(value)
            tab.number(label).press("Enter")
            tab.settle()
    for tab in tabs:
        tab.button("Start").click(no_wait_after=True)
    for tab in tabs:
        tab.status("finished", 500_000)
    runs = list_runs(folders["MNIST_RUNS"])[: len(list_runs(folders["MNIST_RUNS"])) - before]
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
    assert job.is_active()
    board.button("Stop").click()
    expect(stopped).to_be_visible(timeout=60_000)
    board.button("Delete").click()
    dialog = board.page.get_by_role("dialog")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(dialog).to_have_count(0)
    board.settle()
    assert not job.folder.exists()


@pytest.mark.parametrize(
    "page", ["", "watch", "understand", "compare", "try_it", "promote", "search"]
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_phone(
    open_board: Callable[..., BoardPage], page: str, scheme: str
) -> None:
    board = open_board(viewport={"width": 390, "height": 844}, color_scheme=scheme, locale="zh-CN")
    board.open(page)
    expect(board.page.get_by_role("heading", level=1)).to_be_visible()
    assert board.fits()
    heading = board.page.get_by_role("heading", level=1).inner_text()
    assert not heading.isascii()
