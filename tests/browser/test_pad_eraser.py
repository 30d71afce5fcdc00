"""The eraser: what it removes, shows and says."""

from __future__ import annotations

import numpy as np
import pytest
from playwright.sync_api import expect
from support.pad_page import PadPage
from support.pictures import put_picture
from support.pointer import move, place, put_down

pytestmark = pytest.mark.browser


def test_the_eraser_adds_no_steps_that_change_nothing(new_pad: PadPage) -> None:
    pad = new_pad
    pad.draw([np.array([[0.0, 0], [100, 0]])])
    pad.page.keyboard.press("e")
    pad.page.mouse.click(*place(pad, 140, 30))
    put_down(pad, 140, 20)
    move(pad, 200, 20)
    pad.page.mouse.up()
    assert len(pad.strokes) == 1
    pad.page.keyboard.press("Control+z")
    pad.settle()
    assert pad.strokes == []
    expect(pad.page.locator("[data-tool=undo]")).to_be_disabled()


def test_the_eraser_shows_what_it_would_remove(pad: PadPage) -> None:
    """The ring is where the pointer is; ink inside of it is removed, ink outside is kept."""
    ring = pad.page.locator(".eraser-ring")
    pad.draw([np.array([[0.0, 0], [100, 0]])])
    pad.page.mouse.move(*place(pad, 140, 140))
    expect(ring).to_be_hidden()
    for pen in ("10", "24"):
        pad.page.click(f"[data-pen='{pen}']")
        pad.page.keyboard.press("e")
        pad.page.mouse.move(*place(pad, 140, 140))
        expect(ring).to_be_visible()
        box = ring.bounding_box()
        assert box is not None
        centre = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        assert centre == pytest.approx(place(pad, 140, 140), abs=1.5)
        pad.page.mouse.down()
        pad.page.mouse.up()
        pad.settle()
        alpha = pad.pixels(".paper canvas")[..., 3]
        columns = np.flatnonzero(alpha[alpha.shape[0] // 2] > 128) * 280 / alpha.shape[1]
        radius = box["width"] / 2 * 280 / pad.paper["width"]
        left, right = columns[columns < 140].max(), columns[columns > 140].min()
        assert left == pytest.approx(140 - radius, abs=4)
        assert right == pytest.approx(140 + radius, abs=4)
        pad.page.keyboard.press("Control+z")
        pad.settle()
    pad.page.keyboard.press("e")
    expect(ring).to_be_hidden()


def test_the_eraser_on_a_picture_says_why_nothing_happens(pad: PadPage) -> None:
    put_picture(pad)
    shown = pad.pixels(".paper canvas")
    pad.page.keyboard.press("e")
    put_down(pad, 100, 100)
    move(pad, 200, 200)
    pad.page.mouse.up()
    expect(pad.page.locator(".banner")).to_contain_text("The eraser removes strokes")
    assert np.array_equal(pad.pixels(".paper canvas"), shown)
    pad.page.keyboard.press("Control+z")
    pad.expect_digit(None)
    expect(pad.page.locator(".banner")).to_be_hidden()
