"""The list of models while models are promoted, replaced and withdrawn; the pad keeps running."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import APIResponse, Route, expect
from support.pad_page import PadPage
from support.pictures import picture_of_a_seven
from support.training import small

from mnist_core import load_classifier, shipped_models
from mnist_core.models.registry import promoted_folder, weights_path
from mnist_core.runs.promotion import MAX_NAME_LENGTH, promote, withdraw
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import create_run
from mnist_core.utils.files import write_atomic

pytestmark = pytest.mark.browser


@pytest.fixture
def models() -> Path:
    """The folder of promoted models, the same for the server and for these tests."""
    folder = promoted_folder()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture
def run(models: Path, tmp_path: Path) -> Iterator[Run]:
    """A run whose best weights are those of the article's network."""
    for file in models.iterdir():
        file.unlink()
    run = create_run(small(), tmp_path)
    shutil.copy(weights_path("mnist_cnn"), run.weights_path)
    yield run
    for file in models.iterdir():
        file.unlink()


@pytest.fixture
def pad(run: Run, open_pad: Callable[..., PadPage]) -> PadPage:
    """The pad, whose list was fetched after the folder was emptied; the server answers."""
    pad = open_pad(runs="server")
    pad.page.evaluate("window.dispatchEvent(new Event('focus'))")
    options = pad.page.locator("[data-part=model] option")
    expect(options).to_have_count(len(shipped_models()))
    return pad


def offered(pad: PadPage) -> list[str]:
    options = pad.page.locator("[data-part=model] option")
    return options.evaluate_all("all => all.map((option) => option.value)")


def draw_a_zero(pad: PadPage) -> None:
    pad.play_example(0)


def choose(pad: PadPage, name: str) -> None:
    picker = pad.page.locator("[data-part=model]")
    picker.focus()
    expect(picker.locator(f"option[value='{name}']")).to_be_attached()
    picker.select_option(name)
    pad.page.wait_for_selector(f".drawpad[data-model={name}]")
    pad.settle()


def test_a_new_model_is_offered_without_a_restart(pad: PadPage, run: Run) -> None:
    assert offered(pad) == shipped_models()
    draw_a_zero(pad)
    promote(run, "mine")
    choose(pad, "mine")
    assert offered(pad) == [*shipped_models(), "mine"]
    expected = load_classifier("mine").classify_strokes(pad.strokes)
    assert pad.percentages == pytest.approx(100 * expected.probabilities, abs=0.06)
    pad.page.reload()
    expect(pad.page.locator("[data-part=model]")).to_have_value("mine")
    pad.expect_digit(0)


def test_reload_and_coming_back_to_the_window_bring_the_list_up_to_date(
    pad: PadPage, run: Run
) -> None:
    options = pad.page.locator("[data-part=model] option")
    promote(run, "first")
    pad.page.reload()
    expect(options).to_have_count(len(shipped_models()) + 1)
    promote(run, "second")
    pad.page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(options).to_have_count(len(shipped_models()) + 2)
    withdraw("first")
    pad.page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(options).to_have_count(len(shipped_models()) + 1)
    assert offered(pad) == [*shipped_models(), "second"]
    expect(pad.page.locator(".banner")).to_be_hidden()
    # without either: after a stroke, but not more than once a minute
    withdraw("second")
    draw_a_zero(pad)
    pad.settle()
    assert offered(pad) == [*shipped_models(), "second"]
    pad.page.evaluate(
        "() => { const now = performance.now(); performance.now = () => now + 61_000 }"
    )
    pad.as_new = None  # loaded again for the next test
    draw_a_zero(pad)
    expect(options).to_have_count(len(shipped_models()))


def test_a_model_promoted_while_the_list_is_fetched_is_offered(pad: PadPage, run: Run) -> None:
    held: list[tuple[Route, APIResponse]] = []

    def hold_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append((route, route.fetch()))

    pad.page.route("**/functions/describe_model", hold_first)
    with pad.page.expect_request("**/functions/describe_model"):
        pad.page.evaluate("window.dispatchEvent(new Event('focus'))")
    while not held:
        pad.page.wait_for_timeout(10)
    promote(run, "mine")
    pad.page.evaluate("window.dispatchEvent(new Event('focus'))")
    route, response = held[0]
    route.fulfill(response=response)
    expect(pad.page.locator("[data-part=model] option[value=mine]")).to_be_attached()


def test_the_page_says_which_model_it_waits_for(pad: PadPage) -> None:
    held: list[Route] = []
    holding = True
    pad.page.route(
        "**/functions/*", lambda route: held.append(route) if holding else route.continue_()
    )
    pad.page.select_option("[data-part=model]", "mnist_cnn")
    place = pad.page.locator(".place")
    expect(place).to_contain_text("Waiting for the model mnist_cnn")
    holding = False
    for route in held:
        route.continue_()
    pad.page.wait_for_selector(".drawpad[data-model=mnist_cnn]")
    expect(place).not_to_contain_text("mnist_cnn")


def test_a_model_withdrawn_while_drawing_is_replaced_by_the_default(pad: PadPage, run: Run) -> None:
    promote(run, "mine")
    choose(pad, "mine")
    withdraw("mine")
    draw_a_zero(pad)
    pad.page.wait_for_selector(".drawpad[data-model=default]")
    banner = pad.page.locator(".banner")
    expect(banner).to_have_text("The model mine is no longer available; default is used instead.")
    assert offered(pad) == shipped_models()
    expected = load_classifier().classify_strokes(pad.strokes)
    assert pad.percentages == pytest.approx(100 * expected.probabilities, abs=0.06)
    pad.click("clear")
    expect(banner).to_be_hidden()


def test_a_model_withdrawn_between_two_visits_is_reported(pad: PadPage, run: Run) -> None:
    promote(run, "mine")
    choose(pad, "mine")
    draw_a_zero(pad)
    withdraw("mine")
    pad.page.reload()
    pad.page.wait_for_selector(".drawpad[data-model=default]")
    expect(pad.page.locator(".banner")).to_contain_text("The model mine is no longer available")
    expect(pad.page.locator("[data-part=model]")).to_have_value("default")
    pad.expect_digit(0)


def test_another_network_under_the_same_name_is_shown(pad: PadPage, run: Run) -> None:
    path = promote(run, "mine")
    choose(pad, "mine")
    draw_a_zero(pad)
    expect(pad.page.locator("[data-stage=conv1] .map")).to_have_count(10)
    write_atomic(path, weights_path("student").read_bytes())
    pad.page.click(".examples button:nth-child(8)")
    expect(pad.page.locator("[data-stage=conv1] .map")).to_have_count(12)
    expect(pad.page.locator("[data-stage=conv6]")).to_be_attached()
    pad.settle()
    expected = load_classifier("mine").classify_strokes(pad.strokes)
    assert pad.percentages == pytest.approx(100 * expected.probabilities, abs=0.06)
    expect(pad.page.locator(".banner")).to_be_hidden()


@pytest.mark.exports
def test_a_damaged_model_is_refused_and_the_others_work(pad: PadPage, run: Run) -> None:
    path = promote(run, "mine")
    choose(pad, "mine")
    path.write_bytes(b"no weights")
    draw_a_zero(pad)
    pad.page.wait_for_selector(".drawpad[data-model=default]")
    banner = pad.page.locator(".banner")
    expect(banner).to_contain_text("mine.safetensors: not a complete safetensors file")
    assert offered(pad) == [*shipped_models(), "mine"]
    pad.page.select_option("[data-part=model]", "mnist_cnn")
    pad.page.wait_for_selector(".drawpad[data-model=mnist_cnn]")
    expect(banner).to_be_hidden()
    pad.page.select_option("[data-part=model]", "mine")
    expect(banner).to_contain_text("mine.safetensors: not a complete safetensors file")
    expect(pad.page.locator("[data-part=model]")).to_have_value("mnist_cnn")
    pad.expect_digit(0)


def test_messages_are_in_chinese_on_a_chinese_page(
    run: Run, open_pad: Callable[..., PadPage]
) -> None:
    pad = open_pad(runs="server", locale="zh-CN")
    expect(pad.page.locator("[data-part=place]")).to_contain_text("在服务器上运行")
    promote(run, "mine")
    choose(pad, "mine")
    withdraw("mine")
    pad.page.locator("[data-part=model]").hover()
    banner = pad.page.locator(".banner")
    expect(banner).to_have_text("模型 mine 已不可用，改用 default。")
    damaged = {"name": "a.png", "mimeType": "image/png", "buffer": picture_of_a_seven()[:300]}
    pad.page.set_input_files("[data-part=file]", damaged)
    expect(banner).to_have_text("无法读取图片：文件已损坏。请重新保存，或使用其他图片。")


def test_the_list_says_of_each_model_how_good_and_large_it_is_and_what(pad: PadPage) -> None:
    option = pad.page.locator("[data-part=model] option[value=mnist_cnn]")
    accuracy = load_classifier("mnist_cnn").card.accuracy("test")
    size = weights_path("mnist_cnn").stat().st_size
    expect(option).to_have_text(
        f"mnist_cnn · {100 * accuracy:.2f}% · {size / 1000:.0f} kB · the network of the article: "
        "two convolutions and one hidden layer, small and quick."
    )
    closed = pad.page.locator("[data-part=model] selectedcontent")
    expect(closed).to_contain_text("default · ")
    expect(closed.locator("small")).to_be_hidden()
    pad.page.click("[data-part=model]")
    options = pad.page.locator("[data-part=model]")
    expect(options.locator("[value=default]")).to_be_focused()
    pad.page.keyboard.press("e")  # in the open list, the first letter of a model
    expect(options.locator("[value=ensemble]")).to_be_focused()
    pad.page.keyboard.press("Escape")
    expect(pad.page.locator("[data-tool=eraser]")).to_have_attribute("aria-pressed", "false")


def test_two_models_read_one_drawing_side_by_side(pad: PadPage) -> None:
    draw_a_zero(pad)
    pad.page.click("[data-tab=compare]")
    other = pad.page.locator("[data-part=compare]")
    expect(other.locator("select")).to_have_value("mnist_cnn")
    expect(other.locator(".other-digit")).to_have_text("0")
    bars = other.locator(".other-bars li")
    expected = load_classifier("mnist_cnn").classify_strokes(pad.strokes)
    found = bars.evaluate_all("all => all.map((bar) => Number(bar.dataset.probability))")
    assert found == pytest.approx(expected.probabilities, abs=6e-4)
    about = other.locator(".about")
    expect(about).to_contain_text("the network of the article")
    expect(about).to_contain_text("of MNIST's test images right")
    pad.play_example(7)
    expect(other.locator(".other-digit")).to_have_text("7")
    pad.click("clear")
    expect(other.locator(".other-digit")).to_have_text("")
    pad.page.select_option("[data-part=model]", "mnist_cnn")
    expect(other.locator("select")).not_to_have_value("mnist_cnn")
    other.locator("select").select_option("default")
    pad.play_example(3)
    expect(other.locator(".other-digit")).to_have_text("3")


def test_a_long_name_fits_on_a_phone(run: Run, open_pad: Callable[..., PadPage]) -> None:
    promote(run, "W" * MAX_NAME_LENGTH)
    pad = open_pad(viewport={"width": 360, "height": 740}, locale="en-US")
    choose(pad, "W" * MAX_NAME_LENGTH)
    assert pad.page.evaluate("document.scrollingElement.scrollWidth") <= 360
    box = pad.page.locator("[data-part=model]").bounding_box()
    title = pad.page.locator("h1").bounding_box()
    assert box is not None
    assert title is not None
    assert box["x"] + box["width"] <= 360
    assert title["height"] < 30, "the title stays on one line"
