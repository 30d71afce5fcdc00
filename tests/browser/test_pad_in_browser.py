"""Models run in the browser: without requests, with the server's answers, and the server if not."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Request, Route, expect
from support.chromium import DESKTOP, Server
from support.drawings import paint, seven, zero
from support.pad_page import PadPage
from support.rows import H, row

from mnist_core import load_classifier
from mnist_core.data.allographs import draw_digit
from mnist_core.models.registry import graph_path, promoted_folder, weights_path

pytestmark = pytest.mark.browser

IN_BROWSER = "Runs in your browser; nothing you draw leaves it."
ON_SERVER = "Runs on the server: this browser cannot run it."


@pytest.fixture(scope="module")
def loaded(browser: Browser, server: Server) -> Iterator[PadPage]:
    """A page in which models run: to load them again for each test would take seconds."""
    context = browser.new_context(**DESKTOP, reduced_motion="reduce")
    pad = PadPage(context.new_page(), server.url, runs="browser")
    yield pad
    assert pad.errors == []
    context.close()


@pytest.fixture
def pad(loaded: PadPage) -> Iterator[PadPage]:
    """The empty pad with the default model, which runs in the browser."""
    yield loaded
    if loaded.strokes:
        loaded.click("clear")
    choose(loaded, "default")
    loaded.wait_until_it_runs("browser")


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    """The name of a promoted model that can refuse."""
    folder = promoted_folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "refuses-in-browser.safetensors"
    shipped = weights_path("student")
    shutil.copy(shipped, path)
    shutil.copy(graph_path(shipped), graph_path(path))
    yield path.stem
    for file in folder.glob(f"{path.stem}.*"):
        file.unlink()


def requests_of(pad: PadPage) -> list[Request]:
    """Return a list to which the page's requests are added."""
    found: list[Request] = []
    pad.page.on("request", lambda request: found.append(request))
    return found


def choose(pad: PadPage, name: str) -> None:
    picker = pad.page.locator("[data-part=model]")
    pad.page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(picker.locator("option", has_text=name)).to_be_attached()
    picker.select_option(name)
    pad.page.wait_for_selector(f".drawpad[data-model={name}]")
    pad.wait_until_it_runs("browser")
    pad.settle()


def test_the_page_says_where_the_model_runs(pad: PadPage, open_pad: Callable[..., PadPage]) -> None:
    expect(pad.page.locator("[data-part=place]")).to_have_text(IN_BROWSER)
    other = open_pad(runs="server")
    expect(other.page.locator("[data-part=place]")).to_have_text(ON_SERVER)
    chinese = open_pad(runs="server", locale="zh-CN")
    expect(chinese.page.locator("[data-part=place]")).to_contain_text("在服务器上运行：")


def test_no_request_for_a_drawing(pad: PadPage) -> None:
    requests = requests_of(pad)
    pad.draw(seven())
    pad.expect_digit(7)
    pad.settle()
    pad.page.click("[data-stage=conv1] .map:nth-child(2)")
    expect(pad.page.locator("[data-part=map-detail]")).to_contain_text("kernel")
    pad.click("undo")
    pad.expect_digit(None)
    assert requests == []


def test_drawings_are_read_as_on_the_server(pad: PadPage) -> None:
    classifier = load_classifier()
    random = np.random.default_rng(5)
    for digit in range(0, 10, 2):
        pad.draw(draw_digit(random, digit))
        pad.settle()
        expected = classifier.classify_strokes(pad.strokes)
        pad.expect_digit(expected.digit)
        assert pad.percentages == pytest.approx(100 * expected.probabilities, abs=0.15)
        pad.click("clear")
        pad.expect_digit(None)


def test_a_row_and_a_refusal(pad: PadPage) -> None:
    requests = requests_of(pad)
    pad.draw(row([seven(), zero(), seven()])[0], share=0.9)
    expect(pad.page.locator("[data-part=row] button")).to_have_text(["7", "0", "7"])
    pad.page.locator("[data-part=row] button").nth(1).click()
    pad.expect_digit(0)
    pad.click("clear")
    pad.draw(H)
    expect(pad.page.locator(".digit")).to_have_text("?")
    expect(pad.page.locator(".note")).to_contain_text("This doesn't look like a digit")
    pad.settle()
    assert requests == []


def test_a_promoted_model_runs_in_the_browser(pad: PadPage, model: str) -> None:
    pad.play_example(3)
    choose(pad, model)
    pad.play_example(0)
    expected = load_classifier(model).classify_strokes(pad.strokes)
    assert pad.percentages == pytest.approx(100 * expected.probabilities, abs=0.15)


def test_no_drawing_is_sent_to_be_read_by_another_model_too(pad: PadPage) -> None:
    pad.play_example(3)
    requests = requests_of(pad)
    pad.page.click("[data-tab=compare]")
    compare = pad.page.locator("[data-part=compare]")
    compare.locator("select").select_option("student")
    expect(compare.locator(".other-digit")).to_have_text("3")
    pad.page.click("[data-tab=why]")
    expect(pad.page.locator("[data-part=place]")).to_have_text(IN_BROWSER)
    sent = [request.url for request in requests if "/classify_" in request.url]
    assert sent == []


def test_a_picture_is_read_in_the_browser(pad: PadPage, tmp_path: Path) -> None:
    paint(seven()).save(tmp_path / "seven.png")
    held: list[Route] = []
    pad.page.route("**/find_ink.onnx", lambda route: held.append(route))
    with pad.page.expect_request("**/find_ink.onnx"):  # once
        pad.page.set_input_files("[data-part=file]", tmp_path / "seven.png")
    expect(pad.page.locator(".progress")).to_be_visible()
    held[0].continue_()
    pad.page.unroute("**/find_ink.onnx")
    pad.expect_digit(7)
    expect(pad.page.locator(".progress")).to_be_hidden()
    pad.settle()
    pad.click("clear")
    requests = requests_of(pad)
    paint(zero()).save(tmp_path / "zero.png")
    pad.page.set_input_files("[data-part=file]", tmp_path / "zero.png")
    pad.expect_digit(0)
    assert requests == []


def test_it_works_offline_once_it_is_loaded(pad: PadPage) -> None:
    pad.context.set_offline(True)
    try:
        pad.draw(seven())
        pad.expect_digit(7)
        pad.click("clear")
        pad.play_example(8)
        expect(pad.page.locator(".banner")).to_be_hidden()
        compare = pad.page.locator("[data-part=compare]")
        pad.page.click("[data-tab=compare]")
        compare.locator("select").select_option("mnist_cnn")  # it cannot be had now
        expect(compare.locator(".about")).to_contain_text("No answer from the server.")
        expect(compare).to_have_attribute("aria-busy", "false")
    finally:
        pad.context.set_offline(False)
    expect(compare.locator(".other-digit")).to_have_text("8")  # asked again without the user
    expect(compare.locator(".about")).not_to_contain_text("No answer")
    pad.page.click("[data-tab=why]")


@pytest.mark.parametrize("blocked", ["onnxruntime.wasm", "recognizer.js", "*.onnx"])
def test_the_server_answers_where_a_file_cannot_be_loaded(
    open_pad: Callable[..., PadPage], blocked: str
) -> None:
    pad = open_pad()
    pad.allow_models()
    pad.page.route(f"**/drawpad/**/{blocked}", lambda route: route.abort())
    pad.page.reload()
    pad.wait_until_it_runs("server")
    requests = requests_of(pad)
    pad.draw(seven())
    pad.expect_digit(7)
    assert any(request.url.endswith("/classify_ink") for request in requests)
    expect(pad.page.locator(".banner")).to_be_hidden()


@pytest.mark.parametrize("missing", ["WebAssembly", "Worker"])
def test_the_server_answers_in_a_browser_without(
    open_pad: Callable[..., PadPage], missing: str
) -> None:
    pad = open_pad()  # without Worker
    if missing == "WebAssembly":  # of the worker, whose scope the page's scripts do not reach
        pad.allow_models()
        pad.page.route(
            "**/recognizer.js",
            lambda route: route.fulfill(
                body="delete self.WebAssembly;" + route.fetch().text(),
                content_type="text/javascript",
            ),
        )
        pad.page.reload()
    pad.wait_until_it_runs("server")
    pad.draw(seven())
    pad.expect_digit(7)


def test_a_worker_that_fails_is_replaced_by_the_server(open_pad: Callable[..., PadPage]) -> None:
    pad = open_pad()
    pad.allow_models()
    broken = """;(() => {
        const original = self.postMessage;
        self.postMessage = (message, ...rest) => {
            if (message.value && message.value.prediction) {
                setTimeout(() => { throw new Error("broken"); });
            } else original.call(self, message, ...rest);
        };
    })();"""
    pad.page.route(
        "**/recognizer.js",
        lambda route: route.fulfill(
            body=broken + route.fetch().text(), content_type="text/javascript"
        ),
    )
    pad.page.reload()
    pad.wait_until_it_runs("browser")
    pad.draw(seven())
    pad.wait_until_it_runs("server")
    pad.expect_digit(7)
    expect(pad.page.locator(".banner")).to_be_hidden()
    pad.errors.clear()  # the worker's error, which the page reports
