"""The addresses of pages name what they show, and nothing else."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urljoin

import pytest
from support.asgi import ask
from support.board_app import open_page, page_text, press

from board.access.page_addresses import PageAddresses, page_address
from mnist_core.runs.run import Run

PARAMETERS = {"run", "runs", "part"}


@pytest.mark.parametrize(
    ("name", "own"),
    [("understand", "run"), ("compare", "runs"), ("search", "part"), ("train", None)],
)
@pytest.mark.usefixtures("root", "fast")
def test_parameters_of_other_pages_are_removed(name: str, own: str | None, slow: Run) -> None:
    others = {"runs": slow.id, "part": "sweep", "embed_options": "dark_theme"}
    page = open_page(name, slow.id, others)
    assert PARAMETERS & set(page.query_params) == ({own} if own else set())
    assert "embed_options" in page.query_params


@pytest.mark.parametrize("name", ["nonsense", "跑步 *x*", "%s"])
@pytest.mark.usefixtures("no_runs")
def test_an_address_without_a_page_says_so_and_leads_back(name: str) -> None:
    url = f"https://visitor.example/board/{quote(name)}"
    page = open_page(name, url=url)
    assert page.title[0].value == "There is no such page"
    assert f"the page {name}." in page_text(page)
    assert press(page, "Runs").title[0].value == "Runs"
    assert open_page(name, url=url, lang="zh").title[0].value == "没有这个页面"


@pytest.mark.parametrize("path", ["", "/", "/watch", "/watch/"])
@pytest.mark.usefixtures("no_runs")
def test_an_address_with_a_page_shows_it(path: str) -> None:
    name = path.strip("/")
    title = open_page(name, url=f"https://visitor.example{path}").title[0].value
    assert title == ("Watch a run" if name else "Runs")


async def served(scope: Any, receive: Any, send: Any) -> None:
    """Answer a request as Streamlit answers one for a page."""
    await send({"type": "http.response.start", "status": 200})


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/runs/x", "/runs_x"),
        ("/runs/x/", "/runs_x"),
        ("/runs%2Fx", "/runs_x"),
        ("/a:b/c%2Fd/e", "/a%3Ab_c_d_e"),
        ("/%E0%A4", "/%EF%BF%BD"),
    ],
)
@pytest.mark.parametrize("base", ["", "/board"])
def test_an_address_that_cannot_be_a_pages_leads_to_one_that_can(
    path: str, expected: str, base: str
) -> None:
    target = page_address(base + path, base)
    assert target is not None
    assert urljoin(f"https://visitor.example{base}{path}", target).endswith(
        f"example{base}{expected}"
    )
    assert page_address(base + expected, base) is None, "no redirect leads to another one"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/runs",
        "/runs/",
        "/%E8%B7%91",
        "/%25",
        "/static/js/a.js",
        "/media/a.html",
        "/runs/_stcore/health",
    ],
)
def test_other_addresses_are_answered_as_they_are(path: str) -> None:
    assert page_address(path) is None
    assert page_address(f"/board{path}", "board") is None
    assert ask(PageAddresses(served), path, "GET") == (200, "")


def test_a_request_for_an_address_below_a_page_is_redirected() -> None:
    guarded = PageAddresses(served)
    assert ask(guarded, "/runs/x", "GET") == (307, "")
    assert ask(guarded, "/runs/x", "POST") == (200, "")


@pytest.mark.usefixtures("no_runs")
def test_a_name_that_no_page_can_have_is_no_error() -> None:
    page = open_page("runs", url="https://visitor.example/a%2Fb")
    assert page.title[0].value == "Runs"
