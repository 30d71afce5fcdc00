"""Pages of the dashboard in a real browser, with a run trained on real MNIST."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from support.board_page import BoardPage
from support.chromium import KNOWN_HOST, UNKNOWN_HOST, draw, fit_strokes, thin_strokes
from support.drawings import Drawing
from support.pad_page import PadPage
from support.training import part, small
from support.understand_in_browser import (
    expect_mistakes_of_a_cell,
    expect_pairs_as_many_as_there_are,
    expect_scores_with_intervals,
    write_scorecard,
)

from mnist_core import load_classifier
from mnist_core.data.mnist import Split
from mnist_core.evaluation.results import Evaluation
from mnist_core.evaluation.scores import evaluate
from mnist_core.models.registry import weights_path
from mnist_core.models.weights import load_weights
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run
from mnist_core.runs.runner import execute
from mnist_core.utils.json_files import read_json, write_json

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def trained(folders: dict[str, str], train_validation: tuple[Split, Split]) -> Run:
    """A run of one epoch that ends with shipped weights, scored on 1,000 images.

    What is promoted of it has a graph already: to export one takes seconds. The temperature is one
    that worsens the calibration; of the pen strokes, one row was measured.
    """
    splits = part(train_validation, 500, 1000)
    run = create_run(
        small(training_size=500, validation_size=1000), folders["MNIST_RUNS"], "trained"
    )
    execute(run, splits=splits)
    shutil.copy(weights_path("mnist_cnn"), run.weights_path)
    network, _ = load_weights(run.weights_path)
    write_json(run.evaluation_path, evaluate(network, splits[1], temperature=3.0))
    write_scorecard(run)
    return run


@pytest.fixture(scope="module")
def board(visit: BoardPage, trained: Run) -> BoardPage:
    """A visit in which the run is selected, for each page that the tests choose in the menu."""
    visit.open(f"promote?run={trained.id}", title="Promote a run")
    return visit


def test_a_confusion_and_a_point_show_their_images(board: BoardPage, trained: Run) -> None:
    evaluation = read_json(trained.evaluation_path, Evaluation)
    counts = evaluation.confusion
    confusion = np.array(counts)
    np.fill_diagonal(confusion, 0)
    true, predicted = map(int, np.unravel_index(confusion.argmax(), confusion.shape))
    board.go("Understand", title="Understand a run")
    board.page.wait_for_function("document.querySelector('.live-chart')?.calcdata")
    title = board.page.locator(".live-chart").first.get_attribute("aria-label")
    orders = {predicted: "Highest confidence first.", true: "Nearest to an error first:"}
    for other, order in orders.items():
        board.click_cell(title, true, other)
        count = counts[true][other]
        text = f"{true} predicted as {other}: {count} image"
        expect(board.page.get_by_text(text)).to_be_visible()
        expect(board.page.get_by_text(order, exact=False)).to_be_visible()
        shown = board.page.get_by_role("figure", name="The images of the selected cell")
        expect(shown.locator(".annotation-text")).to_have_count(min(count, 24))
    expect_mistakes_of_a_cell(board, evaluation, true, predicted)
    expect_pairs_as_many_as_there_are(board, evaluation)
    expect_scores_with_intervals(board, evaluation)

    board.page.get_by_role("radio", name="Projection").click()
    board.page.wait_for_function(
        "document.querySelector('.live-chart[aria-label^=Projection]')?.calcdata"
    )
    index, place = _rightmost_point(board)
    board.page.mouse.move(*place)
    picture = board.page.locator(".live-chart .picture")
    expect(picture).to_be_visible()
    column, row, loaded = picture.evaluate(
        """async picture => {
            const { style } = picture, sheet = new Image();
            sheet.src = style.backgroundImage.slice(5, -2);
            await sheet.decode();
            const [x, y] = style.backgroundPosition.split(" ").map(parseFloat);
            return [-x / picture.clientWidth, -y / picture.clientWidth, sheet.naturalWidth] }"""
    )
    columns = loaded // 28
    assert (round(row), round(column)) == divmod(index, columns)
    board.page.mouse.click(*place)
    selected = board.page.get_by_role("figure", name="The selected image")
    expect(selected.locator(".annotation-text")).to_have_text(f"image {index}")


def _rightmost_point(board: BoardPage) -> tuple[int, tuple[float, float]]:
    """Return the index of the image at the right end of the projection, and its place."""
    index, *place = board.page.evaluate(
        """() => {
            const chart = document.querySelector(".live-chart[aria-label^=Projection]");
            chart.scrollIntoView({ block: "center" });
            const points = chart._fullData.filter(({ customdata }) => customdata).flatMap(
                ({ x, y, customdata }) => Array.from(x, (at, i) => [customdata[i], at, y[i]]));
            const [index, x, y] = points.reduce((a, b) => (b[1] > a[1] ? b : a));
            const { xaxis, yaxis } = chart._fullLayout, box = chart.getBoundingClientRect();
            return [index, box.x + xaxis._offset + xaxis.d2p(x),
                    box.y + yaxis._offset + yaxis.d2p(y)] }"""
    )
    return index, tuple(place)


def test_a_drawing_is_classified(
    board: BoardPage, trained: Run, clear_digits: list[tuple[int, Drawing]]
) -> None:
    board.go("Try it", title="Try it")
    canvas = board.page.locator("canvas").last
    canvas.scroll_into_view_if_needed()
    prediction = board.page.get_by_test_id("stMetric").filter(has_text="Prediction")
    network = load_classifier(trained.weights_path)
    known = [
        (digit, strokes)
        for digit, strokes in clear_digits
        if (found := network.classify_strokes(thin_strokes(strokes))).digit == digit
        and found.confidence > 0.95
    ]
    for digit, strokes in known[:: len(known) // 3][:3]:
        draw(board.page, fit_strokes(thin_strokes(strokes), canvas.bounding_box()))
        expect(prediction).to_contain_text(str(digit))
        board.button("Clear").click()
        expect(prediction).to_have_count(0)
    _expect_charts_in_their_places(board, clear_digits[0][1])


def _expect_charts_in_their_places(board: BoardPage, strokes: Drawing) -> None:
    """Draw for one network, then for two, in light and dark colours."""
    canvas = board.page.locator("canvas").last
    canvas.scroll_into_view_if_needed()
    draw(board.page, fit_strokes(thin_strokes(strokes), canvas.bounding_box()))
    title = "Network input and the probability of each digit"
    charts = board.page.get_by_role("figure", name=title)
    expect(charts.locator(".main-svg").first).to_be_visible()
    single = charts.bounding_box()
    board.page.get_by_role("combobox", name="Compare with").click()
    board.page.get_by_role("option", name="default").click()
    expect(charts).to_have_count(2)
    # each is redrawn for its half of the page, so none covers the other
    board.page.wait_for_function(
        """() => [...document.querySelectorAll('.live-chart')].every(chart => {
            const drawn = chart.querySelector('.main-svg')?.getBoundingClientRect();
            return drawn && Math.abs(drawn.width - chart.clientWidth) < 1 })"""
    )
    boxes = [chart.bounding_box() for chart in charts.all()]
    assert max(box["width"] for box in boxes) < single["width"] / 2
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]
    for scheme, colour in (("dark", "rgb(255, 138, 61)"), ("light", "rgb(213, 94, 0)")):
        board.page.emulate_media(color_scheme=scheme)
        bars = charts.first.locator(f'.bars path[style*="fill: {colour}"]')
        expect(bars).to_have_count(1)


@pytest.fixture
def models(folders: dict[str, str]) -> Iterator[Path]:
    """The folder of promoted models, emptied afterwards: other tests see the shipped ones only."""
    folder = Path(folders["MNIST_MODELS"])
    before = set(folder.iterdir())
    yield folder
    for path in set(folder.iterdir()) - before:
        path.unlink()


def test_a_promoted_run_is_in_the_running_pad(
    board: BoardPage, open_pad: Callable[..., PadPage], models: Path
) -> None:
    pad = open_pad()
    board.go("Try it", title="Try it")
    board.go("Promote", title="Promote a run")
    expect(board.page).to_have_url(re.compile(r"/promote\?run="))
    board.go_back_and_forward("Try it")
    board.page.get_by_role("textbox", name="Name in the pad").fill("my-own")
    board.page.get_by_role("textbox", name="Name in the pad").press("Enter")
    board.settle()
    board.page.get_by_test_id("stMain").get_by_role("button", name="Promote").dblclick()
    expect(board.page.get_by_text("is now in the pad", exact=False)).to_be_visible()
    expect(board.page.get_by_text("my-own").first).to_be_visible()
    board.settle()
    assert any(path.name.startswith("my-own") for path in models.iterdir())
    picker = pad.page.get_by_label("Model")
    picker.focus()
    expect(picker.locator("option", has_text="my-own")).to_have_count(1)
    with pad.page.expect_response("**/functions/*"):
        picker.select_option("my-own")
    pad.settle()
    picker.select_option("default")
    pad.settle()


def test_every_page_fits_a_phone_that_may_only_look(
    open_board: Callable[..., BoardPage], trained: Run
) -> None:
    board = open_board(
        host=KNOWN_HOST,
        viewport={"width": 390, "height": 844},
        color_scheme="light",
        locale="zh-CN",
    )
    board.open()
    pages = ("runs", "train", "watch", "understand", "compare", "try_it", "promote", "search")
    # one scheme a page: colours change no widths
    for page in pages:
        scheme = "dark" if page in pages[:4] else "light"
        board.page.emulate_media(color_scheme=scheme)
        board.expect_scheme(scheme)
        if page != "runs":
            board.go_in_history(page)
        board.settle()
        assert board.fits(), page
        assert not board.page.get_by_role("heading", level=1).inner_text().isascii(), page
        expect(board.page.get_by_text("只读：", exact=False)).to_be_visible()
        if page == "train":
            start = board.page.locator(".st-key-start button")
            expect(start).to_be_in_viewport()
            expect(start).to_be_disabled()
        if page == "watch":
            expect(board.button("删除")).to_be_disabled()
            expect_toolbars_beside_the_texts(board)
            expect_a_chart_to_fill_the_screen(board)
    board.url = board.url.replace(KNOWN_HOST, UNKNOWN_HOST)
    assert board.page.goto(board.url).status == 421
    expect(board.page.get_by_text(f"--server.allowedHosts {UNKNOWN_HOST}")).to_be_visible()


def expect_toolbars_beside_the_texts(board: BoardPage) -> None:
    """No toolbar of a chart covers a legend, or a label or title of an axis."""
    board.page.wait_for_function("document.querySelector('.live-chart .legend')")
    covered = board.page.evaluate(
        """() => [...document.querySelectorAll('.live-chart')].flatMap(chart => {
            const bar = chart.querySelector('.modebar')?.getBoundingClientRect();
            return [...chart.querySelectorAll('.main-svg text')].filter(text => {
                const box = text.getBoundingClientRect();
                return bar && box.width && bar.left < box.right && box.left < bar.right
                    && bar.top < box.bottom && box.top < bar.bottom;
            }).map(text => `${chart.ariaLabel}: ${text.textContent}`) })"""
    )
    assert covered == []


def expect_a_chart_to_fill_the_screen(board: BoardPage) -> None:
    button = board.page.locator("[data-title='Full screen']").first
    button.click()
    board.page.wait_for_function(
        """() => { const chart = document.querySelector('.live-chart')._fullLayout;
            return [chart.width, chart.height] == `${innerWidth},${innerHeight}` }"""
    )
    button.click()
    board.page.wait_for_function("!document.fullscreenElement")


def test_a_login_outlives_a_reload(open_board: Callable[..., BoardPage], password: str) -> None:
    board = open_board()
    box = board.page.get_by_label("Password", exact=True)
    board.open("train", title="Drawpad dashboard")
    for given in ("wrong horse", password):
        box.fill(given)
        board.button("Log in").click()
        if given != password:
            expect(board.page.get_by_text("This is not the password.")).to_be_visible()
    heading = board.page.get_by_role("heading", name="Train a network", level=1)
    expect(heading).to_be_visible()
    # the heading may be there before the tab has kept the login
    kept = board.page.wait_for_function("sessionStorage.getItem('drawpad-login')")
    token = kept.json_value()
    board.page.reload()
    expect(heading).to_be_visible()
    assert token not in str(board.context.cookies()), "no request carries it"
    assert token not in board.page.evaluate("JSON.stringify(localStorage)"), "nor has another tab"
    board.button("Log out").click()
    expect(box).to_be_visible()
    # so no reload logs in again
    board.page.wait_for_function("!sessionStorage.getItem('drawpad-login')")
