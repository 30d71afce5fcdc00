"""Picture files for the tests, and ways to give them to the pad."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from support.pad_page import PadPage

_SEVEN = [(0.25, 0.2), (0.75, 0.2), (0.45, 0.85)]


def picture_of_a_seven(
    size: int = 200, ink: str = "#223", paper: str | None = "white", kind: str = "PNG"
) -> bytes:
    """Return a file with a seven; without paper it is transparent."""
    image = Image.new("RGB", (size, size), paper) if paper else Image.new("RGBA", (size, size))
    line = [(x * size, y * size) for x, y in _SEVEN]
    ImageDraw.Draw(image).line(line, ink, size // 20)
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def blank_picture(width: int, height: int) -> bytes:
    """Return a PNG without a digit."""
    file = io.BytesIO()
    Image.new("L", (width, height)).save(file, "PNG")
    return file.getvalue()


def svg_of_a_seven() -> bytes:
    """Return an SVG file with a seven, black on nothing."""
    points = " ".join(f"{100 * x},{100 * y}" for x, y in _SEVEN)
    line = f'<polyline points="{points}" fill="none" stroke="black" stroke-width="6"/>'
    size = 'width="100" height="100" viewBox="0 0 100 100"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>{line}</svg>'.encode()


def drop_picture(
    pad: PadPage,
    content: bytes,
    name: str = "seven.png",
    kind: str = "image/png",
    on: str = ".paper",
) -> bool:
    """Drop a file on an element; return whether the browser would still open it."""
    return pad.page.evaluate(
        """([bytes, name, type, selector]) => {
            const data = new DataTransfer();
            data.items.add(new File([Uint8Array.from(bytes)], name, {type}));
            const node = document.querySelector(selector);
            const fire = (event) => node.dispatchEvent(new DragEvent(
                event, {dataTransfer: data, bubbles: true, cancelable: true}));
            fire("dragover");
            return fire("drop");
        }""",
        [list(content), name, kind, on],
    )


def put_picture(pad: PadPage) -> None:
    """Put a picture of a seven in the drawing's place."""
    drop_picture(pad, picture_of_a_seven())
    pad.expect_digit(7)
