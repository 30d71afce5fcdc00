"""One browser for all browser tests; each test has its own pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright
from support.chromium import CHROMIUM, Server, launch_chromium
from support.pad_page import PadPage

# tests pass on a busy machine as well
expect.set_options(timeout=30_000)
DESKTOP = {"viewport": {"width": 1280, "height": 900}, "locale": "en-US"}


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = launch_chromium(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def contexts(browser: Browser) -> dict[str, list[BrowserContext]]:
    """Browser contexts that no test uses at present, by their options.

    A context caches what it has loaded, so later pages open in a third of the time. What the pad
    stores belongs to one page, so pages in the same context are independent.
    """
    return {}


@pytest.fixture
def open_pad(
    browser: Browser, server: Server, contexts: dict[str, list[BrowserContext]]
) -> Iterator[Callable[..., PadPage]]:
    """Open the pad in a page of its own, with options of a browser context.

    Examples are drawn at once, unless `reduced_motion` says otherwise. Errors in a page fail the
    test.
    """
    opened: list[tuple[str, PadPage]] = []

    def open_page(**options: object) -> PadPage:
        options = {**DESKTOP, "reduced_motion": "reduce", **options}
        key = repr(sorted(options.items()))
        free = contexts.setdefault(key, [])
        pad = PadPage(free.pop() if free else browser.new_context(**options), server.url)
        opened.append((key, pad))
        return pad

    yield open_page
    for key, pad in opened:
        pad.page.unroute_all(behavior="ignoreErrors")
        pad.page.close()
        contexts[key].append(pad.context)
    assert [error for _, pad in opened for error in pad.errors] == []


@pytest.fixture
def pad(open_pad: Callable[..., PadPage]) -> PadPage:
    """The pad on a desktop, in English."""
    return open_pad()
