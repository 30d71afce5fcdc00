"""Links that hold a drawing, and the picture of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import expect
from support.pad_page import PadPage

pytestmark = pytest.mark.browser


def link_of(pad: PadPage) -> str:
    pad.page.click("[data-part=share]")
    return pad.page.locator(".share-dialog input").input_value()


def open_link(pad: PadPage, link: str) -> None:
    """Open a link in a page that shows the pad already."""
    pad.page.evaluate("(hash) => { location.hash = hash; }", link.partition("#")[2])


def test_a_link_draws_the_same_drawing_in_another_browser(
    pad: PadPage, open_pad: Callable[..., PadPage]
) -> None:
    expect(pad.page.locator("[data-part=share]")).to_be_disabled()
    pad.page.click("[data-label=thick]")
    pad.play_example(4)
    requests: list[str] = []
    pad.page.on("request", lambda request: requests.append(request.url))
    link = link_of(pad)
    assert "#d=1." in link
    assert len(link) < 600
    assert requests == [], "nothing is stored on the server"
    other = open_pad(locale="zh-CN")
    other.page.goto(link)
    other.page.reload()  # a change of the fragment alone loads nothing
    other.page.wait_for_selector(".drawpad[data-model]")
    other.expect_digit(4)
    other.settle()
    assert other.page.url.endswith("/"), "a reload keeps what is drawn afterwards"
    for ours, theirs in zip(pad.strokes, other.strokes, strict=True):
        assert np.abs(ours[[0, -1]] - theirs[[0, -1]]).max() <= 0.25
    assert other.percentages == pytest.approx(pad.percentages, abs=3)
    drawn = [page.pixels(".paper canvas")[..., 3] > 128 for page in (pad, other)]
    assert (drawn[0] != drawn[1]).mean() < 0.01


def test_a_link_opened_on_the_page_replaces_the_drawing_and_can_be_undone(pad: PadPage) -> None:
    pad.play_example(7)
    link = link_of(pad)
    pad.page.mouse.click(5, 5)  # beside the dialog
    expect(pad.page.locator(".share-dialog")).to_be_hidden()
    pad.play_example(2)
    open_link(pad, link)
    pad.expect_digit(7)
    pad.click("undo")
    pad.expect_digit(2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda link: link[:-3], "The link is damaged"),
        (lambda link: link.replace("#d=1.", "#d=2."), "newer version"),
        (lambda link: link.partition("#d=")[0] + "#d=1.AAAA", "The link is damaged"),
    ],
    ids=["cut", "newer", "nonsense"],
)
def test_a_damaged_link_says_so_and_keeps_the_drawing(
    pad: PadPage, change: Callable[[str], str], message: str
) -> None:
    pad.play_example(3)
    link = link_of(pad)
    pad.page.keyboard.press("Escape")
    open_link(pad, change(link))
    expect(pad.page.locator(".banner")).to_contain_text(message)
    pad.settle()
    pad.expect_digit(3)


def test_a_damaged_link_that_opens_the_page_says_so(open_pad: Callable[..., PadPage]) -> None:
    pad = open_pad()
    pad.reusable = False  # a message is left on it
    pad.page.goto("about:blank")
    pad.page.goto(pad.url + "#d=1.AAAA")
    pad.page.wait_for_selector(".drawpad[data-model]")
    assert "The link is damaged" in pad.page.inner_text(".banner")


def test_the_card_shows_drawing_digit_and_bars_and_can_be_saved(pad: PadPage) -> None:
    pad.play_example(5)
    pad.page.click("[data-part=share]")
    card = pad.pixels(".share-dialog canvas")
    assert card.shape == (630, 1200, 4)
    assert (card[..., 3] == 255).all(), "it has a background"
    accent = np.array([184, 67, 26])
    assert (np.abs(card[..., :3].astype(int) - accent).max(2) < 8).sum() > 4000, "the winner's bar"
    drawing = card[60:500, 60:500, :3].sum(2)
    assert 0.02 < (drawing < 200).mean() < 0.4
    with pad.page.expect_download() as download:
        pad.page.click("[data-share=download]")
    assert download.value.suggested_filename == "digit.png"
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    expect(pad.page.locator(".share-dialog [role=status]")).to_have_text("The picture is saved.")


def test_link_and_picture_can_be_copied(pad: PadPage) -> None:
    pad.context.grant_permissions(["clipboard-read", "clipboard-write"])
    pad.play_example(5)
    link = link_of(pad)
    start = pad.page.locator(".share-dialog input").evaluate("input => input.scrollLeft")
    assert start == 0, "the link is seen from its beginning"
    pad.page.click("[data-share=copy-link]")
    pad.page.keyboard.press("c")  # which clears the drawing where no dialog is open
    pad.settle()
    pad.expect_digit(5)
    status = pad.page.locator(".share-dialog [role=status]")
    expect(status).to_have_text("The link is copied.")
    assert pad.page.evaluate("navigator.clipboard.readText()") == link
    pad.page.click("[data-share=copy-picture]")
    expect(status).to_have_text("The picture is copied.")
    types = pad.page.evaluate("navigator.clipboard.read().then(([item]) => item.types)")
    assert types == ["image/png"]
    pad.page.click("[data-share=close]")
    expect(pad.page.locator(".share-dialog")).to_be_hidden()
    expect(pad.page.locator("[data-part=share]")).to_be_focused()
