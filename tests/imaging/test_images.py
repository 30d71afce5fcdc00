from __future__ import annotations

import contextlib
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from support.drawings import one, paint, seven

from mnist_core import Classifier, MnistCoreError
from mnist_core.imaging.images import open_picture, to_grey

SEVEN = paint(seven(), pen=10, size=(120, 120), scale=120 / 500)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of a hundred bytes that claims to be of any size."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    body = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        [chunk(b"IHDR", header), chunk(b"IDAT", body), chunk(b"IEND", b"")]
    )


def opened(content: bytes) -> Image.Image:
    return open_picture(io.BytesIO(content))


# --- files that cannot be read -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not an image"),
        (b"hello", "not an image"),
        (b"%PDF-1.7 ...", "not an image"),
        (encoded(SEVEN)[:300], "damaged"),
        (encoded(SEVEN, "JPEG")[:400], "damaged"),
        (encoded(SEVEN)[:8], "not an image|damaged"),
        (png_claiming(50_000, 50_000), "too large"),
        (png_claiming(4_001, 100), "4001 x 100"),
        (png_claiming(100, 4_001), "100 x 4001"),
        (encoded(Image.new("L", (7, 100))), "7 x 100"),
        (encoded(Image.new("L", (100, 7))), "100 x 7"),
        (encoded(Image.new("L", (1, 1))), "1 x 1"),
    ],
    ids=[
        "empty", "text", "pdf", "truncated png", "truncated jpeg", "signature", "bomb", "too wide",
        "too high", "too narrow", "too low", "one pixel",
    ],
)  # fmt: skip
def test_files_that_are_refused(content: bytes, message: str) -> None:
    with pytest.raises(MnistCoreError, match=message):
        opened(content)


@pytest.mark.filterwarnings("error")  # it would be printed above the message
def test_decompression_bombs_are_refused_before_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    def unpack(_self: object) -> None:
        raise AssertionError("the picture was unpacked")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", unpack)
    for side in (5_000, 12_000, 50_000):
        with pytest.raises(MnistCoreError, match="sides from 8 to 4000 can be read"):
            opened(png_claiming(side, side))


def test_the_message_names_the_file(tmp_path: Path) -> None:
    file = tmp_path / "note.png"
    file.write_text("not a picture")
    with pytest.raises(MnistCoreError, match=r"note\.png: not an image"):
        open_picture(file)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(MnistCoreError, match=r"none\.png: there is no such file"):
        open_picture(tmp_path / "none.png")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(MnistCoreError, match="cannot be opened") as caught:
        open_picture(str(tmp_path))
    assert "damaged" not in str(caught.value)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP", "TIFF", "AVIF", "QOI"])
@pytest.mark.filterwarnings("error")
@given(data=st.data())
def test_damaged_files_are_decoded_or_refused(kind: str, data: st.DataObject) -> None:
    Image.init()
    if kind not in Image.SAVE:
        pytest.skip(f"this Pillow cannot write {kind}")
    content = bytearray(encoded(SEVEN.convert("RGB"), kind))
    for place, byte in data.draw(
        st.lists(
            st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255)),
            min_size=1,
            max_size=20,
        )
    ):
        content[place] = byte
    cut = data.draw(st.integers(1, len(content)))
    for damaged in (content, content[:cut]):
        with contextlib.suppress(MnistCoreError):
            assert opened(bytes(damaged)).size


def test_a_truncated_file_that_pillow_opened_is_refused(classifier: Classifier) -> None:
    lazy = Image.open(io.BytesIO(encoded(SEVEN)[:300]))
    with pytest.raises(MnistCoreError, match="truncated"):
        classifier.classify(lazy)


# --- files that can ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "BMP", "WEBP"])
def test_formats(classifier: Classifier, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "seven"
    file.write_bytes(encoded(SEVEN.convert("RGB"), kind))
    assert classifier.classify(open_picture(file)).digit == 7
    with file.open("rb") as stream:
        assert classifier.classify(open_picture(stream)).digit == 7


def test_exif_orientation_is_applied(classifier: Classifier) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held so that the picture must be turned right
    sideways = SEVEN.transpose(Image.Transpose.ROTATE_90)
    turned = opened(encoded(sideways, "JPEG", exif=exif, quality=95))
    assert np.abs(np.asarray(turned, float) - np.asarray(SEVEN, float)).mean() < 2
    assert classifier.classify(turned).digit == 7


def transparent(mode: str) -> Image.Image:
    ink = Image.new("L", SEVEN.size, 20)
    return Image.merge("LA", [ink, SEVEN]).convert(mode)


MODES = {
    "1": SEVEN.convert("1", dither=Image.Dither.NONE),
    "P": SEVEN.convert("RGB").convert("P", palette=Image.Palette.ADAPTIVE),
    "RGB": SEVEN.convert("RGB"),
    "CMYK": SEVEN.convert("RGB").convert("CMYK"),
    "YCbCr": SEVEN.convert("YCbCr"),
    "HSV": SEVEN.convert("RGB").convert("HSV"),
    "LA": transparent("LA"),
    "RGBA": transparent("RGBA"),
    "RGBa": transparent("RGBA").convert("RGBa"),
    "I": SEVEN.convert("I"),
    "I;16": Image.fromarray(np.asarray(SEVEN).astype(np.uint16) * 257),
    "F": Image.fromarray(np.asarray(SEVEN, np.float32) / 255),
}


@pytest.mark.parametrize("mode", list(MODES))
def test_modes(classifier: Classifier, mode: str) -> None:
    assert MODES[mode].mode == mode
    prediction = classifier.classify(MODES[mode])
    assert prediction.digit == 7
    assert np.abs(prediction.frame - classifier.classify(SEVEN).frame).mean() < 0.03


@pytest.mark.parametrize("mode", ["1", "P", "LA", "RGBA", "I;16"])
def test_modes_of_png_files(classifier: Classifier, mode: str) -> None:
    assert classifier.classify(opened(encoded(MODES[mode]))).digit == 7


def test_a_palette_with_a_transparent_colour(classifier: Classifier) -> None:
    palette = SEVEN.point(lambda grey: 255 * (grey > 127)).convert("P")
    content = encoded(palette, transparency=0)
    assert opened(content).has_transparency_data
    assert classifier.classify(opened(content)).digit == 7


def test_a_mode_that_pillow_cannot_convert_is_refused(classifier: Classifier) -> None:
    with pytest.raises(MnistCoreError, match="LAB"):
        classifier.classify(Image.new("LAB", (60, 60)))


# --- grey canvases -----------------------------------------------------------------------------


def test_grey_canvas() -> None:
    grey = to_grey(np.array([[0, 51, 255]] * 8, np.uint8).repeat(3, 1))
    assert grey.shape == (1, 1, 8, 9)
    assert grey[0, 0, 0, ::3].tolist() == pytest.approx([0, 0.2, 1])


@pytest.mark.parametrize(
    ("size", "expected"), [((512, 100), (100, 512)), ((4000, 2000), (256, 512)), ((8, 8), (8, 8))]
)
def test_large_pictures_are_scaled_down(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert to_grey(Image.new("RGB", size, "white")).shape == (1, 1, *expected)
    assert to_grey(Image.new("RGB", size, "white")).min() == 1


def test_the_input_is_not_changed(classifier: Classifier) -> None:
    picture = paint(one())
    array = np.array(picture)
    before = array.copy()
    classifier.classify(picture)
    classifier.classify(array)
    assert np.array_equal(array, before)
    assert np.array_equal(np.asarray(picture), before)


@pytest.mark.parametrize(
    ("picture", "message"),
    [
        (None, "NoneType"),
        ("seven.png", "str"),
        (b"bytes", "bytes"),
        ([[0, 1], [1, 0]], "list"),
        (7, "int"),
        (torch.zeros(20, 20, requires_grad=True), "cannot be made an array: .* requires grad"),
        (torch.zeros(20, 20, dtype=torch.bfloat16), "cannot be made an array: .*BFloat16"),
        (np.zeros(100), r"\(100,\)"),
        (np.zeros((20, 20, 2)), r"\(20, 20, 2\)"),
        (np.zeros((3, 20, 20)), r"\(3, 20, 20\)"),
        (np.zeros((1, 20, 20, 3)), r"\(1, 20, 20, 3\)"),
        (np.zeros((0, 0)), "0 x 0"),
        (np.zeros((7, 20)), "20 x 7"),
        (np.zeros((20, 4001), np.uint8), "4001 x 20"),
        (np.zeros((20, 20), np.int64), "int64"),
        (np.zeros((20, 20), complex), "complex"),
        (np.zeros((20, 20), object), "object"),
        (np.full((20, 20), "a"), "<U1"),
        (np.full((20, 20), np.nan), "NaN"),
        (np.full((20, 20), np.inf), "infinity"),
        (np.full((20, 20, 3), 255.0), r"spans 255 to 255"),
        (np.full((20, 20), -0.5), r"\[0, 1\]"),
        (Image.fromarray(np.full((20, 20), np.nan, np.float32)), "NaN"),
        (Image.fromarray(np.full((20, 20), 255, np.float32)), "255"),
        (Image.new("L", (4001, 20)), "4001 x 20"),
    ],
)
def test_invalid_pictures_are_refused(
    classifier: Classifier, picture: object, message: str
) -> None:
    with pytest.raises(MnistCoreError, match=message):
        classifier.classify(picture)
