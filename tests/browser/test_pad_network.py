"""The network's view: input, feature maps, kernels, models, pictures."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import expect
from support.pad_page import PadPage

from mnist_core import Classifier, load_classifier

pytestmark = pytest.mark.browser


def picture_of_a_seven(size: int = 200) -> bytes:
    image = Image.new("RGB", (size, size), "white")
    line = [(0.25, 0.2), (0.75, 0.2), (0.45, 0.85)]
    ImageDraw.Draw(image).line([(x * size, y * size) for x, y in line], "#223", size // 20)
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def upload(pad: PadPage, path: Path, content: bytes) -> None:
    path.write_bytes(content)
    pad.page.set_input_files("[data-part=file]", path)


def test_conv1_maps_are_live(pad: PadPage, classifier: Classifier) -> None:
    channels, height, width = classifier.stage_shape("conv1")
    caption = pad.page.locator("[data-stage=conv1] .caption")
    expect(caption).to_contain_text(f"{channels} × {height}×{width}")
    expect(pad.page.locator("[data-stage=conv1] .map")).to_have_count(channels)
    seen = []
    for digit in (1, 8):
        pad.play_example(digit)
        maps = pad.page.locator("[data-stage=conv1] .map canvas")
        seen.append(maps.evaluate_all("all => all.map((canvas) => canvas.toDataURL())"))
        expect(caption).to_contain_text("0 … ")
    assert len(set(seen[1])) > channels / 2, "maps differ from each other"
    assert sum(a != b for a, b in zip(*seen, strict=True)) > channels / 2


def test_a_map_opens_next_to_its_kernel(pad: PadPage, classifier: Classifier) -> None:
    pad.play_example(4)
    pad.page.click("[data-stage=conv1] .map:nth-child(4)")
    detail = pad.page.locator("[data-stage=conv1] .detail")
    kernel = classifier.kernels("conv1")[3]
    size = f"kernel {kernel.shape[1]}×{kernel.shape[2]} · {kernel.min():.2f} … {kernel.max():.2f}"
    expect(detail.locator("figcaption").first).to_have_text(size)
    expect(detail.locator("figcaption").last).to_contain_text("channel 3 · ")
    large = pad.pixels("[data-stage=conv1] .detail .large")
    assert np.array_equal(large, pad.pixels("[data-stage=conv1] .map:nth-child(4) canvas"))
    pad.page.click("[data-stage=conv1] .detail .close")
    expect(detail).to_be_hidden()


def test_conv2_opens_with_one_click(pad: PadPage) -> None:
    maps = pad.page.locator("[data-stage=conv2] .map").first
    expect(maps).to_be_hidden()
    pad.play_example(3)
    pad.page.click("[data-stage=conv2] .caption")
    expect(maps).to_be_visible()
    pad.settle()
    canvases = pad.page.locator("[data-stage=conv2] .map canvas")
    drawn = canvases.evaluate_all("all => all.map((canvas) => canvas.toDataURL())")
    assert len(set(drawn)) > len(drawn) / 2, "maps differ from each other"
    expect(pad.page.locator("[data-stage=conv2] .range")).to_contain_text("0 … ")


def test_another_model_classifies_the_same_drawing(pad: PadPage) -> None:
    pad.play_example(0)
    pad.page.select_option("[data-part=model]", "mnist_cnn")
    pad.page.wait_for_selector(".drawpad[data-model=mnist_cnn]")
    expect(pad.page.locator("[data-stage=conv1] .map")).to_have_count(10)
    pad.settle()
    expected = load_classifier("mnist_cnn").classify_strokes(pad.strokes)
    assert pad.percentages == pytest.approx(100 * expected.probabilities, abs=0.06)
    pad.page.reload()
    expect(pad.page.locator("[data-part=model]")).to_have_value("mnist_cnn")


def test_drawing_continues_while_another_model_is_loaded(pad: PadPage) -> None:
    pad.page.click("[data-stage=conv2] .caption")
    pad.page.click("[data-stage=conv4] .caption")
    pad.page.select_option("[data-part=model]", "mnist_cnn")
    pad.play_example(5)
    expect(pad.page.locator("[data-stage=conv2] .map")).to_have_count(20)
    expect(pad.page.locator(".banner")).to_be_hidden()
    assert pad.pixels("[data-stage=conv2] .map canvas").shape[:2] == (8, 8)


def test_uploaded_picture_is_classified_and_undo_restores_the_drawing(
    pad: PadPage, tmp_path: Path
) -> None:
    pad.play_example(3)
    upload(pad, tmp_path / "seven.png", picture_of_a_seven())
    pad.expect_digit(7)
    pad.click("undo")
    pad.expect_digit(3)


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


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"not a picture", "not an image"),
        (bomb(), "too large to decompress"),
        (picture_of_a_seven()[:300], "damaged"),
        (b"\0" * (11 * 2**20), "larger than 10 MB"),
    ],
    ids=["text", "bomb", "truncated", "huge"],
)
def test_bad_picture_is_reported_and_the_drawing_is_kept(
    pad: PadPage, tmp_path: Path, content: bytes, message: str
) -> None:
    pad.play_example(2)
    drawn = pad.pixels(".paper canvas")
    upload(pad, tmp_path / "bad.png", content)
    expect(pad.page.locator(".banner")).to_contain_text(message)
    pad.settle()
    pad.expect_digit(2)
    assert np.array_equal(pad.pixels(".paper canvas"), drawn)


def test_page_assets_are_all_local() -> None:
    web = Path(__file__).parents[2] / "pad/web"
    files = [*web.glob("*.html"), *web.glob("*.css"), *web.glob("dist/*"), *web.glob("strings/*")]
    assert web / "dist/sketchpad.js" in files
    for file in files:
        text = file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert "://" not in text, file
