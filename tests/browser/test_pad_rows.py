"""The pad says what it cannot read, and shows each digit of a row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from support.drawings import paint, seven, zero
from support.pad_page import PadPage
from support.rows import H, row

pytestmark = pytest.mark.browser

ROW = row([seven(), zero(), seven()])[0]


def buttons(pad: PadPage) -> list[str]:
    return pad.page.locator("[data-part=row] button").all_inner_texts()


def looked_at(pad: PadPage) -> list[str]:
    return pad.page.locator("[data-part=row] button[aria-pressed=true]").all_inner_texts()


@pytest.mark.parametrize(
    ("locale", "note"),
    [
        ("en-US", "This doesn't look like a digit; closest is {digit}"),
        ("zh-CN", "这不像一个数字；最接近的是 {digit}"),
    ],
)
def test_a_letter_is_refused(open_pad: Callable[..., PadPage], locale: str, note: str) -> None:
    pad = open_pad(locale=locale)
    pad.draw(H)
    expect(pad.page.locator(".digit")).to_have_text("?")
    pad.settle()
    assert pad.winner == []
    closest = int(np.argmax(pad.percentages))
    expect(pad.page.locator(".note")).to_have_text(note.format(digit=closest))
    expect(pad.page.locator(".announcement")).to_have_text(note.format(digit=closest))
    assert buttons(pad) == []
    pad.click("clear")
    pad.expect_digit(None)
    expect(pad.page.locator(".note")).to_have_text("")


def test_each_digit_of_a_row(open_pad: Callable[..., PadPage]) -> None:
    pad = open_pad()
    pad.draw(ROW, share=0.9)
    expect(pad.page.locator("[data-part=row] button")).to_have_text(["7", "0", "7"])
    pad.settle()
    assert looked_at(pad) == ["7"]
    pad.expect_digit(7)
    newest = pad.pixels("[data-part=frame]")
    pad.page.locator("[data-part=row] button").nth(1).click()
    pad.expect_digit(0)
    pad.settle()
    assert looked_at(pad) == ["0"]
    assert pad.winner == ["0"]
    assert (pad.pixels("[data-part=frame]") != newest).any()
    boxes = [pad.page.locator(".boxes i").nth(number).bounding_box() or {} for number in range(3)]
    paper = pad.paper
    for box, stroke in zip(boxes, pad.strokes, strict=True):
        left = paper["x"] + stroke[:, 0].min() / 280 * paper["width"]
        right = paper["x"] + stroke[:, 0].max() / 280 * paper["width"]
        assert box["x"] <= left
        assert box["x"] + box["width"] >= min(right, paper["x"] + paper["width"] - 1)
    expect(pad.page.locator(".boxes i.looked-at")).to_have_count(1)
    # more ink: the newest digit is looked at again
    pad.click("undo")
    expect(pad.page.locator("[data-part=row] button")).to_have_text(["7", "0"])
    pad.expect_digit(0)
    pad.click("clear")
    pad.expect_digit(None)
    assert buttons(pad) == []
    expect(pad.page.locator(".boxes i")).to_have_count(0)


def test_a_row_in_a_picture(open_pad: Callable[..., PadPage], tmp_path: Path) -> None:
    pad = open_pad()
    paint(row([seven(), zero()])[0], pen=14, size=(420, 260), scale=0.5).save(tmp_path / "70.png")
    pad.page.set_input_files("[data-part=file]", tmp_path / "70.png")
    expect(pad.page.locator("[data-part=row] button")).to_have_text(["7", "0"])
    pad.expect_digit(7)
    pad.page.locator("[data-part=row] button").nth(1).click()
    pad.expect_digit(0)
    paper, box = pad.paper, pad.page.locator(".boxes i.looked-at").bounding_box() or {}
    # the picture is as wide as the drawing area and in the middle of its height
    assert box["x"] > paper["x"] + 0.25 * paper["width"]
    middle = paper["y"] + paper["height"] / 2
    assert box["y"] < middle < box["y"] + box["height"]


@pytest.mark.parametrize("size", [(1280, 900), (390, 844), (320, 640)])
def test_nothing_moves_when_a_row_appears(
    open_pad: Callable[..., PadPage], size: tuple[int, int]
) -> None:
    pad = open_pad(viewport={"width": size[0], "height": size[1]})

    def places() -> list[dict[str, float]]:
        boxes = [
            pad.page.locator(name).bounding_box() or {}
            for name in (".paper", ".bars", ".examples", ".network")
        ]
        del boxes[-1]["height"]  # on a phone, the strip grows below everything else
        return boxes

    before = places()
    for strokes in (H, ROW):
        pad.draw(strokes, share=0.8)
        pad.page.wait_for_function("document.querySelector('.digit').textContent !== ''")
        pad.settle()
        assert places() == before
        assert pad.page.evaluate("document.documentElement.scrollWidth") <= size[0]
        pad.click("clear")
        pad.expect_digit(None)
