"""The mouse on the pad's drawing area."""

from __future__ import annotations

from support.pad_page import PadPage


def place(pad: PadPage, x: float, y: float) -> tuple[float, float]:
    """A position on screen from canvas units (0 to 280)."""
    box = pad.paper
    return box["x"] + box["width"] * x / 280, box["y"] + box["height"] * y / 280


def put_down(pad: PadPage, x: float, y: float) -> None:
    pad.page.mouse.move(*place(pad, x, y))
    pad.page.mouse.down()


def move(pad: PadPage, x: float, y: float) -> None:
    pad.page.mouse.move(*place(pad, x, y), steps=2)
