"""The pad on screens of all sizes: nothing is cut off, and nothing moves while a pen is down."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pytest
from playwright.sync_api import expect
from support.pad_page import PadPage

pytestmark = pytest.mark.browser

SCREENS = {
    "desktop": (1280, 900),
    "large": (1920, 1080),
    "phone": (390, 844),
    "phone on its side": (844, 390),
    "small phone": (320, 640),
    "small phone on its side": (568, 320),
    "small window": (540, 500),
    "desktop at 200%": (640, 450),
    "desktop at 400%": (320, 225),
    "tablet": (768, 1024),
    "small desktop": (1024, 768),
}
ONE_SCREEN = [
    "desktop",
    "large",
    "phone",
    "phone on its side",
    "small phone",
    "small phone on its side",
    "small window",
]
OnEachScreen = Callable[..., Iterator[tuple[str, PadPage]]]
PARTS = ("header", ".paper", ".tools", ".examples", ".digit", ".confidence", ".bars", ".place")


@pytest.fixture
def on_each_screen(
    open_pad: Callable[..., PadPage], subtests: pytest.Subtests
) -> Callable[..., Iterator[tuple[str, PadPage]]]:
    """One pad on screens of these names, one after the other; a subtest for each.

    It is empty, or has the example that is drawn on the first screen.
    """

    def show(
        names: Iterable[str] = SCREENS, example: int | None = None, **options: object
    ) -> Iterator[tuple[str, PadPage]]:
        pad = open_pad(**options)
        for name in names:
            width, height = SCREENS[name]
            pad.page.set_viewport_size({"width": width, "height": height})
            if example is not None:
                if not pad.strokes:
                    pad.play_example(example)
                pad.settle()
            elif pad.strokes:
                pad.click("clear")
                pad.settle()
            with subtests.test(screen=name):
                yield name, pad

    return show


def box(pad: PadPage, selector: str) -> dict[str, float]:
    found = pad.page.locator(selector).first.bounding_box()
    assert found is not None
    return dict(found)


def places(pad: PadPage) -> dict[str, dict[str, float]]:
    """Where the parts are. The network is the last one: as it grows, nothing moves."""
    parts = ("header", ".paper", ".tools", ".examples", ".result", ".bars", ".network")
    found = pad.page.evaluate(
        """(parts) => parts.map((part) => {
            const {x, y, width, height} = document.querySelector(part).getBoundingClientRect();
            return {x, y, width, height};
        })""",
        parts,
    )
    found[-1].pop("height")
    return dict(zip(parts, found, strict=True))


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_nothing_is_cut_off_at_the_sides(on_each_screen: OnEachScreen, locale: str) -> None:
    for name, pad in on_each_screen(example=8, locale=locale):
        assert pad.page.evaluate("document.documentElement.scrollWidth") <= SCREENS[name][0]
        width = pad.page.evaluate("document.body.clientWidth")  # without the scrollbar
        pad.page.click("[data-tab=compare]")
        pad.page.locator("[data-stage=conv2] .map >> nth=9").hover()  # the longest readout
        cut = pad.page.evaluate(
            """(width) => [...document.querySelectorAll(
                    'header *, .tools, .examples, .workspace button, .bars *, .digit,' +
                    '.confidence, .readout, .place')]
                .filter((node) => node.checkVisibility()).filter((node) => {
                    const {left, right} = node.getBoundingClientRect();
                    return left < 0 || right > width || node.scrollWidth > node.clientWidth + 1
                        && getComputedStyle(node).display !== 'inline';
                }).map((node) => node.outerHTML.slice(0, 80))""",
            width,
        )
        assert cut == []
        small = pad.page.evaluate(
            """() => [...document.querySelectorAll('.workspace button')]
                .filter((node) => node.checkVisibility()).filter((node) => {
                    const {width, height} = node.getBoundingClientRect();
                    return Math.min(width, height) < 24;
                }).map((node) => node.outerHTML.slice(0, 80))"""
        )
        assert small == []


def test_paper_tools_and_bars_are_on_the_first_screen(on_each_screen: OnEachScreen) -> None:
    for name, pad in on_each_screen(ONE_SCREEN, example=8):
        pad.page.evaluate("window.scrollTo(0, 0)")
        height = SCREENS[name][1]
        for part in PARTS:
            place = box(pad, part)
            assert place["y"] >= 0
            assert place["y"] + place["height"] <= height, part
        paper = box(pad, ".paper")
        assert paper["width"] == pytest.approx(paper["height"], abs=1)


def test_parts_do_not_overlap(on_each_screen: OnEachScreen) -> None:
    for _, pad in on_each_screen(example=8):
        boxes = {part: box(pad, part) for part in (".paper", ".tools", ".examples", ".place")}
        boxes |= {part: box(pad, part) for part in (".digit", ".confidence", ".bars")}
        for (one, first), (other, second) in itertools.combinations(boxes.items(), 2):
            beside = _after(first, second, "x", "width") or _after(second, first, "x", "width")
            stacked = _after(first, second, "y", "height") or _after(second, first, "y", "height")
            assert beside or stacked, (one, other)


def _after(first: dict[str, float], second: dict[str, float], start: str, size: str) -> bool:
    return first[start] + first[size] <= second[start] + 1


def test_the_paper_takes_what_the_screen_has(on_each_screen: OnEachScreen) -> None:
    least = {"large": 560, "phone on its side": 320, "desktop": 370, "phone": 340}
    for name, pad in on_each_screen(least):
        assert box(pad, ".paper")["width"] >= least[name]
        if name == "large":
            assert box(pad, ".drawpad")["width"] > 0.9 * SCREENS[name][0]


def test_drawing_works_at_the_edge_of_the_paper(on_each_screen: OnEachScreen) -> None:
    for _, pad in on_each_screen(["phone", "phone on its side", "small phone"]):
        pad.draw([np.array([[0.0, 0], [0, 100]])], share=0.98)
        pad.expect_digit(1)
        stroke = pad.strokes[0]
        assert stroke[0, 1] < 10
        assert stroke[-1, 1] > 270


def test_messages_move_nothing_while_the_pen_is_down(on_each_screen: OnEachScreen) -> None:
    """The connection is lost and restored during a stroke, or another message is shown."""
    for name, pad in on_each_screen():
        if name in ("desktop", "phone"):  # the page waits before it asks again
            pad.page.route("**/functions/*", lambda route: route.abort())
        pad.page.locator(".paper").scroll_into_view_if_needed()
        paper = pad.paper
        x, y = paper["x"] + paper["width"] / 2, paper["y"] + 20
        pad.page.mouse.move(x, y)
        pad.page.mouse.down()
        pad.page.mouse.move(x, y + 30, steps=3)
        before = places(pad)
        banner = pad.page.locator(".banner")
        banner.evaluate("(node) => { node.hidden = false; node.textContent = 'x '.repeat(150) }")
        assert places(pad) == before
        banner.evaluate("(node) => { node.hidden = true }")
        pad.page.mouse.move(x, y + 100, steps=3)
        pad.page.unroute("**/functions/*")
        pad.page.mouse.move(x, y + paper["height"] * 0.7, steps=3)
        pad.expect_digit(1)
        assert places(pad) == before
        pad.page.mouse.up()
        expect(banner).to_be_hidden()
        assert places(pad) == before


def test_every_result_has_its_place(on_each_screen: OnEachScreen) -> None:
    """Long notes and rows of digits move nothing either."""
    for _, pad in on_each_screen():
        pad.page.locator(".paper").scroll_into_view_if_needed()
        before = places(pad)
        pad.page.evaluate(
            """() => {
                document.querySelector('.digit').textContent = '8';
                document.querySelector('.confidence').textContent = '100.0%';
                document.querySelector('.note').textContent =
                    "This doesn't look like a digit; closest is 8";
            }"""
        )
        assert places(pad) == before
        pad.page.locator(".confidence").evaluate("(node) => { node.textContent = '' }")
        assert places(pad) == before
        note, result = box(pad, ".note"), box(pad, ".result")
        assert box(pad, ".digit")["y"] >= result["y"]
        assert note["y"] + note["height"] <= result["y"] + result["height"] + 0.5
        pad.page.evaluate(
            """() => {
                const row = document.querySelector('.row-digits');
                row.hidden = false;
                row.innerHTML = '<button>8</button>'.repeat(12);
                document.querySelector('.note').textContent = '';
            }"""
        )
        assert places(pad) == before
        pad.page.evaluate(
            """() => {
                const row = document.querySelector('.row-digits');
                row.hidden = true;
                row.innerHTML = '';
                for (const part of ['.digit', '.confidence', '.note'])
                    document.querySelector(part).textContent = '';
            }"""
        )
