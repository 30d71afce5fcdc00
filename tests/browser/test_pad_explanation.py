"""Attribution towards a digit of the parts of a drawing, and what would make it another one."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect
from support.pad_page import PadPage

pytestmark = pytest.mark.browser


def choose(pad: PadPage, digit: int) -> None:
    pad.page.click(f".digits button >> nth={digit}")
    pad.page.wait_for_selector("[data-part=why]:not([aria-busy])")


def colours(pad: PadPage) -> list[str]:
    lines = pad.page.locator(".evidence line")
    return lines.evaluate_all("all => all.map((line) => line.getAttribute('stroke'))")


def test_parts_of_the_drawing_are_coloured_by_what_they_speak_for(pad: PadPage) -> None:
    buttons = pad.page.locator(".digits button")
    expect(buttons.first).to_be_disabled()
    pad.play_example(4)
    choose(pad, 4)
    expect(pad.page.locator(".answer")).to_contain_text("4")
    found = colours(pad)
    assert len(found) > 20
    assert len(set(found)) > 10
    choose(pad, 9)
    expect(pad.page.locator(".what-if")).to_have_text("What would make it 9?")
    assert colours(pad) != found
    expect(pad.page.locator(".digits [aria-pressed=true]")).to_have_text("9")
    choose(pad, 9)
    expect(pad.page.locator(".evidence line")).to_have_count(0)


def test_a_small_change_makes_it_another_digit(pad: PadPage) -> None:
    pad.play_example(3)
    choose(pad, 8)
    pad.page.click(".what-if")
    answer = pad.page.locator(".answer")
    expect(answer).to_contain_text(re.compile("it would be read as 8"))
    expect(pad.page.locator(".evidence > *")).not_to_have_count(0)
    pad.expect_digit(3)


def test_an_edit_removes_the_explanation_and_the_pen_up_renews_it(pad: PadPage) -> None:
    pad.play_example(4)
    choose(pad, 4)
    box = pad.paper
    pad.page.mouse.move(box["x"] + 30, box["y"] + 30)
    pad.page.mouse.down()
    pad.page.mouse.move(box["x"] + 34, box["y"] + 34)
    expect(pad.page.locator(".evidence line")).to_have_count(0)
    pad.page.mouse.up()
    pad.click("undo")
    pad.expect_digit(4)
    expect(pad.page.locator(".evidence line")).not_to_have_count(0)
    pad.click("clear")
    expect(pad.page.locator(".evidence line")).to_have_count(0)
    button = pad.page.locator(".digits button").first
    expect(button).to_be_disabled()
    # also if the pen rests, and the answer is there, before it is lifted
    pad.page.mouse.move(box["x"] + 100, box["y"] + 60)
    pad.page.mouse.down()
    pad.page.mouse.move(box["x"] + 100, box["y"] + 260, steps=5)
    pad.expect_digit(1)
    pad.settle()
    expect(button).to_be_disabled()
    pad.page.mouse.up()
    expect(button).to_be_enabled()


def test_the_digits_are_one_tab_stop_with_arrow_keys(new_pad: PadPage) -> None:
    pad = new_pad
    pad.play_example(4)
    pad.page.locator(".digits button").first.focus()
    pad.page.keyboard.press("ArrowRight")
    pad.page.keyboard.press("Enter")
    expect(pad.page.locator(".digits [aria-pressed=true]")).to_have_text("1")
    stops = pad.page.locator(".digits button").evaluate_all(
        "all => all.filter((button) => button.tabIndex === 0).length"
    )
    assert stops == 1


def test_no_answer_is_said(open_pad: Callable[..., PadPage]) -> None:
    pad = open_pad(runs="server")
    pad.play_example(4)
    pad.page.route("**/functions/**", lambda route: route.abort())
    pad.page.click(".digits button >> nth=4")
    expect(pad.page.locator(".answer")).to_contain_text("No answer came")
