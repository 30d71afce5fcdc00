"""The addresses of pages name what they show, and nothing else."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from support.board_app import open_page, page_text, press

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
