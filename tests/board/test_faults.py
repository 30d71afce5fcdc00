"""A full disk, or a folder that cannot be written: each page says so, and nothing is lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from support.board_app import open_page, page_text, press
from support.disk import full_disk

from mnist_core.runs.labels import read_labels
from mnist_core.runs.run import Run
from mnist_core.runs.run_list import list_runs


def press_on_a_full_disk(page: AppTest, label: str) -> str:
    with full_disk(largest_file=1):
        return page_text(press(page, label))


def test_pages_say_that_the_disk_is_full(root: Path, slow: Run) -> None:
    before = {run.id for run in list_runs(root)}
    said = press_on_a_full_disk(open_page("train"), "Start")
    assert "cannot be written (File too large)" in said
    assert {run.id for run in list_runs(root)} == before
    page = open_page("watch", slow.id)
    page.text_input(key=f"name-{slow.id}").set_value("x" * 80)
    assert "cannot be written" in press_on_a_full_disk(page, "Save")
    assert slow.state().name == "slow"
    page = open_page("runs", **{"runs-selected": (slow.id,)})
    assert "cannot be written" in press_on_a_full_disk(page, "Archive")
    assert not read_labels(slow.folder).archived
    page = open_page("promote", slow.id)
    assert "cannot be written" in press_on_a_full_disk(page, "Promote")
    page = open_page("search", **{"search-section": "find-lr"})
    assert "cannot be written" in press_on_a_full_disk(page, "Start")


def test_a_runs_folder_that_cannot_be_made(
    small_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MNIST_RUNS", str(tmp_path / "file/runs"))
    said = page_text(press(open_page("train"), "Start"))
    assert f"{tmp_path}/file/runs: cannot be made a folder (Not a directory)" in said


@pytest.mark.parametrize(
    "name", ["runs", "train", "watch", "understand", "compare", "promote", "try_it"]
)
def test_a_file_in_the_place_of_the_runs_folder(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MNIST_RUNS", str(tmp_path / "file"))
    page = open_page(name)  # fails if the page raises
    assert f"{tmp_path}/file: cannot be read (Not a directory)" in page_text(page)
