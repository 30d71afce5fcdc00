"""A client of the running pad, and a picture for it."""

from __future__ import annotations

from pathlib import Path

import pytest
from gradio_client import Client
from PIL import Image, ImageDraw
from support.chromium import Server


@pytest.fixture(scope="module")
def client(server: Server) -> Client:
    return Client(server.url, verbose=False)


@pytest.fixture
def seven(tmp_path: Path) -> Path:
    image = Image.new("L", (120, 120), 255)
    ImageDraw.Draw(image).line([(30, 25), (90, 25), (55, 100)], 0, 8)
    image.save(tmp_path / "seven.png")
    return tmp_path / "seven.png"
