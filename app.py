"""The pad: draw a digit and watch a convolutional network read it. `python app.py`"""

from __future__ import annotations

import torch

from pad.library import Library
from pad.page import build_page, launch_options

# a request is one small picture: a second thread would only wait, and other people's requests too
torch.set_num_threads(1)
page = build_page(Library())

if __name__ == "__main__":
    page.launch(**launch_options())
