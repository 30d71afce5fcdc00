"""The pad: draw a digit and watch a convolutional network read it. `python app.py`"""

from __future__ import annotations

from pad.library import Library
from pad.page import build_page, launch_options

page = build_page(Library())

if __name__ == "__main__":
    page.launch(**launch_options())
