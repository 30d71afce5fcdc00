"""Drawing on the pad: what the user sees during and after a stroke."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import expect
from support.chromium import fit_strokes
from support.pad_page import PadPage

from mnist_core import Classifier, Prediction
from mnist_core.imaging.rasterize import draw_strokes

pytestmark = pytest.mark.browser

Strokes = list[np.ndarray]


@pytest.fixture(scope="module")
def classified(
    pen_digits: list[tuple[int, Strokes]], classifier: Classifier
) -> list[tuple[int, Strokes, Prediction]]:
    """Real drawings: label, strokes, and what the default network predicts."""
    some = pen_digits[:300]
    predictions = classifier.classify_strokes_many([strokes for _, strokes in some])
    return [(*drawing, prediction) for drawing, prediction in zip(some, predictions, strict=True)]


@pytest.fixture(scope="module")
def readable(classified: list[tuple[int, Strokes, Prediction]]) -> dict[int, Strokes]:
    """One real drawing of each digit that the default network classifies correctly."""
    found: dict[int, Strokes] = {}
    for label, strokes, prediction in classified:
        if prediction.digit == label and prediction.confidence > 0.95:
            found.setdefault(label, strokes)
    assert sorted(found) == list(range(10))
    return found


def test_classifies_real_drawings_of_every_digit(
    pad: PadPage, readable: dict[int, Strokes]
) -> None:
    for digit, strokes in readable.items():
        pad.draw(strokes, at_once=digit > 0)  # one of them as a mouse draws, frame by frame
        pad.expect_digit(digit)
        pad.settle()
        assert pad.winner == [str(digit)]
        assert sum(pad.percentages) == pytest.approx(100, abs=0.6)
        pad.click("clear")
        pad.expect_digit(None)
    assert pad.outside == []


def test_classifies_while_the_pen_is_down(pad: PadPage, readable: dict[int, Strokes]) -> None:
    stroke = fit_strokes(readable[0], pad.paper)[0]
    pad.page.mouse.move(*stroke[0])
    pad.page.mouse.down()
    for point in stroke[1:]:
        pad.page.mouse.move(*point)
    pad.settle()
    assert pad.winner != []
    assert pad.pixels("[data-part=frame]").std() > 0
    pad.page.mouse.up()


def test_pen_width_on_screen_changes_nothing_for_the_network(
    pad: PadPage, readable: dict[int, Strokes]
) -> None:
    seen = []
    for width in ("10", "24"):
        pad.page.click(f"[data-pen='{width}']")
        pad.draw(readable[8], share=0.3)
        pad.expect_digit(8)
        pad.settle()
        seen.append((pad.percentages, pad.pixels("[data-part=frame]").tolist()))
        pad.click("clear")
    assert seen[0] == seen[1]


def test_position_and_size_change_no_prediction(pad: PadPage, readable: dict[int, Strokes]) -> None:
    for share in (0.2, 0.5, 0.9):
        pad.draw(readable[3], share=share)
        pad.expect_digit(3)
        pad.click("clear")


def test_network_input_has_the_size_of_mnist_digits(
    pad: PadPage, readable: dict[int, Strokes]
) -> None:
    pad.draw(readable[5])
    pad.expect_digit(5)
    pad.settle()
    frame = pad.pixels("[data-part=frame]").astype(int)
    assert frame.shape[:2] == (28, 28)
    inked = np.abs(frame - frame[0, 0]).sum(2) > 60
    sides = [int(np.ptp(np.flatnonzero(inked.any(axis)))) + 1 for axis in (0, 1)]
    assert 19 <= max(sides) <= 22


def test_browser_and_python_compute_the_same_ink(
    open_pad: Callable[..., PadPage], readable: dict[int, Strokes]
) -> None:
    """The ink that the page sends equals `draw_strokes`' to one grey level."""
    pad = open_pad(runs="server")
    sent: list[str] = []

    def remember(route: object) -> None:
        sent.append(route.request.post_data_json["ink"])  # type: ignore[attr-defined]
        route.continue_()  # type: ignore[attr-defined]

    pad.page.route("**/functions/classify_ink", remember)
    for digit in (2, 4, 7):
        pad.draw(readable[digit])
        pad.expect_digit(digit)
        pad.settle()
        expected = draw_strokes([pad.strokes])[0, 0].numpy() * 255
        ink = np.frombuffer(base64.b64decode(sent[-1]), np.uint8).reshape(expected.shape)
        assert np.abs(ink - expected).max() <= 1.01
        pad.click("clear")


def test_close_calls_are_reported(
    pad: PadPage, classified: list[tuple[int, Strokes, Prediction]]
) -> None:
    def margin(drawing: tuple[int, Strokes, Prediction]) -> float:
        return float(np.diff(np.sort(drawing[2].probabilities)[-2:])[0])

    _, strokes, prediction = min(classified, key=margin)
    pad.draw(strokes)
    pad.settle()
    first, second = prediction.close_call or ()
    expect(pad.page.locator(".confidence")).to_have_text(f"{first} or {second}")
    shares = [f"{100 * prediction.probabilities[digit]:.0f}" for digit in (first, second)]
    note = pad.page.locator(".note").inner_text()
    assert note.startswith("not sure: ")
    found = [float(part.rstrip("%")) for part in note.removeprefix("not sure: ").split(" or ")]
    assert found == pytest.approx([float(share) for share in shares], abs=0.7)
    expect(pad.page.locator(".announcement")).to_have_text(f"not sure: {first} or {second}")


def test_no_bar_claims_certainty(pad: PadPage) -> None:
    pad.play_example(8)
    expect(pad.page.locator(".confidence")).to_have_text(re.compile(r"^(>99\.9|9\d\.\d)%$"))
    texts = pad.page.locator(".result .bars span").all_inner_texts()
    assert texts.count(pad.page.locator(".confidence").inner_text()) == 1
    assert texts.count("0") >= 7
    assert "100.0%" not in texts
    assert "0.0%" not in texts


def test_empty_pad_shows_no_prediction(pad: PadPage) -> None:
    pad.expect_digit(None)
    assert pad.percentages == [0.0] * 10
    assert pad.winner == []
    expect(pad.page.locator(".hint")).to_be_visible()


def test_nothing_is_computed_while_nothing_changes(pad: PadPage) -> None:
    """No frame is requested, by Gradio neither, whose loading indicator was there at first."""
    pad.reusable = False
    pad.page.add_init_script(
        """const request = window.requestAnimationFrame;
        window.requested = 0;
        window.requestAnimationFrame = (callback) => { ++requested; return request(callback); };"""
    )
    pad.page.reload()
    pad.play_example(3)
    pad.page.wait_for_function(
        "() => [window.before, window.before = requested][0] === requested", polling=500
    )


@pytest.mark.parametrize("kind", ["dot", "scribble"])
def test_dots_and_scribbles_are_not_classified(pad: PadPage, kind: str) -> None:
    box = pad.paper
    if kind == "dot":
        pad.page.mouse.click(box["x"] + 100, box["y"] + 100)
    else:
        pad.page.click("[data-pen='24']")
        lines = np.linspace(0.03, 0.97, 40)
        zigzag = [np.array([[(0.03, 0.97)[i % 2], y] for i, y in enumerate(lines)]) * 400]
        pad.draw(zigzag, share=0.94)
    expect(pad.page.locator(".note")).to_have_text("nothing to classify yet: draw a digit")
    pad.expect_digit(None)


def test_undo_redo_and_clear(pad: PadPage, readable: dict[int, Strokes]) -> None:
    pad.draw(readable[1][:1])
    pad.draw([np.array([[0, 0], [1, 1], [2, 0]]) * 50.0], share=0.2)
    two = pad.pixels(".paper canvas")
    pad.click("undo")
    pad.settle()
    one = pad.pixels(".paper canvas")
    assert (one[..., 3] > 0).sum() < (two[..., 3] > 0).sum()
    pad.page.keyboard.press("Control+Shift+z")
    pad.settle()
    assert np.array_equal(pad.pixels(".paper canvas"), two)
    pad.page.keyboard.press("c")
    pad.expect_digit(None)
    assert pad.pixels(".paper canvas")[..., 3].max() == 0
    pad.page.keyboard.press("Control+z")
    pad.settle()
    assert np.array_equal(pad.pixels(".paper canvas"), two)


def test_eraser_removes_ink_and_the_prediction_follows(pad: PadPage) -> None:
    """Erasing the bar of a seven-like hook leaves a one."""
    hook = [np.array([[20.0, 10], [80, 10]]), np.array([[80.0, 10], [80, 110]])]
    pad.draw(hook)
    pad.expect_digit(7)
    pad.page.keyboard.press("e")
    expect(pad.page.locator("[data-tool=eraser]")).to_have_attribute("aria-pressed", "true")
    (left, right) = fit_strokes(hook, pad.paper)[0]
    pad.page.mouse.move(*left)
    pad.page.mouse.down()
    pad.page.mouse.move(right[0] - 30, right[1], steps=10)
    pad.page.mouse.up()
    pad.expect_digit(1)
    pad.click("undo")
    pad.expect_digit(7)


def test_examples_are_classified_as_what_they_show(pad: PadPage) -> None:
    for digit in range(10):
        pad.play_example(digit)


def test_examples_are_drawn_stroke_by_stroke(open_pad: Callable[..., PadPage]) -> None:
    pad = open_pad(reduced_motion="no-preference")
    answers = "window.answers = new Set()"
    observe = "new MutationObserver(() => answers.add(document.querySelector('.digit').innerText))"
    pad.page.evaluate(
        f"{answers}; {observe}.observe(document.querySelector('.bars'),"
        " {subtree: true, attributes: true})"
    )
    pad.page.click(".examples button:nth-child(5)")
    pad.expect_digit(4)
    assert pad.page.evaluate("answers.size") > 1, "the answer changes while it is drawn"


def test_drawing_with_the_keyboard(pad: PadPage) -> None:
    pad.page.locator(".paper canvas").focus()
    for key in ["ArrowUp"] * 8 + ["Space"] + ["ArrowDown"] * 16 + ["Space"]:
        pad.page.keyboard.press(key)
    pad.expect_digit(1)


def test_reload_keeps_the_drawing(pad: PadPage, readable: dict[int, Strokes]) -> None:
    pad.draw(readable[6])
    pad.expect_digit(6)
    pad.page.click("[data-pen='24']")
    pad.page.reload()
    pad.expect_digit(6)
    expect(pad.page.locator("[data-pen='24']")).to_have_attribute("aria-pressed", "true")


def test_dots_are_no_digit(pad: PadPage) -> None:
    paper = pad.paper
    x, y = paper["x"] + paper["width"] / 2, paper["y"] + paper["height"] / 3
    for down in (0, paper["height"] / 3):
        pad.page.mouse.move(x, y + down)
        pad.page.mouse.down()
        pad.page.mouse.move(x + 1, y + down + 2)
        pad.page.mouse.up()
        pad.settle()
        if not down:  # one touch of an unsteady hand
            assert not any(pad.percentages)
            expect(pad.page.locator(".note")).to_contain_text("nothing to classify yet")
    expect(pad.page.locator(".note")).to_contain_text("This doesn't look like a digit")


def test_browser_sessions_are_independent(
    open_pad: Callable[..., PadPage], readable: dict[int, Strokes]
) -> None:
    people = [open_pad() for _ in range(2)]
    for turn in range(2):
        for person, digit in zip(people, (turn, 9 - turn), strict=True):
            person.draw(readable[digit])
        for person, digit in zip(people, (turn, 9 - turn), strict=True):
            person.expect_digit(digit)
            person.settle()
            person.expect_digit(digit)
            person.click("clear")
    for person in people:
        person.expect_digit(None)
