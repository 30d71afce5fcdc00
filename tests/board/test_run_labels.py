"""Notes and tags of runs on the page Runs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from support.board_app import open_page, press, unescape
from support.overview_page import select, table
from support.run_folders import Runs, make_runs

from mnist_core.runs import queue
from mnist_core.runs.labels import change_labels, read_labels


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    monkeypatch.setenv("MNIST_RUNS", str(tmp_path))
    monkeypatch.setattr(queue, "start_worker", lambda root, device, lock: None)
    return make_runs(tmp_path)


def test_note_and_tags(runs: Runs) -> None:
    page = select(open_page("runs"), "good")
    page.text_area[0].set_value("worth repeating")
    next(box for box in page.text_input if "Tags" in box.label).set_value("paper, lr,, paper")
    page = press(page, "Save")
    stored = read_labels(runs["good"].folder)
    assert (stored.note, stored.tags) == ("worth repeating", ("paper", "lr"))
    page = select(page, "good", "bad")
    next(box for box in page.text_input if "Tags" in box.label).set_value("both")
    page = press(page, "Save")
    assert read_labels(runs["good"].folder).tags == ("paper", "lr", "both")
    assert read_labels(runs["bad"].folder).tags == ("both",)
    assert list(table(page).set_index("Run").loc["good", "Tags"]) == ["paper", "lr", "both"]


def fill_labels(page: AppTest, *, note: str | None = None, tags: str | None = None) -> None:
    if note is not None:
        page.text_area[0].set_value(note)
    if tags is not None:
        next(box for box in page.text_input if "Tags" in box.label).set_value(tags)


def test_two_dashboards_change_the_same_run_and_nothing_is_lost(runs: Runs) -> None:
    run = runs["good"]
    change_labels(run, note="first", tags=["old", "kept"])
    one, two = (select(open_page("runs"), "good") for _ in range(2))
    fill_labels(one, tags="kept, from one")
    one = press(one, "Save")
    fill_labels(two, note="of two", tags="old, kept, from two")
    two = press(two, "Save")
    labels = read_labels(run.folder)
    assert (labels.note, labels.tags) == ("of two", ("kept", "from one", "from two"))
    one, two = select(one, "good"), select(two, "good")
    one = press(one, "Archive")
    fill_labels(two, note="again")
    two = press(two, "Save")
    assert read_labels(run.folder).archived

    one, two = (select(open_page("runs", **{"runs-archived": True}), "good") for _ in range(2))
    fill_labels(one, note="one's")
    press(one, "Save")
    fill_labels(two, note="two's", tags="late")
    two = press(two, "Save")
    assert 'was changed meanwhile, to "one\'s"; save again' in unescape(two.toast[0].value)
    assert read_labels(run.folder).note == "one's"
    press(two, "Save")
    assert read_labels(run.folder).note == "two's"
    assert read_labels(run.folder).tags == ("late",)


def test_labels_of_many_processes(runs: Runs) -> None:
    run = runs["good"]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: change_labels(run, add_tags=[f"tag {number}"]), range(16)))
    assert len(read_labels(run.folder).tags) == 16


def test_a_tag_that_is_too_long_is_refused(runs: Runs) -> None:
    page = select(open_page("runs"), "good", "bad")
    next(box for box in page.text_input if "Tags" in box.label).set_value(f"short, {'x' * 41}")
    page = press(page, "Save")
    (error,) = page.toast
    assert "has 41 characters; give at most 40" in error.value
    assert not read_labels(runs["good"].folder).tags
