"""Pictures come by the clipboard's own paste and by real drags, and so does what is no picture."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect
from support.chromium import fit_strokes
from support.drawings import seven
from support.pad_page import PadPage
from support.pictures import drop_picture, heic_of_a_seven, picture_of_a_seven

pytestmark = pytest.mark.browser

COPY = """async ([kind, bytes]) => {
    const blob = new Blob([Uint8Array.from(bytes)], {type: kind});
    await navigator.clipboard.write([new ClipboardItem({[kind]: blob})]);
}"""


def drag(pad: PadPage, *paths: Path, on: str = ".paper") -> None:
    """Drag files or folders onto the middle of an element, and let them go."""
    box = pad.page.locator(on).bounding_box()
    assert box is not None
    session = pad.context.new_cdp_session(pad.page)
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, **place, "data": data})
    session.detach()


def paste(pad: PadPage, kind: str, content: bytes) -> None:
    """Copy something, and paste it with the keyboard."""
    pad.page.bring_to_front()
    pad.page.evaluate(COPY, [kind, list(content)])
    pad.page.keyboard.press("Control+v")


@pytest.fixture
def seven_png(tmp_path: Path) -> Path:
    path = tmp_path / "seven.png"
    path.write_bytes(picture_of_a_seven())
    return path


def test_what_is_pasted_is_read_or_the_page_says_what_is_missing(
    open_pad: Callable[..., PadPage],
) -> None:
    pad = open_pad(permissions=["clipboard-read", "clipboard-write"])
    banner = pad.page.locator(".banner")
    paste(pad, "text/plain", b"https://example.com/seven.png")
    expect(banner).to_contain_text("The clipboard holds no picture.")
    first, second, *_ = fit_strokes(seven(), pad.paper)[0]
    pad.page.mouse.move(*first)
    pad.page.mouse.down()
    pad.page.mouse.move(*second, steps=3)
    expect(banner).to_be_hidden()
    paste(pad, "image/png", picture_of_a_seven())  # with the pen down
    pad.expect_digit(7)
    pad.page.mouse.move(*first, steps=3)
    pad.page.mouse.up()
    assert pad.strokes == []
    pad.click("undo")
    assert len(pad.strokes) == 1
    pad.settle()
    pad.page.click("[data-part=share]")
    pad.page.keyboard.press("Control+v")
    pad.page.click("[data-share=close]")
    assert len(pad.strokes) == 1


def test_what_cannot_be_read_is_named(pad: PadPage, tmp_path: Path, seven_png: Path) -> None:
    pad.play_example(2)
    empty, heic, folder = (tmp_path / name for name in ("empty.png", "photo.heic", "folder"))
    empty.touch()
    heic.write_bytes(heic_of_a_seven())
    folder.mkdir()
    banner = pad.page.locator(".banner")
    for path, message in {
        folder: "That is a folder. Open it and drop a picture from it.",
        empty: "The file is empty",
        heic: "cannot open HEIC photos. Save the photo as JPEG, or paste a screenshot of it.",
    }.items():
        drag(pad, path)
        expect(banner).to_contain_text(message)
        pad.settle()
        pad.expect_digit(2)
    drag(pad, folder, seven_png)
    pad.expect_digit(7)
    expect(banner).to_be_hidden()


def test_of_several_files_a_picture_is_read(pad: PadPage, tmp_path: Path, seven_png: Path) -> None:
    notes = tmp_path / "notes.txt"
    notes.write_text("of a lecture", encoding="utf-8")
    drag(pad, notes, seven_png)
    pad.expect_digit(7)
    expect(pad.page.locator(".banner")).to_contain_text("of the 2 files, only one is read")


def test_below_a_dialog_nothing_is_dropped(pad: PadPage, seven_png: Path) -> None:
    pad.play_example(3)
    pad.page.click("[data-part=share]")
    drag(pad, seven_png, on="dialog")
    expect(pad.page.locator(".paper")).not_to_have_class("paper drop")
    assert drop_picture(pad, picture_of_a_seven(), on="dialog") is False, "it would be opened"
    pad.page.click("[data-share=close]")
    pad.settle()
    pad.expect_digit(3)
    assert len(pad.strokes) == 1


def test_a_dropped_link_is_not_followed(pad: PadPage) -> None:
    """The picture of another page, where the browser gives its address only."""
    prevented = pad.page.evaluate(
        """() => {
            const dataTransfer = new DataTransfer();
            dataTransfer.setData("text/uri-list", "https://example.com/seven.png");
            return ["dragover", "drop"].map((kind) => !document.querySelector(".paper")
                .dispatchEvent(new DragEvent(
                    kind, { dataTransfer, bubbles: true, cancelable: true })));
        }"""
    )
    assert prevented == [True, True]
    expect(pad.page.locator(".banner")).to_contain_text("That is a link, not a picture.")
