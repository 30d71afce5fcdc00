"""Screens, languages, touch and access."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from support.chromium import Server
from support.pad_page import PadPage

pytestmark = pytest.mark.browser

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}


@pytest.mark.parametrize(("viewport", "locale"), [(DESKTOP, "zh-CN"), (PHONE, "en-US")])
def test_pad_and_bars_fit_on_one_screen(
    open_pad: Callable[..., PadPage], viewport: dict[str, int], locale: str
) -> None:
    pad = open_pad(viewport=viewport, locale=locale)
    pad.play_example(8)
    assert pad.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]
    for part in (".paper", ".tools", ".digit", ".bars"):
        box = pad.page.locator(part).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= viewport["width"]
        assert box["y"] + box["height"] <= viewport["height"], part
    pad.page.click("[data-stage=conv4] .map >> nth=3")
    expect(pad.page.locator(".detail")).to_be_in_viewport(ratio=1)
    heading = pad.page.locator(".detail h2").bounding_box()
    close = pad.page.locator(".detail .close").bounding_box()
    assert heading is not None
    assert close is not None
    # its cross is beside the heading, not on the text below
    middle = close["y"] + close["height"] / 2
    assert heading["y"] <= middle <= heading["y"] + heading["height"]
    assert pad.page.evaluate("document.documentElement.scrollWidth") <= viewport["width"]


def test_every_chinese_browser_gets_the_page_in_chinese(
    browser: Browser, server: Server, subtests: pytest.Subtests
) -> None:
    for locale in ("zh", "zh-HK", "zh-Hans-SG"):
        with subtests.test(locale=locale):
            page = browser.new_page(locale=locale)
            page.goto(server.url)
            page.wait_for_selector(".drawpad[data-model]")
            assert page.inner_text(".drawpad h1") == "手写数字画板"
            assert page.evaluate("document.documentElement.lang").startswith("zh-")
            page.context.close()


def test_desktop_shows_the_whole_pad_without_scrolling(pad: PadPage) -> None:
    pad.play_example(8)
    assert pad.page.evaluate("document.documentElement.scrollHeight") <= DESKTOP["height"]
    captions = pad.page.locator(".layer .caption").all_inner_texts()
    assert all("maps of" in caption and "parameters" in caption for caption in captions)


def test_ten_stages_are_side_by_side_or_below_each_other_but_never_overlap(pad: PadPage) -> None:
    pad.play_example(8)
    pad.page.select_option("[data-part=model]", "ensemble")
    pad.page.wait_for_selector(".drawpad[data-model=ensemble]")
    pad.settle()
    captions = pad.page.locator(".stages .caption").evaluate_all(
        "all => all.map((caption) => {"
        " const range = document.createRange();"
        " range.selectNodeContents(caption);"
        " const { left, right } = range.getBoundingClientRect();"
        " return [left, right]; })"
    )
    assert len(captions) == 11
    assert all(one[1] < following[0] for one, following in pairwise(captions))
    pad.page.set_viewport_size({"width": 1000, "height": 800})
    pad.page.wait_for_selector(".network.column")
    for stage in pad.page.locator(".stages .stage").all():
        box = stage.bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= 1000


def test_finger_draws_and_the_page_does_not_scroll(open_pad: Callable[..., PadPage]) -> None:
    pad = open_pad(viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=3)
    box = pad.paper
    finger = pad.context.new_cdp_session(pad.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        places = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})

    x = box["x"] + box["width"] / 2
    touch("touchStart", (x, box["y"] + 40))
    for y in np.linspace(40, box["height"] - 40, 20):
        touch("touchMove", (x, box["y"] + float(y)))
    pad.expect_digit(1)
    # a second finger next to the first draws nothing
    before = pad.pixels(".paper canvas")
    touch("touchMove", (x, box["y"] + box["height"] - 40), (x - 90, box["y"] + 50))
    touch("touchMove", (x, box["y"] + box["height"] - 40), (x - 90, box["y"] + 200))
    touch("touchEnd")
    pad.settle()
    assert np.array_equal(pad.pixels(".paper canvas"), before)
    assert pad.page.evaluate("window.scrollY") == 0
    for button in pad.page.locator(".tools button").all():
        size = button.bounding_box()
        assert size is not None
        assert min(size["width"], size["height"]) >= 40


@pytest.mark.parametrize(
    ("locale", "words"),
    [
        ("zh-TW", "写一个数字"),
        ("fr-FR", "Draw a digit"),
    ],
)
def test_page_is_in_the_browsers_language(
    open_pad: Callable[..., PadPage], locale: str, words: str
) -> None:
    pad = open_pad(locale=locale)
    expect(pad.page.locator(".hint")).to_have_text(words)


def test_light_and_dark_follow_the_browser(open_pad: Callable[..., PadPage]) -> None:
    brightness = {}
    for scheme in ("light", "dark"):
        pad = open_pad(new=True, color_scheme=scheme)
        colour = pad.page.evaluate(
            "getComputedStyle(document.querySelector('.paper')).backgroundColor"
        )
        brightness[scheme] = sum(int(n) for n in colour[4:-1].split(","))
        # the maps' colour for 0 follows
        corner = pad.pixels("[data-part=frame]")[0, 0, :3].sum()
        assert abs(int(corner) - brightness[scheme]) < 150
    assert brightness["light"] > 600 > 200 > brightness["dark"]


def test_everything_has_a_name_for_screen_readers(pad: PadPage) -> None:
    nameless = pad.page.evaluate(
        """[...document.querySelectorAll('.drawpad button, .drawpad select, .drawpad [role]')]
           .filter((node) => node.checkVisibility())
           .filter((node) => !node.getAttribute('aria-label') && !node.innerText.trim()
               && !node.labels?.length && node.role !== 'status' && node.role !== 'alert')
           .map((node) => node.outerHTML.slice(0, 80))"""
    )
    assert nameless == []
    pad.play_example(5)
    expect(pad.page.locator("[data-part=announcement]")).to_contain_text("5, ")


def focused(pad: PadPage) -> str:
    """The tool, pen width, accessible name or tag of what has the focus."""
    return pad.page.evaluate(
        "(({dataset, ariaLabel, tagName}) => dataset.tool ?? dataset.pen ?? ariaLabel ?? tagName)"
        "(document.activeElement)"
    )


def test_every_tool_can_be_reached_by_keyboard(new_pad: PadPage) -> None:
    """Tools and examples are one tab stop each; arrow keys go from one to the next."""
    pad = new_pad
    pad.draw([np.array([[0.0, 0], [0, 100]])])
    pad.settle()
    pad.page.locator("[data-part=model]").focus()
    press = pad.page.keyboard.press
    press("Tab")
    assert focused(pad).startswith("Drawing area")
    press("Tab")
    tools = [focused(pad)]
    for _ in range(6):
        press("ArrowRight")
        tools.append(focused(pad))
    assert tools == ["undo", "eraser", "clear", "10", "16", "24", "upload"]
    press("ArrowRight")
    assert focused(pad) == "undo"
    press("ArrowLeft")
    assert focused(pad) == "upload"
    press("Tab")
    assert focused(pad) == "Draw an example of 0"
    press("End")
    assert focused(pad) == "Draw an example of 9"
    press("Shift+Tab")
    assert focused(pad) == "upload", "where it was left"
    press("Home")
    press("Enter")
    pad.settle()
    assert focused(pad) == "redo", "undo is disabled now, and the keyboard keeps its place"


def test_few_tab_stops(new_pad: PadPage) -> None:
    pad = new_pad
    stops = pad.page.evaluate(
        """[...document.querySelectorAll('.workspace *')].filter((node) => node.tabIndex >= 0
            && !node.disabled && node.checkVisibility()).length"""
    )
    assert stops == 4, "paper, tools, examples, tabs"


def ring(pad: PadPage) -> str:
    """The style of the outline of what has the focus."""
    return pad.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")


def test_focus_ring_is_for_the_keyboard(pad: PadPage) -> None:
    pad.page.mouse.click(pad.paper["x"] + 100, pad.paper["y"] + 100)
    assert focused(pad).startswith("Drawing area")
    assert ring(pad) == "none"
    pad.page.keyboard.press("e")
    assert ring(pad) == "none"
    pad.page.click(".examples button:nth-child(3)")
    assert ring(pad) == "none"
    pad.page.keyboard.press("ArrowRight")
    assert ring(pad) == "solid"
    pad.page.keyboard.press("Shift+Tab")
    assert ring(pad) == "solid"
    pad.page.mouse.click(pad.paper["x"] + 100, pad.paper["y"] + 100)
    assert ring(pad) == "none"
