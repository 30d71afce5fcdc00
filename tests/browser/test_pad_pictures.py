"""Pictures on the pad: chosen, pasted or dropped, slow, damaged, transparent, kept."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import expect
from support.pad_page import PadPage
from support.pictures import blank_picture, drop_picture, picture_of_a_seven, svg_of_a_seven

pytestmark = pytest.mark.browser


def upload(pad: PadPage, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    pad.page.set_input_files("[data-part=file]", path)


def test_uploaded_picture_is_classified_and_undo_restores_the_drawing(
    pad: PadPage, tmp_path: Path
) -> None:
    pad.play_example(3)
    upload(pad, tmp_path / "seven.png", picture_of_a_seven())
    pad.expect_digit(7)
    pad.click("undo")
    pad.expect_digit(3)
    upload(pad, tmp_path / "blank.png", blank_picture(200, 200))
    expect(pad.page.locator(".note")).to_have_text("no ink was found in the picture")


def test_picture_larger_than_the_server_accepts_is_scaled_down(
    pad: PadPage, tmp_path: Path
) -> None:
    upload(pad, tmp_path / "seven.png", picture_of_a_seven(6000))
    pad.expect_digit(7)
    expect(pad.page.locator(".banner")).to_be_hidden()


def test_pasted_picture_is_classified(pad: PadPage) -> None:
    pad.page.evaluate(
        """(bytes) => {
            const data = new DataTransfer();
            data.items.add(new File([Uint8Array.from(bytes)], "seven.png", {type: "image/png"}));
            document.dispatchEvent(new ClipboardEvent("paste", {clipboardData: data}));
        }""",
        list(picture_of_a_seven()),
    )
    pad.expect_digit(7)


def bomb() -> bytes:
    """A PNG of a few bytes whose header claims 50,000 x 50,000 pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + checksum

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 0, 0, 0, 0)
    data = zlib.compress(b"\0" * 100)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )


def test_bad_pictures_are_reported_and_the_drawing_is_kept(pad: PadPage, tmp_path: Path) -> None:
    pad.play_example(2)
    drawn = pad.pixels(".paper canvas")
    bad = {
        "That file is not a picture": b"not a picture",
        "larger than 4000 pixels": bomb(),
        "has 6000×20 pixels": blank_picture(6000, 20),
        "damaged": picture_of_a_seven()[:300],
        "larger than 10 MB": b"\0" * (11 * 2**20),
    }
    for number, (message, content) in enumerate(bad.items()):
        upload(pad, tmp_path / f"{number}.png", content)
        expect(pad.page.locator(".banner")).to_contain_text(message)
        pad.settle()
        pad.expect_digit(2)
        assert np.array_equal(pad.pixels(".paper canvas"), drawn)


HOLD_DECODING = """() => {
    const decode = createImageBitmap;
    window.held = [];
    window.createImageBitmap = (...arguments) =>
        new Promise((done) => held.push(() => done(decode(...arguments))));
}"""
DECODE_AGAIN = "() => { delete window.createImageBitmap; delete window.held; }"


def test_a_picture_that_is_being_read_is_announced(pad: PadPage) -> None:
    progress = pad.page.locator(".progress")
    expect(progress).to_be_hidden()
    pad.page.evaluate(HOLD_DECODING)
    drop_picture(pad, picture_of_a_seven())
    expect(progress).to_have_text("Reading the picture…")
    expect(progress).to_be_visible()
    pad.page.evaluate("held.forEach((go) => go())")
    pad.expect_digit(7)
    expect(progress).to_be_hidden()
    pad.page.evaluate(DECODE_AGAIN)


def test_a_picture_that_is_late_replaces_no_drawing_begun_since(
    pad: PadPage, subtests: pytest.Subtests
) -> None:
    pad.page.evaluate(HOLD_DECODING)
    for begun in ("stroke", "example", "clear"):
        with subtests.test(begun=begun):
            drop_picture(pad, picture_of_a_seven())
            expect(pad.page.locator(".progress")).to_be_visible()
            if begun == "stroke":
                pad.draw([np.array([[0.0, 0], [0, 100]])])
            elif begun == "example":
                pad.page.click(".examples button:nth-child(2)")
            else:
                pad.page.keyboard.press("c")
            expect(pad.page.locator(".progress")).to_be_hidden()
            pad.page.evaluate("held.splice(0).forEach((go) => go())")
            pad.settle()
            pad.expect_digit(None if begun == "clear" else 1)
            pad.page.keyboard.press("c")
            pad.expect_digit(None)
    pad.page.evaluate(DECODE_AGAIN)


def test_of_two_drops_the_later_one_is_shown(new_pad: PadPage, subtests: pytest.Subtests) -> None:
    """Whichever is read first."""
    pad = new_pad
    pad.page.evaluate(HOLD_DECODING)
    for first in (0, 1):
        with subtests.test(first=first):
            drop_picture(pad, picture_of_a_seven(ink="#fff", paper="#fff"))
            drop_picture(pad, picture_of_a_seven())
            pad.page.wait_for_function("held.length === 2")
            pad.page.evaluate(f"held[{first}]()")
            pad.settle()
            pad.page.evaluate(f"held.splice(0)[{1 - first}]()")
            pad.expect_digit(7)
            pad.page.keyboard.press("Control+z")
            pad.expect_digit(None)
            expect(pad.page.locator("[data-tool=undo]")).to_be_disabled()
    pad.page.evaluate(DECODE_AGAIN)


def test_a_file_that_cannot_be_read_is_reported(pad: PadPage, tmp_path: Path) -> None:
    pad.as_new = None  # loaded again for the next test
    pad.play_example(2)
    pad.page.evaluate(
        "() => { FileReader.prototype.readAsDataURL = function () { this.onerror(); }; }"
    )
    upload(pad, tmp_path / "seven.png", picture_of_a_seven())
    expect(pad.page.locator(".banner")).to_contain_text("The file cannot be read")
    pad.settle()
    pad.expect_digit(2)


def test_reload_keeps_a_picture(pad: PadPage) -> None:
    drop_picture(pad, picture_of_a_seven(1500))
    pad.expect_digit(7)
    pad.settle()
    shown = pad.pixels(".paper canvas")
    percentages = pad.percentages

    # loaded again while it is still decoded
    pad.page.add_init_script(
        "if (location.href !== 'about:blank' && sessionStorage.slow)"
        "window.createImageBitmap = () => new Promise(() => {})"
    )
    pad.page.evaluate("sessionStorage.slow = 1")
    for _ in range(2):
        pad.page.reload()
        pad.page.wait_for_selector(".drawpad[data-model]")
        expect(pad.page.locator(".progress")).to_be_visible()
    pad.page.evaluate("sessionStorage.removeItem('slow')")
    pad.page.reload()
    pad.expect_digit(7)
    pad.settle()
    assert np.array_equal(pad.pixels(".paper canvas"), shown)
    assert pad.percentages == percentages
    pad.click("undo")
    pad.expect_digit(None)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_transparent_picture_is_visible(open_pad: Callable[..., PadPage], scheme: str) -> None:
    pad = open_pad(color_scheme=scheme)
    for ink in ("white", "black"):
        drop_picture(pad, picture_of_a_seven(ink=ink, paper=None))
        pad.expect_digit(7)
        pad.settle()
        pixels = pad.pixels(".paper canvas").astype(int)
        inked, empty = pixels[pixels.shape[0] // 5, pixels.shape[1] // 2], pixels[5, 5]
        assert abs(inked - empty)[:3].max() > 200
        assert empty[3] == 255
        pad.click("clear")
        pad.expect_digit(None)


def test_an_svg_is_painted_and_classified(pad: PadPage) -> None:
    drop_picture(pad, svg_of_a_seven(), "seven.svg", "image/svg+xml")
    pad.expect_digit(7)
    expect(pad.page.locator(".banner")).to_be_hidden()
    assert pad.outside == []


def test_a_damaged_svg_is_refused_in_our_own_words(pad: PadPage) -> None:
    pad.play_example(2)
    drop_picture(pad, b"<svg", "seven.svg", "image/svg+xml")
    expect(pad.page.locator(".banner")).to_contain_text("That file is not a picture")
    pad.expect_digit(2)


def test_a_picture_may_be_dropped_anywhere(pad: PadPage) -> None:
    """The browser would open a file that is dropped beside the paper, and the page is gone."""
    for place in (".paper", ".network", "h1", "body"):
        assert drop_picture(pad, picture_of_a_seven(), on=place) is False
        pad.expect_digit(7)
        pad.click("clear")
        pad.expect_digit(None)


def test_a_picture_that_only_the_server_can_decode_says_so(pad: PadPage, tmp_path: Path) -> None:
    note = pad.page.locator(".unshown")
    expect(note).to_be_hidden()
    upload(pad, tmp_path / "seven.tiff", picture_of_a_seven(kind="TIFF"))
    pad.expect_digit(7)
    expect(note).to_contain_text("cannot show the picture")
    pad.page.keyboard.press("c")
    expect(note).to_be_hidden()


def test_a_kernel_that_cannot_be_had_is_reported(open_pad: Callable[..., PadPage]) -> None:
    """Neither from the model in the browser nor from the server."""
    pad = open_pad()
    pad.page.route("**/drawpad/**", lambda route: route.abort())
    pad.page.route("**/functions/kernel", lambda route: route.abort())
    pad.page.reload()
    pad.page.wait_for_selector(".drawpad[data-model]")
    pad.play_example(4)
    pad.page.locator(".map").first.click()
    expect(pad.page.get_by_text("The kernel could not be fetched.")).to_be_visible()
