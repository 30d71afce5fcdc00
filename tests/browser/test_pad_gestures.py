"""Strokes that are interrupted, and dots: what is drawn is what is read."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import CDPSession, expect
from support.pad_page import PadPage
from support.pictures import put_picture
from support.pointer import move, place, put_down

pytestmark = pytest.mark.browser

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}


def touch(finger: CDPSession, kind: str, *points: tuple[float, float]) -> None:
    places = [{"x": x, "y": y, "id": i} for i, (x, y) in enumerate(points)]
    finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})


def test_a_dot_is_drawn(pad: PadPage) -> None:
    """A click leaves a dot as wide as the pen."""
    pad.page.mouse.click(*place(pad, 140, 140))
    pad.settle()
    ink = pad.pixels(".paper canvas")[..., 3] > 128
    rows, columns = np.nonzero(ink)
    side = ink.shape[0] * 16 / 280
    assert np.ptp(rows) + 1 == pytest.approx(side, abs=2)
    assert np.ptp(columns) + 1 == pytest.approx(side, abs=2)
    assert ink.sum() == pytest.approx(np.pi / 4 * side**2, rel=0.1)
    assert pad.pixels("[data-part=drawing]")[..., 3].max() > 0


def test_a_dot_without_a_move_of_the_keyboard_pen_is_drawn(pad: PadPage) -> None:
    pad.page.locator(".paper canvas").focus()
    for key in ("Space", "ArrowUp", "ArrowDown", "Space"):
        pad.page.keyboard.press(key)
    pad.page.keyboard.press("c")
    for _ in range(4):  # held: it goes down once
        pad.page.keyboard.down("Space")
    pad.page.keyboard.up("Space")
    expect(pad.page.locator(".cursor")).to_have_class("cursor down")
    pad.page.keyboard.press("Space")
    pad.settle()
    assert len(pad.strokes) == 1
    assert pad.pixels(".paper canvas")[..., 3].max() > 0


INTERRUPTIONS: dict[str, Callable[[PadPage], object]] = {
    "clear": lambda pad: pad.page.keyboard.press("c"),
    "undo": lambda pad: pad.page.keyboard.press("Control+z"),
    "redo": lambda pad: pad.page.keyboard.press("Control+y"),
    "example": lambda pad: pad.page.locator(".examples button").nth(3).dispatch_event("click"),
    "model": lambda pad: pad.page.select_option("[data-part=model]", "mnist_cnn"),
    "picture": lambda pad: put_picture(pad),
    "resize": lambda pad: resize(pad, 1100, 700),
    "rotation": lambda pad: resize(pad, 900, 1280),
    "hidden tab": lambda pad: pad.page.evaluate(
        "Object.defineProperty(document, 'hidden', { value: true, configurable: true });"
        "document.dispatchEvent(new Event('visibilitychange')); delete document.hidden"
    ),
    "pointercancel": lambda pad: pad.page.locator(".paper canvas").dispatch_event(
        "pointercancel", {"pointerId": 1, "isPrimary": True, "pointerType": "mouse"}
    ),
}


def resize(pad: PadPage, width: int, height: int) -> None:
    pad.page.set_viewport_size({"width": width, "height": height})
    pad.settle()


def test_moves_after_an_interruption_are_ignored(pad: PadPage, subtests: pytest.Subtests) -> None:
    for name, interrupt in INTERRUPTIONS.items():
        resize(pad, 1280, 900)
        if pad.strokes:
            pad.click("clear")
            pad.settle()
        with subtests.test(interrupted_by=name):
            interrupted_stroke(pad, interrupt)


def interrupted_stroke(pad: PadPage, interrupt: Callable[[PadPage], object]) -> None:
    pad.draw([np.array([[0.0, 0], [0, 100]])])
    put_down(pad, 40, 140)
    move(pad, 60, 160)
    interrupt(pad)
    pad.page.wait_for_selector(".drawpad[data-model]")
    pad.settle()
    kept = pad.strokes
    shown = pad.pixels(".paper canvas")
    move(pad, 200, 220)
    pad.page.mouse.up()
    pad.settle()
    assert [stroke.tolist() for stroke in pad.strokes] == [stroke.tolist() for stroke in kept]
    assert np.array_equal(pad.pixels(".paper canvas"), shown)
    # the next pen-down draws again
    put_down(pad, 140, 40)
    move(pad, 140, 240)
    pad.page.mouse.up()
    pad.settle()
    last = pad.strokes[-1]
    assert last[0] == pytest.approx([140, 40], abs=2)
    assert last[-1] == pytest.approx([140, 240], abs=2)
    pad.page.set_viewport_size({"width": 1280, "height": 900})


def test_a_model_that_is_replaced_by_itself_disturbs_no_stroke(pad: PadPage) -> None:
    """The first description of a model arrives while the user draws already."""
    put_down(pad, 140, 40)
    move(pad, 140, 140)
    pad.page.evaluate("window.dispatchEvent(new Event('focus'))")
    move(pad, 140, 240)
    pad.page.mouse.up()
    pad.expect_digit(1)
    assert len(pad.strokes) == 1


def test_a_second_finger_ends_the_stroke_and_draws_nothing(
    open_pad: Callable[..., PadPage],
) -> None:
    pad = open_pad(**PHONE)
    finger = pad.context.new_cdp_session(pad.page)
    first = [place(pad, 140, y) for y in (40, 120, 200, 240)]
    second = [place(pad, 60, y) for y in (100, 150, 200)]
    touch(finger, "touchStart", first[0])
    touch(finger, "touchMove", first[1])
    touch(finger, "touchStart", first[1], second[0])
    touch(finger, "touchMove", first[2], second[1])
    touch(finger, "touchMove", first[3], second[2])
    touch(finger, "touchEnd")
    pad.settle()
    (stroke,) = pad.strokes
    assert stroke[-1] == pytest.approx([140, 120], abs=3)
    touch(finger, "touchStart", place(pad, 200, 40))
    touch(finger, "touchMove", place(pad, 200, 240))
    touch(finger, "touchEnd")
    pad.settle()
    assert len(pad.strokes) == 2


def test_a_palm_draws_nothing_beside_a_pen(pad: PadPage) -> None:
    """Whichever of the two is on the paper first."""
    canvas = pad.page.locator(".paper canvas")

    def point(kind: str, pointer: str, x: float, y: float) -> None:
        left, top = place(pad, x, y)
        event = {"pointerId": len(pointer), "pointerType": pointer, "isPrimary": True, "button": 0}
        where = {"clientX": left, "clientY": top, "buttons": 0 if kind == "pointerup" else 1}
        canvas.dispatch_event(kind, {**event, **where})

    for first, second in (("pen", "touch"), ("touch", "pen")):
        point("pointerdown", first, *((40, 40) if first == "pen" else (200, 200)))
        point("pointerdown", second, *((40, 40) if second == "pen" else (200, 200)))
        point("pointermove", "touch", 260, 260)
        point("pointermove", "pen", 40, 100)
        point("pointerup", "touch", 260, 260)
        point("pointermove", "pen", 40, 160)
        point("pointerup", "pen", 40, 160)
        pad.settle()
        assert pad.strokes[-1][[0, -1]] == pytest.approx(np.array([[40, 40], [40, 160]]), abs=1)
        assert all(np.ptp(stroke, axis=0)[0] < 1 for stroke in pad.strokes)
        pad.click("clear")


def test_a_pen_button_that_was_released_elsewhere_ends_the_stroke(pad: PadPage) -> None:
    """The browser did not say that the button was released, for example behind a dialog."""
    put_down(pad, 140, 40)
    move(pad, 140, 140)
    canvas = pad.page.locator(".paper canvas")
    x, y = place(pad, 240, 240)
    hover = {"pointerId": 1, "isPrimary": True, "buttons": 0, "clientX": x, "clientY": y}
    canvas.dispatch_event("pointermove", {**hover, "pointerType": "mouse"})
    move(pad, 30, 140)
    pad.page.mouse.up()
    pad.settle()
    (stroke,) = pad.strokes
    assert stroke[:, 0] == pytest.approx(140, abs=2)
    # released while the right button is held, which alone does not draw
    put_down(pad, 200, 40)
    move(pad, 200, 140)
    pad.page.mouse.down(button="right")
    pad.page.mouse.up()
    move(pad, 30, 200)
    pad.page.mouse.up(button="right")
    pad.settle()
    assert len(pad.strokes) == 2
    assert pad.strokes[1][:, 0] == pytest.approx(200, abs=2)


def test_the_keyboard_pen_is_lifted_by_an_interruption(pad: PadPage) -> None:
    pad.page.locator(".paper canvas").focus()
    for key in ("Space", "ArrowUp", "c", "ArrowUp", "ArrowDown"):
        pad.page.keyboard.press(key)
    pad.settle()
    assert pad.strokes == []
    expect(pad.page.locator(".cursor")).not_to_have_class("cursor down")
    for key in ("Space", "ArrowDown", "ArrowDown", "Space"):
        pad.page.keyboard.press(key)
    pad.settle()
    assert len(pad.strokes) == 1


def test_an_example_that_is_interrupted_is_not_left_in_half(
    open_pad: Callable[..., PadPage],
) -> None:
    pad = open_pad(new=True, reduced_motion="no-preference")
    pad.page.click(".examples button:nth-child(9)")
    put_down(pad, 20, 260)
    move(pad, 60, 260)
    pad.page.mouse.up()
    pad.settle()
    assert len(pad.strokes) == 2
    pad.page.keyboard.press("Control+z")
    pad.expect_digit(8)
    pad.page.keyboard.press("Control+z")
    pad.expect_digit(None)
    expect(pad.page.locator("[data-tool=undo]")).to_be_disabled()
