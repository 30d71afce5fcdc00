"""The addresses of pages name what they show, and nothing else."""

from __future__ import annotations

import pytest
from support.board_app import open_page

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
