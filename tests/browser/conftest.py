"""One browser for all browser tests; every test has pages of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect, sync_playwright
from support.chromium import CHROMIUM, Server, launch_chromium
from support.pad_page import PadPage

# a busy machine is no failure
expect.set_options(timeout=15_000)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = launch_chromium(playwright)
        yield chromium
        chromium.close()


@pytest.fixture
def open_pad(browser: Browser, server: Server) -> Iterator[Callable[..., PadPage]]:
    """Open the pad in a new browser context (a person of its own); fail on page errors."""
    opened: list[PadPage] = []

    def opening(url: str | None = None, **context: object) -> PadPage:
        pad = PadPage(browser.new_context(**context), url or server.url)
        opened.append(pad)
        return pad

    yield opening
    for pad in opened:
        pad.context.close()
    assert [error for pad in opened for error in pad.errors] == []


@pytest.fixture
def pad(open_pad: Callable[..., PadPage]) -> PadPage:
    return open_pad(viewport={"width": 1280, "height": 900}, locale="en-US")
