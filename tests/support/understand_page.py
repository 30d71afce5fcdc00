"""The page Understand, and what it draws."""

from __future__ import annotations

import json
from typing import Any

from streamlit.testing.v1 import AppTest

from support.board_app import open_page


def part(name: str, **session: Any) -> AppTest:
    return open_page("understand", **{"understand-part": name, **session})


def charts(page: AppTest) -> list[dict[str, Any]]:
    """Return the figures, without those that report clicks."""
    return [json.loads(block["figure"]) for block in components(page) if not block["clickable"]]


def components(page: AppTest) -> list[dict[str, Any]]:
    """Return what every chart is given."""
    return [json.loads(block.proto.json) for block in page.get("bidi_component")]


def captions(figure: dict[str, Any]) -> list[str]:
    return [note["text"] for note in figure["layout"].get("annotations", [])]
