"""Picture files for the tests, and ways to give them to the pad."""

from __future__ import annotations

import base64
import io

from PIL import Image, ImageDraw

from support.pad_page import PadPage

_HEIC = (
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAVZtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAAAA"
    "AAAAAAAAAAACJpbG9jAAAAAERAAAEAAQAAAAABegABAAAAAAAAAO0AAAAjaWluZgAAAAAAAQAAABVpbmZlAgAAAAAB"
    "AABodmMxAAAAAA5waXRtAAAAAAABAAAA1mlwcnAAAAC3aXBjbwAAAHhodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADw"
    "NgAAEAGEABDAH//wNwAAADAJAAAAMAAAMAHroCQGEAAQArQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbqSSmubgIaDAgA"
    "AAMAyAAAAwAIQGIAAQAHRAHBcrAiQAAAABNjb2xybmNseAABAA0ABoAAAAAUaXNwZQAAAAAAAABAAAAAQAAAABBwaX"
    "hpAAAAAAMICAgAAAAXaXBtYQAAAAAAAAABAAEEgQIDBAAAAPVtZGF0AAAA6SgBrxmAYbr//6/iDQy09BrFXE9VH/+k"
    "lRmvVWnTojqHd5l0cB7i//6Z+r/w97DkIhEC+82AxW9L8Y4KttdOu3ci3MJZlbMv1iYsZA4NyUg4pJOLxHoiJE7dVL"
    "NSdAAX7uvf+SVT1fSlmB6MlDSL2VirHXfbstMKbN9wtTdAu7BwyGTuMKde09Yaj2CR5z72omMzCpN5Zaub16qSt36i"
    "QGNpaaWvo1DFhzPyH1DIDVKe6FAFnqb+vnDryCagnNf+0yXW3/u+/1BuR6UAPU+EQi7TPmF36LRoaegG1VI5a+CGRR"
    "hECwF9HQYo"
)
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


def heic_of_a_seven() -> bytes:
    """Return a HEIC photo of 64 x 64 pixels, which neither Pillow nor chromium decodes."""
    return base64.b64decode(_HEIC)


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
