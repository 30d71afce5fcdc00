"""Colours of the dashboard's pages; axe-core's rule color-contrast says the same in a browser."""

from __future__ import annotations

import re
import tomllib

import pytest
from plotly.colors import hex_to_rgb
from support.chromium import ROOT
from support.contrast import contrast

from board.shell import CSS

# Streamlit's own: background and text
THEMES = {"light": ("#ffffff", "#171614"), "dark": ("#171614", "#edebe8")}


@pytest.mark.parametrize("theme", THEMES)
def test_accent_buttons_and_captions_are_readable(theme: str) -> None:
    config = tomllib.loads((ROOT / ".streamlit/config.toml").read_text(encoding="utf-8"))
    accent = config["theme"][theme]["primaryColor"]
    background, text = THEMES[theme]
    assert config["theme"][theme].get("textColor", text) == text
    assert contrast(accent, background) >= 4.5
    on_accent = dict(zip(THEMES, re.findall(r"light-dark\((\S+), (\S+)\)", CSS)[0], strict=True))
    assert contrast(on_accent[theme], accent) >= 4.5
    caption = float(re.search(r"stCaptionContainer\"\] { opacity: ([0-9.]+)", CSS)[1])
    for opacity in (caption, 0.6):  # that of a table's pinned column
        mixed = [
            round(opacity * one + (1 - opacity) * other)
            for one, other in zip(hex_to_rgb(text), hex_to_rgb(background), strict=True)
        ]
        assert contrast("#{:02x}{:02x}{:02x}".format(*mixed), background) >= 4.5
