"""The dashboard as browser tests serve it; Streamlit runs this on every interaction.

The page Train measures no speed: that takes a process of several seconds. There is a password
while the file that MNIST_TEST_PASSWORD names exists, and there are GPUs while that of
MNIST_TEST_CARDS does, so one server can do with and without.
"""

from __future__ import annotations

import os
from pathlib import Path

if __name__ == "__main__":  # as Streamlit runs it for a page
    from board.__main__ import draw_page
    from board.train import estimate
    from support.measurement import FakeMeasurement
    from support.simulated_cards import simulate_cards

    estimate.SpeedProcess = FakeMeasurement  # type: ignore[assignment,misc]

    _password = Path(os.environ["MNIST_TEST_PASSWORD"])
    if _password.is_file():
        os.environ["MNIST_DASHBOARD_PASSWORD"] = _password.read_text(encoding="utf-8")
    else:
        os.environ.pop("MNIST_DASHBOARD_PASSWORD", None)
    simulate_cards(Path(os.environ["MNIST_TEST_CARDS"]))

    draw_page()
else:  # as its server imports it
    from starlette.middleware import Middleware
    from streamlit.starlette import App

    from board.access.known_hosts import KnownHosts
    from board.access.page_addresses import PageAddresses

    app = App(__file__, middleware=[Middleware(KnownHosts), Middleware(PageAddresses)])
