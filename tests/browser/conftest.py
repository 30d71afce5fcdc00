"""One browser for all browser tests; each test has its own pages."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright
from support.board_page import BoardPage
from support.chromium import (
    CHROMIUM,
    DESKTOP,
    HOST_NAMES,
    KNOWN_HOST,
    PATIENCE,
    ROOT,
    SHORT_LIVED,
    Server,
    launch_chromium,
    serving,
)
from support.pad_page import PadPage

from mnist_core import MnistCoreError
from mnist_core.runs.run_list import list_runs

expect.set_options(timeout=PATIENCE)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("no chromium: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = launch_chromium(playwright, *SHORT_LIVED, HOST_NAMES)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session")
def pages() -> dict[str, list[tuple[Page, str]]]:
    """Pages with the pad that no test uses at present, and their first state; by their options.

    To bring one back to that takes a tenth of the time in which a new one is opened.
    """
    return {}


@pytest.fixture(scope="session")
def board_pages() -> dict[str, list[Page]]:
    """Pages for the dashboard that no test uses at present, by their options.

    In one that has loaded the dashboard before, it is loaded again in half of the time.
    """
    return {}


@pytest.fixture
def open_pad(
    browser: Browser, server: Server, pages: dict[str, list[tuple[Page, str]]]
) -> Iterator[Callable[..., PadPage]]:
    """Open the pad in a page that no other test uses, with options of a browser context.

    Examples are drawn at once, unless `reduced_motion` says otherwise. `runs` is that of `PadPage`.
    With `new`, nothing can be undone, and the list of models was just fetched. Errors in a page
    fail the test.
    """
    opened: list[tuple[str, PadPage]] = []

    def open_page(runs: str | None = None, new: bool = False, **options: Any) -> PadPage:
        options = {**DESKTOP, "reduced_motion": "reduce", **options}
        # what an open page can be told as well
        viewport, motion = options["viewport"], options.pop("reduced_motion")
        scheme = options.pop("color_scheme", "light")
        # a server that was started again does not know the pages of the one before
        key = repr(
            [server.process.pid, runs == "browser", *sorted({**options, "viewport": 0}.items())]
        )
        free = pages.setdefault(key, [])
        page, as_new = free.pop() if free else (browser.new_context(**options).new_page(), None)
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=scheme, reduced_motion=motion)
        pad = PadPage(page, server.url, runs, None if new else as_new)
        opened.append((key, pad))
        return pad

    yield open_page
    for key, pad in opened:
        if pad.reusable and not pad.page.is_closed():
            pad.leave()
            pages[key].append((pad.page, pad.as_new))
        else:
            pad.context.close()
    assert [error for _, pad in opened for error in pad.errors] == []


@pytest.fixture
def pad(open_pad: Callable[..., PadPage]) -> PadPage:
    """The pad on a desktop, in English."""
    return open_pad()


@pytest.fixture
def new_pad(open_pad: Callable[..., PadPage]) -> PadPage:
    """The pad on a desktop, in English, where nothing can be undone."""
    return open_pad(new=True)


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory, mnist_root: Path) -> Iterator[dict[str, str]]:
    """Where the dashboard of the browser tests keeps its runs; its models are those of `server`."""
    base = tmp_path_factory.mktemp("board")
    runs = base / "runs"
    runs.mkdir()
    yield {
        "MNIST_ROOT": str(mnist_root),
        "MNIST_RUNS": str(runs),
        "MNIST_MODELS": os.environ["MNIST_MODELS"],
        "MNIST_TEST_PASSWORD": str(base / "password.txt"),
        "MNIST_TEST_CARDS": str(base / "cards.json"),
        "STREAMLIT_SERVER_ALLOWED_HOSTS": f"127.0.0.1 {KNOWN_HOST}",
    }
    for run in list_runs(runs):  # of tests that failed
        with contextlib.suppress(MnistCoreError):
            run.request_stop()


@pytest.fixture(scope="session")
def board_server(folders: dict[str, str]) -> Iterator[Server]:
    """The dashboard, served from a process of its own."""
    with serving(ROOT / "tests/support/served_dashboard.py", folders) as running:
        yield running


@pytest.fixture
def password(folders: dict[str, str]) -> Iterator[str]:
    """The password of the dashboard, which it has for one test."""
    file = Path(folders["MNIST_TEST_PASSWORD"])
    file.write_text("correct horse", encoding="utf-8")
    yield "correct horse"
    file.unlink()


@pytest.fixture
def cards(folders: dict[str, str]) -> Iterator[Path]:
    """The file with the load of each of two GPUs, in percent; without it there is none."""
    file = Path(folders["MNIST_TEST_CARDS"])
    file.write_text("[0, 0]", encoding="utf-8")
    yield file
    file.unlink(missing_ok=True)


@contextlib.contextmanager
def visiting(free: list[Page], browser: Browser, url: str, **options: Any) -> Iterator[BoardPage]:
    """Lend a page for the dashboard, a free one if there is any; check for errors afterwards."""
    page = free.pop() if free else browser.new_context(**options).new_page()
    board = BoardPage(page, url)
    yield board
    if board.leave():
        free.append(page)
    else:
        board.context.close()
    assert board.errors == []
    assert board.foreign == []


@pytest.fixture
def open_board(
    browser: Browser, board_server: Server, board_pages: dict[str, list[Page]]
) -> Iterator[Callable[..., BoardPage]]:
    """Open the dashboard in a page that no other test uses; fail on errors and foreign requests.

    With a `host` that is not this machine's own name, a visitor may only look.
    """
    with contextlib.ExitStack() as opened:

        def open_page(host: str = "127.0.0.1", **options: object) -> BoardPage:
            options = {**DESKTOP, **options}
            free = board_pages.setdefault(repr(sorted(options.items())), [])
            url = board_server.url.replace("127.0.0.1", host)
            visit = visiting(free, browser, url, **options)
            return opened.enter_context(visit)

        yield open_page


@pytest.fixture(scope="module")
def visit(
    browser: Browser, board_server: Server, board_pages: dict[str, list[Page]]
) -> Iterator[BoardPage]:
    """One visit of the dashboard for several tests, which go on by its menu: nothing is loaded."""
    free = board_pages.setdefault(repr(sorted(DESKTOP.items())), [])
    with visiting(free, browser, board_server.url, **DESKTOP) as board:
        yield board
